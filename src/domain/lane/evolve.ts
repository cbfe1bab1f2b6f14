/** How each event changes a lane. */

import type { Recorded } from '../event.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, without } from '../login-range.js';
import { evolve as evolveReplay, type Replay, type ReplayEvent } from '../replay.js';
import type { UndeliveredEvent } from '../undelivered.js';
import type { WebhookEvent } from '../webhook.js';
import type { Attempt } from './attempt.js';
import type { DeliveryEvent } from './events.js';
import { type BatchSize, type Health, type Lane, laneFrom, type OpenDelivery, openDelivery } from './lane.js';
import { fromSnapshot } from './snapshot.js';

/** Batches to deliver after a split before larger ones are sent again. */
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
        ...(isMoved ? withFullBatches(healthy(lane)) : lane),
        webhook: { destinationId, enabled },
        backlog: { ...lane.backlog, dueThrough },
      };
    }
    case 'WebhookRemoved': {
      const dueThrough = lane.backlog.dueThrough ?? event.data.loginsThrough;
      return { ...healthy(lane), webhook: null, backlog: { ...lane.backlog, dueThrough } };
    }
    case 'BatchStarted': {
      const startedPosition = 'position' in event ? event.position : 0;
      const { purpose = 'FIRST' } = event.data;
      const delivery = { ...event.data, purpose, startedPosition, failedAttempts: 0, retryDueAt: null };
      return { ...withOpen(lane, delivery, delivery), lastStarted: purpose === 'PROBE' ? 'RECOVERY' : purpose };
    }
    case 'BatchDelivered':
      return afterDelivery(lane, event.data);
    case 'RetryScheduled': {
      const { attemptNumber: failedAttempts, retryDueAt } = event.data;
      const delivery = openDelivery(lane, event.data.deliveryId);
      const attempted = { ...lane, health: healthAfter(lane, event.data, true) };
      return delivery ? withOpen(attempted, delivery, { ...delivery, failedAttempts, retryDueAt }) : attempted;
    }
    case 'BatchSplit': {
      const delivery = openDelivery(lane, event.data.deliveryId);
      const attempted = { ...lane, health: healthAfter(lane, event.data, true) };
      const limit = Math.max(1, Math.min(lane.batch.limit, Math.floor(loginCount(delivery) / 2)));
      return {
        ...(delivery ? withOpen(attempted, delivery, null) : attempted),
        batch: { ...lane.batch, limit, batchesBeforeGrowth: BATCHES_BEFORE_GROWTH },
      };
    }
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
    case 'ReplayCompleted':
    case 'ReplayFailed':
    case 'ReplayCancelled':
      return { ...lane, replay: evolveReplay(lane.replay, event) };
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
    ...counted(closed(lane, delivery), { delivered, undelivered: -recovered }),
    health: healthAfter(lane, data, false),
    batch: grown(lane.batch, loginCount(delivery)),
    replay: replayAfter(lane.replay, delivery, 'sent', data),
  };
  if (!isToPresentDestination(lane, delivery)) return attempted;
  const working = healthy(attempted);
  if (!isFirst) return working;
  // The success of a first delivery does not shorten the wait after an abandoned redelivery.
  const { abandonedInARow, nextBatchDueAt } = lane.redelivery;
  return { ...working, redelivery: { ...working.redelivery, abandonedInARow, nextBatchDueAt } };
}

function afterAbandonment(lane: Lane, data: DataOf<'BatchAbandoned'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const isFirst = (delivery?.purpose ?? 'FIRST') === 'FIRST';
  const ended = {
    ...counted(closed(lane, delivery), { undelivered: isFirst ? loginCount(delivery) : 0 }),
    health: healthAfter(lane, data, true),
  };
  // The receiver works: the lane does not wait.
  if (data.reason === 'TOO_LARGE') {
    const batch = { ...lane.batch, tooLargeInARow: lane.batch.tooLargeInARow + 1 };
    return { ...ended, batch, replay: replayAfter(lane.replay, delivery, 'refused', data) };
  }
  if (!isToPresentDestination(lane, delivery)) return ended;
  const failedProbes = lane.redelivery.failedProbes + (delivery?.purpose === 'PROBE' ? 1 : 0);
  const { nextBatchDueAt, probeDueAt = null } = data;
  const withWait = (sending: Lane['first']) => ({ abandonedInARow: sending.abandonedInARow + 1, nextBatchDueAt });
  return {
    ...ended,
    // The lines of an abandoned batch arrive late: while the receiver fails, a batch has only one line.
    batch: { ...ended.batch, limit: 1 },
    first: { ...ended.first, ...(isFirst && withWait(ended.first)) },
    redelivery: {
      ...ended.redelivery,
      recovering: false,
      failedProbes,
      probeDueAt,
      ...(!isFirst && withWait(ended.redelivery)),
    },
  };
}

/** The replay after one of its batches ended. */
function replayAfter(
  replay: Replay | null,
  delivery: OpenDelivery | null,
  count: 'sent' | 'refused',
  { attemptedAt, durationMs }: Attempt,
): Replay | null {
  // A batch counts for its job even if the job has ended since.
  if (!replay || delivery?.replayJobId !== replay.jobId) return replay;
  const finished = { firstVersion: 0, lastVersion: delivery.lastVersion };
  return {
    ...replay,
    ranges: replay.ranges.flatMap((range) => without(range, [finished])),
    [count]: replay[count] + loginCount(delivery),
    updatedAt: attemptedAt + durationMs,
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
  return { lastAttempt, failing: failed, consecutiveFailures };
}

/** A redelivery through another webhook counts, too: its lane has no destination of its own. */
function isToPresentDestination({ webhook }: Lane, delivery: OpenDelivery | null): boolean {
  return webhook ? delivery?.destinationId === webhook.destinationId : delivery?.throughWebhookId !== undefined;
}

/** The lane as if its destination had never failed. */
function healthy(lane: Lane): Lane {
  const noneAbandoned = { abandonedInARow: 0, nextBatchDueAt: null };
  return {
    ...lane,
    first: { ...lane.first, ...noneAbandoned },
    redelivery: { ...lane.redelivery, ...noneAbandoned, recovering: true, failedProbes: 0, probeDueAt: null },
    health: { ...lane.health, failing: false, consecutiveFailures: 0 },
    batch: { ...lane.batch, tooLargeInARow: 0 },
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
function withOpen(lane: Lane, { purpose }: OpenDelivery, open: OpenDelivery | null): Lane {
  return purpose === 'FIRST'
    ? { ...lane, first: { ...lane.first, open } }
    : { ...lane, redelivery: { ...lane.redelivery, open } };
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
