/** The attempts of one process: which requests each of them sends, and what the product must make of the answers. */
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import type { Clock } from '../../../src/runtime/clock.js';
import type { Report } from '../invariants.js';
import { ATTEMPT_DEADLINE_MS } from '../receiver-faults.js';
import type { Arrival } from '../receivers.js';
import type { Known } from './answers.js';

const REQUEST_TIMEOUT = 408;

/** A request of an attempt, from its head on. */
export interface Exchange extends Known {
  /** Its connection carried a request before. */
  isReused: boolean;
  /** The receiver has read the whole request. */
  isRead: boolean;
  /** The sender has a byte of the answer. */
  hasAnswer: boolean;
  /** The receiver ended the connection before the answer was complete. */
  isCut: boolean;
  /** How many connections had been opened when it was cut or answered. */
  opened: number;
}

interface Attempt {
  arrival: Arrival;
  body: Buffer;
  exchanges: Exchange[];
}

export type Attempts = ReturnType<typeof createAttempts>;

export function createAttempts(clock: Clock, report: Report) {
  const attempts = new Map<string, Attempt>();
  /** The delivery ids of attempts whose request has not arrived. */
  const starting = new Set<string>();
  let opened = 0;
  let guardedAt = Number.NaN;
  let isStopped = false;

  return {
    /** Whether the request of an attempt has not arrived: the sender needs turns of the event loop for that, but no time. */
    areStarting: (): boolean => starting.size > 0,

    begin(arrival: Arrival, body: Buffer): void {
      attempts.set(arrival.deliveryId, { arrival, body, exchanges: [] });
      starting.add(arrival.deliveryId);
    },

    /** A connection is being opened. */
    onOpen(): void {
      opened += 1;
    },

    /** The address guard has refused an address. */
    onGuarded(): void {
      guardedAt = clock.now();
    },

    /** The sender stops: from now on, attempts end without an answer. */
    onStop(): void {
      isStopped = true;
    },

    /** The head of a request arrives. @returns null if no attempt with this delivery id is in flight */
    request(deliveryId: string, isReused: boolean): (Attempt & { exchange: Exchange }) | null {
      const attempt = attempts.get(deliveryId);
      if (!attempt) {
        report('log first', `a request of ${deliveryId} arrives, but no attempt of it is in flight`);
        return null;
      }
      const previous = attempt.exchanges.at(-1);
      if (previous && (isReused || attempt.exchanges.length > 1 || !mustRepeat(previous))) {
        report(
          'kept connections',
          `${deliveryId} sends its request again, on ${isReused ? 'a kept' : 'a new'} connection`,
        );
      }
      const nothing = { code: null, retryAfterMs: null, isRead: false, hasAnswer: false, isCut: false };
      const exchange: Exchange = { ...nothing, isReused, opened: 0 };
      attempt.exchanges.push(exchange);
      starting.delete(deliveryId);
      return { ...attempt, exchange };
    },

    /** The sender has the status of an answer, or reads that the receiver ended the connection. */
    settle(exchange: Exchange, ending: Partial<Exchange>): void {
      Object.assign(exchange, ending, { opened });
    },

    /** An attempt ends. @returns what its outcome must be */
    end({ deliveryId, at }: Arrival, { verdict }: Outcome): Known {
      const last = attempts.get(deliveryId)?.exchanges.at(-1);
      attempts.delete(deliveryId);
      starting.delete(deliveryId);
      const now = clock.now();
      if (last && mustRepeat(last) && last.opened === opened && !isStopped && now < at + ATTEMPT_DEADLINE_MS) {
        report('kept connections', `${deliveryId} failed because a kept connection had ended`);
      }
      const known = last ? knownOf(last) : { code: null, retryAfterMs: null };
      const expected = verdictOf(known.code);
      const isGuarded = known.code === null && verdict === 'FINAL' && guardedAt === now;
      if (verdict !== expected && !isGuarded) {
        report(
          'truth',
          `an attempt of ${deliveryId} with the answer ${known.code} is ${verdict} instead of ${expected}`,
        );
      }
      return known;
    },
  };
}

/** Whether the request must be sent again at once: the receiver ended the kept connection, and may not have seen the request. */
function mustRepeat({ isReused, isCut, hasAnswer, code }: Exchange): boolean {
  return isReused && ((isCut && !hasAnswer) || code === REQUEST_TIMEOUT);
}

/** An answer 2xx counts only if the receiver has read the whole request. */
function knownOf(exchange: Exchange): Known {
  const { code, retryAfterMs, isRead } = exchange;
  const isSuccess = code !== null && code < 300;
  return mustRepeat(exchange) || (isSuccess && !isRead) ? { code: null, retryAfterMs: null } : { code, retryAfterMs };
}

/** By the rules of delivery, and without the product's code. */
function verdictOf(code: number | null): Outcome['verdict'] {
  if (code === null || code >= 500 || code === 429) return 'RETRYABLE';
  if (code < 300) return 'DELIVERED';
  if (code === 413) return 'TOO_LARGE';
  return code < 400 || [401, 404, 405, 407, 410].includes(code) ? 'FINAL' : 'REJECTED';
}
