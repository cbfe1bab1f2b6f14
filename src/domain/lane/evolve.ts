/** How each event changes a lane. */

import type { Recorded } from '../event.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, without } from '../login-range.js';
import { evolve as evolveReplay, MAX_REJECTED_LISTED, type Replay, type ReplayEvent } from '../replay.js';
import type { UndeliveredEvent } from '../undelivered.js';
import type { WebhookEvent } from '../webhook.js';
import type { Attempt } from './attempt.js';
import type { DeliveryEvent } from './events.js';
import { type BatchSize, type Health, type Lane, laneFrom, type OpenDelivery, openDelivery } from './lane.js';
import { continued, half, type Narrowing, remaining, split, withLastLineNext } from './narrowing.js';
import { fromSnapshot } from './snapshot.js';

/** Batches to deliver after one was too large before larger ones are sent again. */
const BATCHES_BEFORE_GROWTH = 20;

export type LaneEvent = WebhookEvent | DeliveryEvent | UndeliveredEvent | ReplayEvent;

export function evolve(lane: Lane, event: LaneEvent | Recorded<LaneEvent>): Lane {
  switch (event.type) {
    case 'WebhookCreated':
      return laneFrom(event.data.loginsThrough);
    case 'WebhookRenamed':
      return lane;
    case 'WebhookConfigured': {
      const { destinationId, enabled, loginsThrough } = event.data;
      const isMoved = lane.webhook?.destinationId !== destinationId;
      const dueThrough = enabled ? null : (lane.backlog.dueThrough ?? loginsThrough);
      return {
        ...(isMoved ? withFullBatches(withoutAnswers(lane)) : lane),
        webhook: { destinationId, enabled },
        backlog: { ...lane.backlog, dueThrough },
      };
    }
    case 'WebhookRemoved': {
      const dueThrough = lane.backlog.dueThrough ?? event.data.loginsThrough;
      return { ...withoutAnswers(lane), webhook: null, backlog: { ...lane.backlog, dueThrough } };
    }
    case 'BatchStarted': {
      const startedPosition = 'position' in event ? event.position : 0;
      const { purpose = 'FIRST' } = event.data;
      const delivery = { ...event.data, purpose, startedPosition, failedAttempts: 0, retryDueAt: null };
      const narrowing = continued(sendingOf(lane, delivery).narrowing, delivery);
      const started = withSending(lane, delivery, { open: delivery, narrowing });
      return { ...started, lastStarted: purpose === 'PROBE' ? 'RECOVERY' : purpose };
    }
    case 'BatchDelivered':
      return afterDelivery(lane, event.data);
    case 'RetryScheduled': {
      const { attemptNumber: failedAttempts, retryDueAt } = event.data;
      const delivery = openDelivery(lane, event.data.deliveryId);
      const attempted = { ...lane, health: healthAfter(lane, event.data, true) };
      return delivery ? withOpen(attempted, delivery, { ...delivery, failedAttempts, retryDueAt }) : attempted;
    }
    case 'BatchSplit':
      return afterSplit(lane, event.data);
    case 'BatchAbandoned':
      return afterAbandonment(lane, event.data);
    case 'DeliverySuperseded': {
      const delivery = openDelivery(lane, event.data.deliveryId);
      return delivery ? withOpen(lane, delivery, null) : lane;
    }
    case 'LoginsSkipped':
      return skip(lane, event.data);
    case 'LaneSnapshotted':
      // Earlier events may be pruned, so the lane is read from the snapshot.
      return fromSnapshot(event.data.snapshot);
    case 'LoginsExpired': {
      const { undelivered, deliveryId, ...range } = event.data;
      const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId);
      // Undelivered ranges and redeliveries are before the cursor, or do not move it.
      const isFirst = delivery ? delivery.purpose === 'FIRST' : undelivered === 0;
      const ended = isFirst && !delivery ? skip(lane, range) : closed(lane, delivery);
      return counted(ended, { undelivered: -undelivered, discarded: isFirst ? loginCount(range) : undelivered });
    }
    case 'LoginsUndelivered': {
      const { deliveryId, ...range } = event.data;
      const ended = deliveryId ? closed(lane, openDelivery(lane, deliveryId)) : skip(lane, range);
      return counted(ended, { undelivered: loginCount(range) });
    }
    case 'RedeliveryRequested':
      // A redelivery that a person requests does not wait because of earlier failures.
      return { ...lane, redelivery: { ...lane.redelivery, abandonedInARow: 0, nextBatchDueAt: null } };
    case 'LoginsDiscarded': {
      const discarded = event.data.ranges.reduce((count, range) => count + loginCount(range), 0);
      return counted(lane, { undelivered: -discarded, discarded });
    }
    case 'ReplayRequested':
    case 'ReplayStarted':
      return { ...lane, replay: evolveReplay(lane.replay, event) };
    case 'ReplayCompleted':
    case 'ReplayFailed':
    case 'ReplayCancelled': {
      const ended = { ...lane, replay: evolveReplay(lane.replay, event) };
      const { narrowing } = lane.redelivery;
      return narrowing?.purpose === 'REPLAY'
        ? { ...ended, redelivery: { ...ended.redelivery, narrowing: null } }
        : ended;
    }
    default:
      return event satisfies never;
  }
}

