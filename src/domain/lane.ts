/**
 * The lane of a portal: where its delivery stands. It is the fold of the portal's webhook, delivery, undelivered and replay
 * events, and all that the engine and the status need to know, but for the list of undelivered ranges, which is a table.
 * Logins are counted by their versions in the portal's login stream, which have no gaps, so that a backlog of any length is
 * two numbers.
 */
import type { Attempt, DeliveryEvent, Purpose } from './delivery.js';
import type { LogFormat } from './destination.js';
import type { Recorded } from './event.js';
import { type LoginRange, MAX_BATCH_LINES, sizeOf, without } from './range.js';
import { evolve as evolveReplay, type Replay, type ReplayEvent } from './replay.js';
import type { RetentionEvent } from './retention.js';
import type { UndeliveredEvent } from './undelivered.js';
import type { WebhookEvent } from './webhook.js';

/** After a split, so many batches are delivered before larger ones are tried. */
const BATCHES_BEFORE_GROWTH = 20;

/** A batch that was started and has not ended. */
export interface OpenDelivery extends LoginRange {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: Extract<DeliveryEvent, { type: 'BatchStarted' }>['data']['line'];
  purpose: Purpose;
  replayJobId?: string;
  /** The position of the event that began it. */
  startedPosition: number;
  failedAttempts: number;
  /** When the next try is due; null: at once, for none was made. */
  retryDueAt: number | null;
}

/** Whose turn it was last: first deliveries, what was given up, and a replay take turns. */
export type Turn = 'FIRST' | 'RECOVERY' | 'REPLAY';

export interface Lane {
  webhook: { destinationId: string; enabled: boolean } | null;
  /** Everything up to this login is done with: delivered, abandoned or passed over. */
  cursor: number;
  /** The last login that is due; null while the webhook is enabled, for then every one is. */
  dueThrough: number | null;
  /** Ranges behind the cursor that are not due, in order. */
  passedOver: LoginRange[];
  /** The first delivery under way: these are made in order. */
  open: OpenDelivery | null;
  /** What is under way beside it: a recovery, a probe or a part of a replay. */
  side: OpenDelivery | null;
  lastTurn: Turn;
  /** Most lines of the next batch: fewer after a batch was too large or given up, growing as others are delivered. */
  batchLimit: number;
  /** Batches to be delivered before the limit grows. */
  batchesBeforeGrowth: number;
  abandonedInARow: number;
  nextBatchDueAt: number | null;
  /** The same of what is sent beside the first deliveries. */
  sideAbandonedInARow: number;
  sideDueAt: number | null;
  setAsideInARow: number;
  /** Whether undelivered ranges are to be recovered: nothing was given up since the last success. */
  recovering: boolean;
  /** Probes in a row that failed. */
  failedProbes: number;
  probeDueAt: number | null;
  /** The receiver of the last try asked to be left alone until then. */
  destinationDueAt: number | null;
  lastAttempt: { at: number; destinationId: string | null; responseCode: number | null; message: string } | null;
  /** Whether the last try to the present destination failed. */
  failing: boolean;
  consecutiveFailures: number;
  deliveredTotal: number;
  /** Logins that are undelivered now. */
  undeliveredTotal: number;
  /** Logins that a person gave up, or that were not delivered in the time they are kept. */
  discardedTotal: number;
  replay: Replay | null;
}

/** Nothing is known against the destination. */
const fresh = {
  failing: false,
  consecutiveFailures: 0,
  abandonedInARow: 0,
  nextBatchDueAt: null,
  sideAbandonedInARow: 0,
  sideDueAt: null,
  setAsideInARow: 0,
  recovering: true,
  failedProbes: 0,
  probeDueAt: null,
  destinationDueAt: null,
};

