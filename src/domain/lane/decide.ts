import type { LogFormat } from '../destination.js';
import { isWithin, type LoginRange, loginCount } from '../login-range.js';
import { boundedRetryMs, laneBackoffMs, MAX_RETRIES, probeBackoffMs, retryBackoffMs } from './backoff.js';
import { type Lane, type OpenDelivery, openDelivery } from './lane.js';

/** Before compression. The vendor's own listener refuses more. */
export const MAX_BATCH_BYTES = 1_048_576;

/** What every line of a batch says of its sender. */
export interface LineSettings {
  host: string;
  vendor: string;
  product: string;
  version: string;
  organizationId: string;
}

/**
 * Why a batch is sent: for the first time and in order; once more, because it was given up (RECOVERY); to see whether a
 * receiver that nothing else is sent to is back (PROBE); or because someone asked for a replay.
 */
export const purposes = ['FIRST', 'RECOVERY', 'PROBE', 'REPLAY'] as const;
export type Purpose = (typeof purposes)[number];

/** How far a try came: the name resolved, the connection, its TLS, the status line with the headers, the body. */
export const phases = ['RESOLVE', 'CONNECT', 'TLS', 'HEADERS', 'BODY'] as const;
export type Phase = (typeof phases)[number];

/** How a try ended. Times in ms; `responseCode` and `message` are what the receiver said, or what kept it from speaking. */
export interface Attempt {
  deliveryId: string;
  /** From 1. */
  attemptNumber: number;
  /** When the try began. */
  attemptedAt: number;
  durationMs: number;
  /** null: no status line was read. */
  responseCode: number | null;
  message: string;
  /** The phase it ended in; a success ends in the last one, and events of before there were phases have none. */
  phase?: Phase;
  /** What the receiver said to a try that failed, longer than the message, on several lines, without secrets. */
  responseExcerpt?: string | null;
}

export type DeliveryEvent =
  | {
      type: 'BatchStarted';
      data: LoginRange & {
        deliveryId: string;
        destinationId: string;
        logFormat: LogFormat;
        signingKeyId: string;
        line: LineSettings;
        /** FIRST where it is left out. */
        purpose?: Purpose;
        /** Of a REPLAY: the job it is a part of. */
        replayJobId?: string;
      };
    }
  /** `recovered`: how many of its logins were undelivered until now. */
  | { type: 'BatchDelivered'; data: Attempt & { recovered?: number } }
  | { type: 'RetryScheduled'; data: Attempt & DestinationPause & { retryDueAt: number } }
  /** The receiver found it too large (413): its logins go on in batches of at most half. */
  | { type: 'BatchSplit'; data: Attempt }
  /** Its logins are undelivered, or still are. */
  | { type: 'BatchAbandoned'; data: Attempt & DestinationPause & Abandonment }
  /** The delivery ended without a verdict, because its destination or log format is no longer the webhook's. */
  | { type: 'DeliverySuperseded'; data: { deliveryId: string } }
  /** Recorded while the webhook was off: never due. */
  | { type: 'LoginsSkipped'; data: LoginRange }
  /** Due, but the webhook was removed before they were delivered. */
  | { type: 'LoginsUndelivered'; data: LoginRange & { deliveryId: string | null; reason: 'WEBHOOK_REMOVED' } };

/** `destinationPausedUntil`: the receiver asked to be left alone until then (Retry-After), whatever portal a batch is of. */
interface DestinationPause {
  destinationPausedUntil?: number;
}

interface Abandonment {
  /**
   * The lane waits until then before its next first delivery, or its next one beside those, lest a wrong token burn through the
   * backlog.
   */
  nextBatchDueAt: number | null;
  /** Unless something else is delivered before, the oldest undelivered range is tried then. */
  probeDueAt?: number;
  /** A single line that the receiver finds too large: nobody but a person can help. */
  setAside?: true;
}

/** What a try came to, as the sender sees it. */
export interface Outcome extends Omit<Attempt, 'deliveryId' | 'attemptNumber'> {
  verdict: 'DELIVERED' | 'RETRYABLE' | 'FINAL';
  /** What a Retry-After header asked for, in ms. */
  retryAfterMs: number | null;
}

/** Lines set aside one after the other, without a success in between; a replay may come by many that were so before. */
const maxSetAsideInARow = (purpose: Purpose): number => (purpose === 'REPLAY' ? 50 : 2);

/** What a receiver answers to a batch that is too large for it. */
const CONTENT_TOO_LARGE = 413;

export type DeliveryCommand =
  | { type: 'StartBatch'; batch: Extract<DeliveryEvent, { type: 'BatchStarted' }>['data'] }
  | { type: 'RecordOutcome'; deliveryId: string; attemptNumber: number; outcome: Outcome; random: number }
  | { type: 'SupersedeDelivery'; deliveryId: string }
  | { type: 'GiveUpDelivery'; deliveryId: string };

/** What a command is decided by, besides the lane. */
export interface DeliverySurroundings {
  /** Of the webhook's destination, as it is now. */
  logFormat: LogFormat | undefined;
  /** Of a range: how many of its logins are undelivered and to be delivered again. */
  undeliveredIn: (range: LoginRange) => number;
}

/**
 * Commands of the delivery engine against the lane of a portal. One that comes too late (the delivery it speaks of is not
 * open, or another try than the one it speaks of is awaited) yields nothing.
 */