type DataOf<T extends LaneEvent['type']> = Extract<LaneEvent, { type: T }>['data'];

function afterDelivery(lane: Lane, data: DataOf<'BatchDelivered'>): Lane {
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

function afterSplit(lane: Lane, data: DataOf<'BatchSplit'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const attempted = { ...lane, health: healthAfter(lane, data, true) };
  if (!delivery) return attempted;
  const narrowing = split(sendingOf(lane, delivery).narrowing, delivery, lane.batch.limit);
  const divided = withSending(attempted, delivery, { open: null, narrowing });
  if (data.reason !== 'TOO_LARGE') return divided;
  const limit = Math.min(lane.batch.limit, half(loginCount(delivery)));
  return { ...divided, batch: { limit, batchesBeforeGrowth: BATCHES_BEFORE_GROWTH } };
}

/** The lane after a single line was rejected. The receiver may reject every line: that is known after the next answer. */
function afterRejectedLine(lane: Lane, delivery: OpenDelivery | null): Lane {
  if (!delivery) return lane;
  const { narrowing } = sendingOf(lane, delivery);
  const left = remaining(narrowing, delivery);
  const batch = narrowing ? { limit: narrowing.batchLimit, batchesBeforeGrowth: 0 } : lane.batch;
  if (narrowing?.taken) return { ...withSending(lane, delivery, { narrowing: left }), batch };
  const { purpose, firstVersion, lastVersion } = delivery;
  const next = purpose === 'FIRST' ? left : withLastLineNext(left);
  const rejectedLine = { purpose, firstVersion, lastVersion };
  return { ...withSending(lane, delivery, { narrowing: next }), batch, rejectedLine };
}

function afterAbandonment(lane: Lane, data: DataOf<'BatchAbandoned'>): Lane {
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
    // The lines of an abandoned batch arrive late: while the receiver fails, a batch has only one line.
    batch: { ...ended.batch, limit: 1 },
    first: { ...ended.first, narrowing: null, ...(isFirst && withWait(ended.first)) },
    redelivery: {
      ...ended.redelivery,
      narrowing: null,
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

/** The batch limit after a batch of `lines` lines was delivered. */
export function grown(batch: BatchSize, lines: number): BatchSize {
  if (batch.batchesBeforeGrowth) return { ...batch, batchesBeforeGrowth: batch.batchesBeforeGrowth - 1 };
  return lines < batch.limit ? batch : { ...batch, limit: Math.min(MAX_BATCH_LINES, batch.limit * 2) };
}

/** The health after an attempt. An attempt to an earlier destination of the webhook changes only `lastAttempt`. */
function healthAfter(lane: Lane, attempt: Attempt, failed: boolean): Health {
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

function withoutWarning(lane: Lane): Lane {
  return { ...lane, health: { ...lane.health, warning: null } };
}

/** The lane as if its destination had never failed. */
function healthy(lane: Lane): Lane {
  const noneAbandoned = { abandonedInARow: 0, nextBatchDueAt: null };
  return {
    ...lane,
    first: { ...lane.first, ...noneAbandoned },
    redelivery: { ...lane.redelivery, ...noneAbandoned, recovering: true, failedProbes: 0, probeDueAt: null },
    health: { ...lane.health, failing: false, consecutiveFailures: 0 },
    rejectedLine: null,
  };
}

/** The lane as if its destination had never answered. */
const withoutAnswers = (lane: Lane): Lane => withoutWarning(notNarrowing(healthy(lane)));

/** The lane without the memory of rejected batches. */
function notNarrowing(lane: Lane): Lane {
  const { first, redelivery } = lane;
  return {
    ...lane,
    rejectedLine: null,
    first: { ...first, narrowing: null },
    redelivery: { ...redelivery, narrowing: null },
  };
}

/** The lane after a delivery, which may be a part of a narrowing, succeeded: the receiver does not reject everything. */
function taken(lane: Lane, delivery: OpenDelivery | null): Lane {
  const left = (narrowing: Narrowing | null) => narrowing && { ...narrowing, taken: true };
  const { first, redelivery } = lane;
  const isFirst = delivery?.purpose === 'FIRST';
  return {
    ...lane,
    first: { ...first, narrowing: left(isFirst ? remaining(first.narrowing, delivery) : first.narrowing) },
    redelivery: {
      ...redelivery,
      narrowing: left(isFirst ? redelivery.narrowing : remaining(redelivery.narrowing, delivery)),
    },
  };
}

/** The lane with the batch size that it had before any batch was too large or abandoned. */
function withFullBatches(lane: Lane): Lane {
  return { ...lane, batch: { ...lane.batch, limit: MAX_BATCH_LINES, batchesBeforeGrowth: 0 } };
}

function counted(lane: Lane, more: Partial<Lane['totals']>): Lane {
  const { delivered, undelivered, discarded } = lane.totals;
  return {
    ...lane,
    totals: {
      delivered: delivered + (more.delivered ?? 0),
      undelivered: undelivered + (more.undelivered ?? 0),
      discarded: discarded + (more.discarded ?? 0),
    },
  };
}

/** Replaces an open delivery by another state of it, or removes it (null). */
const withOpen = (lane: Lane, delivery: OpenDelivery, open: OpenDelivery | null): Lane =>
  withSending(lane, delivery, { open });

const sendingOf = (lane: Lane, { purpose }: OpenDelivery): Lane['first'] =>
  purpose === 'FIRST' ? lane.first : lane.redelivery;

/** Changes the first deliveries or the redeliveries of a lane: those to which a delivery belongs. */
function withSending(lane: Lane, { purpose }: OpenDelivery, change: Partial<Lane['first']>): Lane {
  return purpose === 'FIRST'
    ? { ...lane, first: { ...lane.first, ...change } }
    : { ...lane, redelivery: { ...lane.redelivery, ...change } };
}

/** The lane after a delivery ended. After a first delivery the cursor moves past it, and past skipped logins that follow. */
function closed(lane: Lane, delivery: OpenDelivery | null): Lane {
  if (!delivery) return lane;
  const ended = withOpen(lane, delivery, null);
  if (delivery.purpose !== 'FIRST') return ended;
  return advance({ ...ended, backlog: { ...lane.backlog, cursor: delivery.lastVersion } });
}

function skip(lane: Lane, { firstVersion, lastVersion }: LoginRange): Lane {
  const skipped = [...lane.backlog.skipped, { firstVersion, lastVersion }];
  skipped.sort((a, b) => a.firstVersion - b.firstVersion);
  return advance({ ...lane, backlog: { ...lane.backlog, skipped } });
}

function advance(lane: Lane): Lane {
  const { backlog } = lane;
  const [next, ...later] = backlog.skipped;
  if (!next || lane.first.open || next.firstVersion !== backlog.cursor + 1) return lane;
  return advance({ ...lane, backlog: { ...backlog, cursor: next.lastVersion, skipped: later } });
}
