import type { LogFormat } from './destination.js';
import type { Lane, OpenDelivery } from './lane.js';
import { laneWaitMs, MAX_RETRIES, retryWaitMs } from './retry.js';

export const MAX_BATCH_LINES = 500;
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

/** Logins of one portal by their versions in its login stream, both inclusive. */
export interface LoginRange {
  firstVersion: number;
  lastVersion: number;
}

/** How far a try came: the name resolved, the connection, its TLS, the status line with the headers, the body. */
export const phases = ['RESOLVE', 'CONNECT', 'TLS', 'HEADERS', 'BODY'] as const;
export type Phase = (typeof phases)[number];

/** How a try ended. Times in ms; `responseCode` and `message` are what the receiver said, or what kept it from speaking. */
export interface Attempt {
  deliveryId: string;
  /** From 1. */
  attempt: number;
  /** When the try began. */
  attemptedAt: number;
  durationMs: number;
  /** null: no status line was read. */
  responseCode: number | null;
  message: string;
  /** The phase it ended in; events of before there were phases have none. */
  phase?: Phase;
  /** What the receiver said to a try that failed, longer than the message, on several lines, without secrets. */
  snippet?: string | null;
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
      };
    }
  | { type: 'BatchDelivered'; data: Attempt }
  | { type: 'RetryScheduled'; data: Attempt & { retryDueAt: number } }
  /** `nextBatchDueAt`: the lane waits until then, lest a wrong token burn through the backlog. */
  | { type: 'BatchAbandoned'; data: Attempt & { nextBatchDueAt: number } }
  /** The delivery ended without a verdict, because its destination or log format is no longer the webhook's. */
  | { type: 'DeliverySuperseded'; data: { deliveryId: string } }
  /** Recorded while the webhook was off: never due. */
  | { type: 'LoginsSkipped'; data: LoginRange }
  /** Due, but the webhook was removed before they were delivered. */
  | { type: 'LoginsUndelivered'; data: LoginRange & { deliveryId: string | null; reason: 'WEBHOOK_REMOVED' } };

/** What a try came to, as the sender sees it. */
export interface Outcome extends Omit<Attempt, 'deliveryId' | 'attempt'> {
  verdict: 'DELIVERED' | 'RETRYABLE' | 'FINAL';
  /** What a Retry-After header asked for, in ms. */
  retryAfterMs: number | null;
}

export type DeliveryCommand =
  | { type: 'StartBatch'; batch: Extract<DeliveryEvent, { type: 'BatchStarted' }>['data'] }
  | { type: 'RecordOutcome'; deliveryId: string; attempt: number; outcome: Outcome; random: number }
  | { type: 'SupersedeDelivery'; deliveryId: string }
  | { type: 'GiveUpDelivery'; deliveryId: string };

/**
 * Commands of the delivery engine against the lane of a portal. One that comes too late (the delivery it speaks of is not
 * open, or another try than the one it speaks of is awaited) yields nothing.
 *
 * @param logFormat of the webhook's destination, as it is now
 */
export function decide(command: DeliveryCommand, lane: Lane, logFormat?: LogFormat): DeliveryEvent[] {
  const { open } = lane;
  switch (command.type) {
    case 'StartBatch': {
      const follows = !open && command.batch.firstVersion === lane.cursor + 1;
      const wanted = lane.webhook?.enabled && lane.webhook.destinationId === command.batch.destinationId;
      return follows && wanted ? [{ type: 'BatchStarted', data: command.batch }] : [];
    }
    case 'RecordOutcome':
      if (open?.deliveryId !== command.deliveryId || open.failedAttempts + 1 !== command.attempt) return [];
      return afterTry(command.outcome, command.random, open, lane, logFormat ?? open.logFormat);
    case 'SupersedeDelivery':
      if (open?.deliveryId !== command.deliveryId || !lane.webhook) return [];
      return [{ type: 'DeliverySuperseded', data: { deliveryId: open.deliveryId } }];
    case 'GiveUpDelivery': {
      if (open?.deliveryId !== command.deliveryId || lane.webhook) return [];
      const { deliveryId, firstVersion, lastVersion } = open;
      return [
        { type: 'LoginsUndelivered', data: { deliveryId, firstVersion, lastVersion, reason: 'WEBHOOK_REMOVED' } },
      ];
    }
    default:
      return command satisfies never;
  }
}

function afterTry(
  outcome: Outcome,
  random: number,
  open: OpenDelivery,
  lane: Lane,
  logFormat: LogFormat,
): DeliveryEvent[] {
  const { verdict, retryAfterMs, ...facts } = outcome;
  const failed = open.failedAttempts + 1;
  const attempt: Attempt = { deliveryId: open.deliveryId, attempt: failed, ...facts };
  const endedAt = outcome.attemptedAt + outcome.durationMs;
  if (verdict === 'DELIVERED') return [{ type: 'BatchDelivered', data: attempt }];
  if (lane.webhook && (lane.webhook.destinationId !== open.destinationId || logFormat !== open.logFormat)) {
    // What is said of a destination or format that was left is no reason to give up: the logins go out anew.
    return [
      { type: 'RetryScheduled', data: { ...attempt, retryDueAt: endedAt } },
      { type: 'DeliverySuperseded', data: { deliveryId: open.deliveryId } },
    ];
  }
  if (verdict === 'RETRYABLE' && failed <= MAX_RETRIES) {
    const retryDueAt = endedAt + retryWaitMs(failed, random, retryAfterMs);
    return [{ type: 'RetryScheduled', data: { ...attempt, retryDueAt } }];
  }
  const nextBatchDueAt = endedAt + laneWaitMs(lane.abandonedInARow + 1);
  return [{ type: 'BatchAbandoned', data: { ...attempt, nextBatchDueAt } }];
}