export const emptyLane: Lane = {
  ...fresh,
  webhook: null,
  cursor: 0,
  dueThrough: 0,
  passedOver: [],
  open: null,
  side: null,
  lastTurn: 'FIRST',
  batchLimit: MAX_BATCH_LINES,
  batchesBeforeGrowth: 0,
  lastAttempt: null,
  deliveredTotal: 0,
  undeliveredTotal: 0,
  discardedTotal: 0,
  replay: null,
};

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
      const { attempt: failedAttempts, retryDueAt } = event.data;
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
        batchLimit: Math.max(1, Math.min(lane.batchLimit, Math.floor(sizeOf(delivery) / 2))),
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
    case 'Checkpointed':
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
        discardedTotal: lane.discardedTotal + (isFirst ? sizeOf(range) : undelivered),
      };
    }
    case 'LoginsUndelivered': {
      const range = event.data;
      const rest = range.deliveryId ? closed(lane, openDelivery(lane, range.deliveryId)) : passOver(lane, range);
      return { ...rest, undeliveredTotal: lane.undeliveredTotal + sizeOf(range) };
    }
    case 'RedeliveryRequested':
      // A person does not wait for what failed before.
      return { ...lane, sideAbandonedInARow: 0, sideDueAt: null };
    case 'LoginsDiscarded': {
      const discarded = event.data.ranges.reduce((count, range) => count + sizeOf(range), 0);
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
    ...grown(lane, sizeOf(delivery)),
    ...(isToPresentDestination(lane, delivery) && fresh),
    // A first delivery says nothing of what fails beside it.
    ...(isFirst && { sideAbandonedInARow: lane.sideAbandonedInARow, sideDueAt: lane.sideDueAt }),
    deliveredTotal: lane.deliveredTotal + (isFirst ? sizeOf(delivery) : recovered),
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
    undeliveredTotal: lane.undeliveredTotal + (isFirst ? sizeOf(delivery) : 0),
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

/** Whether a delivery is a part of a replay that goes on. */
export function isPartOf(replay: Replay | null, delivery: OpenDelivery | null): delivery is OpenDelivery {
  return replay?.status === 'RUNNING' && delivery?.replayJobId === replay.jobId;
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
    [count]: replay[count] + sizeOf(delivery),
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
    destinationDueAt?: number;
  },
  failed: boolean,
) {
  const { attemptedAt: at, responseCode, message, destinationDueAt = lane.destinationDueAt } = attempt;
  const delivery = openDelivery(lane, attempt.deliveryId);
  const lastAttempt = { at, destinationId: delivery?.destinationId ?? null, responseCode, message };
  if (!isToPresentDestination(lane, delivery)) return { lastAttempt };
  const consecutiveFailures = failed ? lane.consecutiveFailures + 1 : 0;
  return { lastAttempt, failing: failed, consecutiveFailures, destinationDueAt };
}

function isToPresentDestination({ webhook }: Lane, delivery: OpenDelivery | null): boolean {
  return delivery?.destinationId === webhook?.destinationId;
}

/** The delivery of this id that is under way, if one is. */
export function openDelivery({ open, side }: Lane, deliveryId: string): OpenDelivery | null {
  return [open, side].find((delivery) => delivery?.deliveryId === deliveryId) ?? null;
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

/** How many logins are due and neither delivered nor given up. `lastLogin` is the version of the portal's last login. */
export function pending(lane: Lane, lastLogin: number): number {
  const due = (lane.dueThrough ?? lastLogin) - lane.cursor;
  return lane.passedOver.reduce((count, range) => count - sizeOf(range), due);
}

/** The ranges that are due and not in the open first delivery, in order. */
export function waiting(lane: Lane, lastLogin: number): LoginRange[] {
  const ranges: LoginRange[] = [];
  let firstVersion = (lane.open?.lastVersion ?? lane.cursor) + 1;
  for (const passed of lane.passedOver) {
    if (passed.firstVersion > firstVersion) ranges.push({ firstVersion, lastVersion: passed.firstVersion - 1 });
    firstVersion = passed.lastVersion + 1;
  }
  const through = lane.dueThrough ?? lastLogin;
  if (through >= firstVersion) ranges.push({ firstVersion, lastVersion: through });
  return ranges;
}

/** All that is due and neither delivered nor given up, in order. */
export function pendingRanges(lane: Lane, lastLogin: number): LoginRange[] {
  return [...(lane.open ? [lane.open] : []), ...waiting(lane, lastLogin)];
}
