/**
 * The lane of a portal: where its delivery stands. It is the fold of the portal's webhook and delivery events, and all that
 * the engine and the status need to know. Logins are counted by their versions in the portal's login stream, which have no
 * gaps, so that a backlog of any length is two numbers.
 */
import { type DeliveryEvent, type LoginRange, MAX_BATCH_LINES } from './delivery.js';
import type { LogFormat } from './destination.js';
import type { Recorded } from './event.js';
import { MAX_LANE_WAIT_MS, MAX_WAIT_MS } from './retry.js';
import type { WebhookEvent } from './webhook.js';

/** A batch that was started and has not ended. */
export interface OpenDelivery extends LoginRange {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: Extract<DeliveryEvent, { type: 'BatchStarted' }>['data']['line'];
  failedAttempts: number;
  /** When the next try is due; null: at once, for none was made. */
  retryDueAt: number | null;
}

export interface Lane {
  webhook: { destinationId: string; enabled: boolean } | null;
  /** Everything up to this login is done with: delivered, abandoned or passed over. */
  cursor: number;
  /** The last login that is due; null while the webhook is enabled, for then every one is. */
  dueThrough: number | null;
  /** Ranges behind the cursor that are not due, in order. */
  passedOver: LoginRange[];
  open: OpenDelivery | null;
  abandonedInARow: number;
  nextBatchDueAt: number | null;
  lastAttempt: { at: number; responseCode: number | null; message: string } | null;
  /** Whether the last try to the present destination failed. */
  failing: boolean;
  consecutiveFailures: number;
  deliveredTotal: number;
  undeliveredTotal: number;
}

export const emptyLane: Lane = {
  webhook: null,
  cursor: 0,
  dueThrough: 0,
  passedOver: [],
  open: null,
  abandonedInARow: 0,
  nextBatchDueAt: null,
  lastAttempt: null,
  failing: false,
  consecutiveFailures: 0,
  deliveredTotal: 0,
  undeliveredTotal: 0,
};

export type LaneEvent = WebhookEvent | DeliveryEvent;

export function evolve(lane: Lane, event: LaneEvent | Recorded<LaneEvent>): Lane {
  switch (event.type) {
    case 'WebhookConfigured': {
      const { destinationId, enabled, loginsThrough } = event.data;
      const moved = lane.webhook?.destinationId !== destinationId;
      return {
        ...lane,
        webhook: { destinationId, enabled },
        dueThrough: enabled ? null : (lane.dueThrough ?? loginsThrough),
        ...(moved && { failing: false, consecutiveFailures: 0, abandonedInARow: 0, nextBatchDueAt: null }),
      };
    }
    case 'WebhookRemoved':
      return {
        ...lane,
        webhook: null,
        dueThrough: lane.dueThrough ?? event.data.loginsThrough,
        failing: false,
        consecutiveFailures: 0,
        abandonedInARow: 0,
        nextBatchDueAt: null,
      };
    case 'BatchStarted':
      return { ...lane, open: { ...event.data, failedAttempts: 0, retryDueAt: null } };
    case 'BatchDelivered':
      return {
        ...closed(lane),
        ...attempted(lane, event.data, false),
        abandonedInARow: 0,
        nextBatchDueAt: null,
        deliveredTotal: lane.deliveredTotal + sizeOf(lane.open),
      };
    case 'RetryScheduled':
      return {
        ...lane,
        ...attempted(lane, event.data, true),
        open: lane.open && { ...lane.open, failedAttempts: event.data.attempt, retryDueAt: event.data.retryDueAt },
      };
    case 'BatchAbandoned':
      return {
        ...closed(lane),
        ...attempted(lane, event.data, true),
        ...(isToPresentDestination(lane) && {
          abandonedInARow: lane.abandonedInARow + 1,
          nextBatchDueAt: event.data.nextBatchDueAt,
        }),
        undeliveredTotal: lane.undeliveredTotal + sizeOf(lane.open),
      };
    case 'DeliverySuperseded':
      return { ...lane, open: null };
    case 'LoginsSkipped':
      return passOver(lane, event.data);
    case 'LoginsUndelivered': {
      const range = event.data;
      const rest = range.deliveryId ? closed(lane) : passOver(lane, range);
      return { ...rest, undeliveredTotal: lane.undeliveredTotal + sizeOf(range) };
    }
    default:
      return event satisfies never;
  }
}

