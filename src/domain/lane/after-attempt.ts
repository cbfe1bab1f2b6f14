/** How a lane changes after an attempt ended: the batch was delivered, is narrowed, or was abandoned. */

import { loginCount, MAX_BATCH_LINES, overlap, without } from '../login-range.js';
import { MAX_REJECTED_LISTED, type Replay } from '../replay.js';
import type { Attempt } from './attempt.js';
import type { DeliveryEvent } from './events.js';
import {
  type BatchSize,
  type Health,
  isPartOf,
  type Lane,
  type OpenDelivery,
  openDelivery,
  type RejectedLine,
} from './lane.js';
import { closed, counted, healthy, notNarrowing, sendingOf, taken, withSending } from './lane-changes.js';
import { half, remaining, split, withLastLineNext } from './narrowing.js';

/** Batches to deliver after one was too large before larger ones are sent again. */
const BATCHES_BEFORE_GROWTH = 20;

type DataOf<T extends DeliveryEvent['type']> = Extract<DeliveryEvent, { type: T }>['data'];

export function afterDelivery(lane: Lane, data: DataOf<'BatchDelivered'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const isFirst = (delivery?.purpose ?? 'FIRST') === 'FIRST';
  const recovered = data.recovered ?? 0;
  const delivered = isFirst ? loginCount(delivery) : recovered;
  const attempted = {
    ...taken(counted(closed(lane, delivery), { delivered, undelivered: -recovered }), delivery),
    health: healthAfter(lane, data, false),
    batch: grown(lane.batch, loginCount(delivery)),
    replay: replayAfter(lane, delivery, 'sent', data),
  };
  if (!isToPresentDestination(lane, delivery)) return attempted;
  const working = healthy(attempted);
  if (!isFirst) return working;
  // The success of a first delivery does not shorten the wait after an abandoned redelivery.
  const { abandonedInARow, nextBatchDueAt } = lane.redelivery;
  return { ...working, redelivery: { ...working.redelivery, abandonedInARow, nextBatchDueAt } };
}

export function afterSplit(lane: Lane, data: DataOf<'BatchSplit'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const attempted = { ...lane, health: healthAfter(lane, data, true) };
  if (!delivery) return attempted;
  const narrowing = split(sendingOf(lane, delivery).narrowing, delivery, lane.batch.limit);
  const divided = withSending(attempted, delivery, { open: null, narrowing });
  if (data.reason !== 'TOO_LARGE') return divided;
  const limit = Math.min(lane.batch.limit, half(loginCount(delivery)));
  return { ...divided, batch: { limit, batchesBeforeGrowth: BATCHES_BEFORE_GROWTH } };
}

/** The lane after a single line was rejected. The receiver may reject every line: that is known after the next success. */
function afterRejectedLine(lane: Lane, delivery: OpenDelivery | null): Lane {
  if (!delivery) return lane;
  const { narrowing } = sendingOf(lane, delivery);
  const { purpose, firstVersion, lastVersion, replayJobId } = delivery;
  const left = remaining(narrowing && { ...narrowing, rejected: true }, delivery);
  const next = purpose === 'FIRST' || narrowing?.taken ? left : withLastLineNext(left);
  const earlier = lane.rejectedLines.filter((line) => !overlap(line, delivery));
  return {
    ...withSending(lane, delivery, { narrowing: next }),
    batch: narrowing ? { limit: narrowing.batchLimit, batchesBeforeGrowth: 0 } : lane.batch,
    rejectedLines: [...earlier, { purpose, firstVersion, lastVersion, ...(replayJobId && { replayJobId }) }],
  };
}