export function decide(command: DeliveryCommand, lane: Lane, around: DeliverySurroundings): DeliveryEvent[] {
  if (command.type === 'StartBatch') {
    if (!mayStart(command.batch, lane, around)) return [];
    const ofJob = command.batch.purpose === 'REPLAY' && lane.replay ? { replayJobId: lane.replay.jobId } : {};
    return [{ type: 'BatchStarted', data: { ...command.batch, ...ofJob } }];
  }
  const open = openDelivery(lane, command.deliveryId);
  if (!open) return [];
  switch (command.type) {
    case 'RecordOutcome':
      return open.failedAttempts + 1 === command.attemptNumber
        ? afterTry(command.outcome, command.random, open, lane, around)
        : [];
    case 'SupersedeDelivery':
      return lane.webhook ? [superseded(open)] : [];
    case 'GiveUpDelivery': {
      if (lane.webhook) return [];
      // What is sent once more is on the list of the undelivered already.
      if (open.purpose !== 'FIRST') return [superseded(open)];
      const { deliveryId, firstVersion, lastVersion } = open;
      return [
        { type: 'LoginsUndelivered', data: { deliveryId, firstVersion, lastVersion, reason: 'WEBHOOK_REMOVED' } },
      ];
    }
    default:
      return command satisfies never;
  }
}

function mayStart(
  batch: Extract<DeliveryCommand, { type: 'StartBatch' }>['batch'],
  lane: Lane,
  { undeliveredIn }: DeliverySurroundings,
): boolean {
  if (!lane.webhook?.enabled || lane.webhook.destinationId !== batch.destinationId) return false;
  const purpose = batch.purpose ?? 'FIRST';
  switch (purpose) {
    case 'FIRST':
      return !lane.open && batch.firstVersion === lane.cursor + 1;
    case 'RECOVERY':
    case 'PROBE':
      return !lane.side && undeliveredIn(batch) === loginCount(batch);
    case 'REPLAY': {
      const { replay } = lane;
      const isLeft = replay?.status === 'RUNNING' && replay.ranges.some((range) => isWithin(batch, range));
      return !lane.side && isLeft;
    }
    default:
      return purpose satisfies never;
  }
}

/** Until when a receiver asked to be left alone, in ms; null if it did not. */
export function pausedUntil({ verdict, retryAfterMs, attemptedAt, durationMs }: Outcome): number | null {
  if (verdict === 'DELIVERED' || retryAfterMs === null) return null;
  return attemptedAt + durationMs + boundedRetryMs(retryAfterMs);
}

function superseded({ deliveryId }: OpenDelivery): DeliveryEvent {
  return { type: 'DeliverySuperseded', data: { deliveryId } };
}

function afterTry(
  outcome: Outcome,
  random: number,
  open: OpenDelivery,
  lane: Lane,
  { logFormat = open.logFormat, undeliveredIn }: DeliverySurroundings,
): DeliveryEvent[] {
  const { verdict, retryAfterMs, ...facts } = outcome;
  const failed = open.failedAttempts + 1;
  const attempt: Attempt = { deliveryId: open.deliveryId, attemptNumber: failed, ...facts };
  const endedAt = outcome.attemptedAt + outcome.durationMs;
  if (verdict === 'DELIVERED') {
    const recovered = open.purpose === 'FIRST' ? 0 : undeliveredIn(open);
    // Of these there is one for each login where little is going on: what every one of them says is left out.
    const { phase: _, responseExcerpt: __, ...told } = attempt;
    return [{ type: 'BatchDelivered', data: recovered ? { ...told, recovered } : told }];
  }
  const destinationPausedUntil = pausedUntil(outcome);
  const pause = destinationPausedUntil === null ? {} : { destinationPausedUntil };
  if (lane.webhook && (lane.webhook.destinationId !== open.destinationId || logFormat !== open.logFormat)) {
    // What is said of a destination or format that was left is no reason to give up: the logins go out anew.
    return [{ type: 'RetryScheduled', data: { ...attempt, ...pause, retryDueAt: endedAt } }, superseded(open)];
  }
  if (verdict === 'RETRYABLE' && failed <= MAX_RETRIES) {
    const retryDueAt = endedAt + retryBackoffMs(failed, random, retryAfterMs);
    return [{ type: 'RetryScheduled', data: { ...attempt, ...pause, retryDueAt } }];
  }
  if (outcome.responseCode === CONTENT_TOO_LARGE) {
    // Without a webhook there is nothing that its halves could go on with.
    if (loginCount(open) > 1 && lane.webhook) return [{ type: 'BatchSplit', data: attempt }];
    // A receiver that finds every line too large is one that takes nothing.
    if (loginCount(open) === 1 && lane.setAsideInARow < maxSetAsideInARow(open.purpose)) {
      return [{ type: 'BatchAbandoned', data: { ...attempt, nextBatchDueAt: null, setAside: true } }];
    }
  }
  const probes = lane.failedProbes + (open.purpose === 'PROBE' ? 1 : 0);
  const probeDueAt = endedAt + probeBackoffMs(probes, random);
  const inARow = open.purpose === 'FIRST' ? lane.abandonedInARow : lane.sideAbandonedInARow;
  const nextBatchDueAt = endedAt + laneBackoffMs(inARow + 1, random);
  return [{ type: 'BatchAbandoned', data: { ...attempt, ...pause, nextBatchDueAt, probeDueAt } }];
}