/** A try to a destination that the webhook has left says nothing about the one it has now. */
function attempted(
  lane: Lane,
  attempt: { attemptedAt: number; responseCode: number | null; message: string },
  failed: boolean,
) {
  const { attemptedAt: at, responseCode, message } = attempt;
  const lastAttempt = { at, responseCode, message };
  if (!isToPresentDestination(lane)) return { lastAttempt };
  return { lastAttempt, failing: failed, consecutiveFailures: failed ? lane.consecutiveFailures + 1 : 0 };
}

function isToPresentDestination({ open, webhook }: Lane): boolean {
  return open?.destinationId === webhook?.destinationId;
}

/** The lane after its open delivery: the cursor behind it, and behind all that is passed over next. */
function closed(lane: Lane): Lane {
  return advance({ ...lane, open: null, cursor: lane.open?.lastVersion ?? lane.cursor });
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

export function sizeOf(range: LoginRange | null): number {
  return range ? range.lastVersion - range.firstVersion + 1 : 0;
}

/** How many logins are due and neither delivered nor given up. `lastLogin` is the version of the portal's last login. */
export function pending(lane: Lane, lastLogin: number): number {
  const due = (lane.dueThrough ?? lastLogin) - lane.cursor;
  return lane.passedOver.reduce((count, range) => count - sizeOf(range), due);
}

/** The ranges that are due and not in the open delivery, in order. */
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

/** The batch that begins at the start of a range. */
function batchOf({ firstVersion, lastVersion }: LoginRange): LoginRange {
  return { firstVersion, lastVersion: Math.min(lastVersion, firstVersion + MAX_BATCH_LINES - 1) };
}

/** The batch behind the open one; null if nothing waits there. */
export function behindOpen(lane: Lane, lastLogin: number): LoginRange | null {
  const [next] = waiting(lane, lastLogin);
  return next ? batchOf(next) : null;
}

/** The next batches after the open one, at most `count`, where they are sure to be full: more logins do not change them. */
export function fullBatches(lane: Lane, lastLogin: number, count: number): LoginRange[] {
  const [next] = waiting(lane, lastLogin);
  if (!next) return [];
  const full = Math.min(count, Math.floor(sizeOf(next) / MAX_BATCH_LINES));
  return Array.from({ length: full }, (_, index) =>
    batchOf({ ...next, firstVersion: next.firstVersion + index * MAX_BATCH_LINES }),
  );
}

/** What a lane does next. */
export type Step =
  | { do: 'rest' }
  | { do: 'wait'; until: number }
  | { do: 'start'; range: LoginRange }
  | { do: 'try'; delivery: OpenDelivery }
  | { do: 'supersede'; delivery: OpenDelivery }
  | { do: 'give up'; delivery: OpenDelivery };

/**
 * @param lastLogin version of the last login of the portal
 * @param logFormat of the webhook's destination, as it is now; null without a destination
 * @param now ms since the epoch
 */
export function nextStep(lane: Lane, lastLogin: number, logFormat: LogFormat | null, now: number): Step {
  const { webhook, open } = lane;
  if (!webhook) return open ? { do: 'give up', delivery: open } : { do: 'rest' };
  if (!webhook.enabled || logFormat === null) return { do: 'rest' };
  if (open) {
    if (open.destinationId !== webhook.destinationId || open.logFormat !== logFormat)
      return { do: 'supersede', delivery: open };
    if (isAhead(open.retryDueAt, now, MAX_WAIT_MS)) return { do: 'wait', until: open.retryDueAt };
    return { do: 'try', delivery: open };
  }
  const [next] = waiting(lane, lastLogin);
  if (!next) return { do: 'rest' };
  if (isAhead(lane.nextBatchDueAt, now, MAX_LANE_WAIT_MS)) return { do: 'wait', until: lane.nextBatchDueAt };
  return { do: 'start', range: batchOf(next) };
}

/** Much further ahead than anything waits, the clock was wrong when it was written down: it is due. */
function isAhead(time: number | null, now: number, maxWaitMs: number): time is number {
  return time !== null && time > now && time <= now + 2 * maxWaitMs;
}
