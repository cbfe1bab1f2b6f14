/** What each event makes of a lane. */

import type { Recorded } from '../event.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, without } from '../login-range.js';
import { evolve as evolveReplay, type Replay, type ReplayEvent } from '../replay.js';
import type { RetentionEvent } from '../retention.js';
import type { UndeliveredEvent } from '../undelivered.js';
import type { WebhookEvent } from '../webhook.js';
import type { Attempt, DeliveryEvent } from './decide.js';
import { emptyLane, fresh, type Lane, type OpenDelivery, openDelivery } from './lane.js';

/** After a split, so many batches are delivered before larger ones are tried. */
const BATCHES_BEFORE_GROWTH = 20;

export type LaneEvent = WebhookEvent | DeliveryEvent | UndeliveredEvent | ReplayEvent | RetentionEvent;

export function evolve(lane: Lane, event: LaneEvent | Recorded<LaneEvent>): Lane {
  switch (event.type) {
    case 'WebhookConfigured': {
      const { destinationId, enabled, loginsThrough } = event.data;
      const moved = lane.webhook?.destinationId !== destinationId;
      return {
        ...lane,
        webhook: { destinationId, enabled },
        dueThrough: enabled ? null : (lane.dueThrough ?? loginsThrough),
        ...(moved && { ...fresh, batchLimit: MAX_BATCH_LINES, batchesBeforeGrowth: 0 }),
      };
    }
    case 'WebhookRemoved':
      return { ...lane, ...fresh, webhook: null, dueThrough: lane.dueThrough ?? event.data.loginsThrough };
    case 'BatchStarted': {
      const startedPosition = 'position' in event ? event.position : 0;
      const begun = { startedPosition, failedAttempts: 0, retryDueAt: null };
      const delivery: OpenDelivery = { purpose: 'FIRST', ...event.data, ...begun };
      return delivery.purpose === 'FIRST'
        ? { ...lane, open: delivery, lastTurn: 'FIRST' }
        : { ...lane, side: delivery, lastTurn: delivery.purpose === 'REPLAY' ? 'REPLAY' : 'RECOVERY' };
    }
    case 'BatchDelivered':
      return afterDelivery(lane, event.data);
    case 'RetryScheduled': {
      const { attemptNumber: failedAttempts, retryDueAt } = event.data;
      const delivery = openDelivery(lane, event.data.deliveryId);
      const changed = delivery && { ...delivery, failedAttempts, retryDueAt };
      return { ...lane, ...attempted(lane, event.data, true), ...(changed && placed(changed, changed)) };
    }
    case 'BatchSplit': {
      const delivery = openDelivery(lane, event.data.deliveryId);
      return {
        ...lane,
        ...attempted(lane, event.data, true),
        ...(delivery && placed(delivery, null)),
        batchLimit: Math.max(1, Math.min(lane.batchLimit, Math.floor(loginCount(delivery) / 2))),
        batchesBeforeGrowth: BATCHES_BEFORE_GROWTH,
      };
    }
    case 'BatchAbandoned':
      return afterAbandonment(lane, event.data);
    case 'DeliverySuperseded': {
      const delivery = openDelivery(lane, event.data.deliveryId);
      return delivery ? { ...lane, ...placed(delivery, null) } : lane;
    }
    case 'LoginsSkipped':
      return passOver(lane, event.data);
    case 'LaneSnapshotted':
      // Of what came before it a part may be gone. A lane of before it had some field has that as it begins.
      return { ...emptyLane, ...event.data.lane };
    case 'LoginsExpired': {
      const { undelivered, deliveryId, ...range } = event.data;
      const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId);
      // Of what is listed, or is sent once more, the cursor knows nothing.
      const isFirst = delivery ? delivery.purpose === 'FIRST' : undelivered === 0;
      return {
        ...(isFirst && !delivery ? passOver(lane, range) : closed(lane, delivery)),
        undeliveredTotal: lane.undeliveredTotal - undelivered,
        discardedTotal: lane.discardedTotal + (isFirst ? loginCount(range) : undelivered),
      };
    }
    case 'LoginsUndelivered': {
      const range = event.data;
      const rest = range.deliveryId ? closed(lane, openDelivery(lane, range.deliveryId)) : passOver(lane, range);
      return { ...rest, undeliveredTotal: lane.undeliveredTotal + loginCount(range) };
    }
    case 'RedeliveryRequested':
      // A person does not wait for what failed before.
      return { ...lane, sideAbandonedInARow: 0, sideDueAt: null };
    case 'LoginsDiscarded': {
      const discarded = event.data.ranges.reduce((count, range) => count + loginCount(range), 0);
      return {
        ...lane,
        undeliveredTotal: lane.undeliveredTotal - discarded,
        discardedTotal: lane.discardedTotal + discarded,
      };
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
  return {
    ...closed(lane, delivery),
    ...attempted(lane, data, false),
    ...grown(lane, loginCount(delivery)),
    ...(isToPresentDestination(lane, delivery) && fresh),
    // A first delivery says nothing of what fails beside it.
    ...(isFirst && { sideAbandonedInARow: lane.sideAbandonedInARow, sideDueAt: lane.sideDueAt }),
    deliveredTotal: lane.deliveredTotal + (isFirst ? loginCount(delivery) : recovered),
    undeliveredTotal: lane.undeliveredTotal - recovered,
    replay: replayed(lane.replay, delivery, 'sent', data),
  };
}

function afterAbandonment(lane: Lane, data: DataOf<'BatchAbandoned'>): Lane {
  const delivery = openDelivery(lane, data.deliveryId);
  const isFirst = (delivery?.purpose ?? 'FIRST') === 'FIRST';
  const counted = {
    ...closed(lane, delivery),
    ...attempted(lane, data, true),
    undeliveredTotal: lane.undeliveredTotal + (isFirst ? loginCount(delivery) : 0),
  };
  // The receiver works, and there is nothing to wait for.
  if (data.setAside) {
    const setAsideInARow = lane.setAsideInARow + 1;
    return { ...counted, setAsideInARow, replay: replayed(lane.replay, delivery, 'refused', data) };
  }
  if (!isToPresentDestination(lane, delivery)) return counted;
  return {
    ...counted,
    recovering: false,
    // A receiver that takes nothing is asked with little: what is in a batch that is given up comes late.
    batchLimit: 1,
    failedProbes: lane.failedProbes + (delivery?.purpose === 'PROBE' ? 1 : 0),
    probeDueAt: data.probeDueAt ?? null,
    ...(isFirst
      ? { abandonedInARow: lane.abandonedInARow + 1, nextBatchDueAt: data.nextBatchDueAt }
      : { sideAbandonedInARow: lane.sideAbandonedInARow + 1, sideDueAt: data.nextBatchDueAt }),
  };
}

/** A replay after one of its batches ended. */
function replayed(
  replay: Replay | null,
  delivery: OpenDelivery | null,
  count: 'sent' | 'refused',
  { attemptedAt, durationMs }: Attempt,
): Replay | null {
  // Of a job that was ended, too: what it has sent is sent.
  if (!replay || delivery?.replayJobId !== replay.jobId) return replay;
  const done = { firstVersion: 0, lastVersion: delivery.lastVersion };
  return {
    ...replay,
    ranges: replay.ranges.flatMap((range) => without(range, [done])),
    [count]: replay[count] + loginCount(delivery),
    updatedAt: attemptedAt + durationMs,
  };
}

/** The limit of a lane after a batch of so many lines was taken. */
export function grown({ batchLimit, batchesBeforeGrowth }: Lane, lines: number) {
  if (batchesBeforeGrowth) return { batchesBeforeGrowth: batchesBeforeGrowth - 1 };
  return lines < batchLimit ? {} : { batchLimit: Math.min(MAX_BATCH_LINES, batchLimit * 2) };
}

/** A try to a destination that the webhook has left says nothing about the one it has now. */
function attempted(
  lane: Lane,
  attempt: {
    deliveryId: string;
    attemptedAt: number;
    responseCode: number | null;
    message: string;
    destinationPausedUntil?: number;
  },
  failed: boolean,
) {
  const { attemptedAt: at, responseCode, message, destinationPausedUntil = lane.destinationPausedUntil } = attempt;
  const delivery = openDelivery(lane, attempt.deliveryId);
  const lastAttempt = { at, destinationId: delivery?.destinationId ?? null, responseCode, message };
  if (!isToPresentDestination(lane, delivery)) return { lastAttempt };
  const consecutiveFailures = failed ? lane.consecutiveFailures + 1 : 0;
  return { lastAttempt, failing: failed, consecutiveFailures, destinationPausedUntil };
}

function isToPresentDestination({ webhook }: Lane, delivery: OpenDelivery | null): boolean {
  return delivery?.destinationId === webhook?.destinationId;
}

/** Puts something (or nothing) in the place where a delivery is. */
function placed({ purpose }: OpenDelivery, delivery: OpenDelivery | null): Partial<Lane> {
  return purpose === 'FIRST' ? { open: delivery } : { side: delivery };
}

/** The lane after a delivery: behind a first one the cursor, and behind all that is passed over next. */
function closed(lane: Lane, delivery: OpenDelivery | null): Lane {
  if (!delivery) return lane;
  if (delivery.purpose !== 'FIRST') return { ...lane, side: null };
  return advance({ ...lane, open: null, cursor: delivery.lastVersion });
}

function passOver(lane: Lane, { firstVersion, lastVersion }: LoginRange): Lane {
  const passedOver = [...lane.passedOver, { firstVersion, lastVersion }];
  return advance({ ...lane, passedOver: passedOver.sort((a, b) => a.firstVersion - b.firstVersion) });
}

function advance(lane: Lane): Lane {
  const [next, ...later] = lane.passedOver;
  if (!next || lane.open || next.firstVersion !== lane.cursor + 1) return lane;
  return advance({ ...lane, cursor: next.lastVersion, passedOver: later });
}