export function afterAbandonment(lane: Lane, data: DataOf<'BatchAbandoned'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const isFirst = (delivery?.purpose ?? 'FIRST') === 'FIRST';
  const ended = {
    ...counted(closed(lane, delivery), { undelivered: isFirst ? loginCount(delivery) : 0 }),
    health: healthAfter(lane, data, true),
  };
  // The receiver works: the lane does not wait.
  if (data.reason) {
    return { ...afterRejectedLine(ended, delivery), replay: replayAfter(lane, delivery, 'rejected', data) };
  }
  if (!isToPresentDestination(lane, delivery)) return ended;
  const failedProbes = lane.redelivery.failedProbes + (delivery?.purpose === 'PROBE' ? 1 : 0);
  const { nextBatchDueAt, probeDueAt = null } = data;
  const withWait = (sending: Lane['first']) => ({ abandonedInARow: sending.abandonedInARow + 1, nextBatchDueAt });
  return {
    ...notNarrowing(ended),
    rejectedLines: data.released ? [] : ended.rejectedLines,
    // The lines of an abandoned batch arrive late: while the receiver fails, a batch has only one line.
    batch: { ...ended.batch, limit: 1 },
    // Then this event also ends the replay.
    replay:
      lane.replay && isPartOf(lane.replay, delivery) ? withoutReleased(lane.replay, data.released ?? []) : lane.replay,
    first: { ...ended.first, narrowing: null, ...(isFirst && withWait(ended.first)) },
    redelivery: {
      ...ended.redelivery,
      // A part of a narrowing that is in flight is maybe not sent in order.
      narrowing: ended.redelivery.open ? ended.redelivery.narrowing : null,
      recovering: false,
      failedProbes,
      probeDueAt,
      ...(!isFirst && withWait(ended.redelivery)),
    },
  };
}

/** The replay after one of its batches ended. */
function replayAfter(
  { replay, redelivery }: Lane,
  delivery: OpenDelivery | null,
  ending: 'sent' | 'rejected',
  { attemptedAt, durationMs }: Attempt,
): Replay | null {
  // A batch counts for its job even if the job has ended since.
  if (!replay || delivery?.replayJobId !== replay.jobId) return replay;
  const { firstVersion, lastVersion } = delivery;
  // Only narrowed batches are not sent in order.
  const finished = { firstVersion: redelivery.narrowing ? firstVersion : 0, lastVersion };
  return {
    ...replay,
    ranges: replay.ranges.flatMap((range) => without(range, [finished])),
    updatedAt: attemptedAt + durationMs,
    ...(ending === 'sent'
      ? { sent: replay.sent + loginCount(delivery) }
      : {
          rejected: replay.rejected + 1,
          rejectedVersions: [...replay.rejectedVersions, firstVersion].slice(0, MAX_REJECTED_LISTED),
        }),
  };
}

/** The replay without lines that it counted as rejected, although the receiver probably rejected everything. */
function withoutReleased(replay: Replay, released: readonly RejectedLine[]): Replay {
  const versions = released.filter(({ replayJobId }) => replayJobId === replay.jobId).map((line) => line.firstVersion);
  const rejectedVersions = replay.rejectedVersions.filter((version) => !versions.includes(version));
  return { ...replay, rejected: replay.rejected - versions.length, rejectedVersions };
}

/** The batch limit after a batch of `lines` lines was delivered. */
export function grown(batch: BatchSize, lines: number): BatchSize {
  if (batch.batchesBeforeGrowth) return { ...batch, batchesBeforeGrowth: batch.batchesBeforeGrowth - 1 };
  return lines < batch.limit ? batch : { ...batch, limit: Math.min(MAX_BATCH_LINES, batch.limit * 2) };
}

/** The health after an attempt. An attempt to an earlier destination of the webhook changes only `lastAttempt`. */
export function healthAfter(lane: Lane, attempt: Attempt, failed: boolean): Health {
  const { health } = lane;
  const { attemptedAt: at, responseCode, message } = attempt;
  const delivery = openDelivery(lane, attempt.deliveryId);
  const lastAttempt = { at, destinationId: delivery?.destinationId ?? null, responseCode, message };
  if (!isToPresentDestination(lane, delivery)) return { ...health, lastAttempt };
  const consecutiveFailures = failed ? health.consecutiveFailures + 1 : 0;
  const warning = failed ? health.warning : (attempt.warning ?? null);
  return { lastAttempt, failing: failed, consecutiveFailures, warning };
}

/** A redelivery through another webhook counts, too: its lane has no destination of its own. */
function isToPresentDestination({ webhook }: Lane, delivery: OpenDelivery | null): boolean {
  return webhook ? delivery?.destinationId === webhook.destinationId : delivery?.throughWebhookId !== undefined;
}
