/** The faults of the simulated receivers, by name. */
import type { Outcome, Phase } from '../../src/domain/lane/attempt.js';
import type { Chance } from './chance.js';

/** How a receiver reacts to a request. */
export interface Reply {
  /** Whether the receiver stores the lines, whatever it answers. */
  accepts: boolean;
  /** The time until the sender has the answer, in ms. */
  afterMs: number;
  /** null: no status line. */
  code: number | null;
  /** The error of the connection if there is no status line. */
  error: string;
  phase: Phase;
  /** The header Retry-After, in ms. */
  retryAfterMs: number | null;
  /** The address guard refuses the address. */
  guarded: boolean;
  /** The receiver refuses all connections for so many ms. */
  thenDownMs: number;
}

export interface Request {
  /** Before compression. */
  bytes: number;
  /** The numbers of its logins. */
  numbers: readonly number[];
}

type Fault = (chance: Chance, request: Request) => Partial<Reply>;

/** An attempt without a status line by then is a connection error. */
const ATTEMPT_DEADLINE_MS = 30_000;
/** The limits of a small receiver. */
const MAX_LINES = 20;
const MAX_BYTES = 8_000;

export const accepted: Reply = {
  accepts: true,
  afterMs: 0,
  code: 200,
  error: '',
  phase: 'BODY',
  retryAfterMs: null,
  guarded: false,
  thenDownMs: 0,
};

const answers = (code: number, more: Partial<Reply> = {}): Partial<Reply> => ({ accepts: false, code, ...more });
const breaks = (error: string, phase: Phase, more: Partial<Reply> = {}): Partial<Reply> => ({
  accepts: false,
  code: null,
  error,
  phase,
  ...more,
});
const NO_RESPONSE = `no response within ${ATTEMPT_DEADLINE_MS / 1_000} s`;

const faults = {
  refused: () => breaks('connection refused (ECONNREFUSED)', 'CONNECT'),
  'name does not resolve': () => breaks('the host name does not resolve (ENOTFOUND)', 'RESOLVE'),
  'certificate expired': () => breaks('the certificate has expired (CERT_HAS_EXPIRED)', 'TLS'),
  'guarded address': () => breaks('the address is not allowed', 'CONNECT', { guarded: true }),
  'reset before the lines are stored': () => breaks('connection reset (ECONNRESET)', 'HEADERS'),
  'reset after the lines are stored': () =>
    breaks('connection reset (ECONNRESET)', 'HEADERS', { accepts: true, afterMs: 40 }),
  'no answer, lines not stored': () => breaks(NO_RESPONSE, 'HEADERS', { afterMs: ATTEMPT_DEADLINE_MS }),
  'no answer, lines stored': () => breaks(NO_RESPONSE, 'HEADERS', { afterMs: ATTEMPT_DEADLINE_MS, accepts: true }),
  slow: (chance) => ({ afterMs: chance.between(100, ATTEMPT_DEADLINE_MS - 1) }),
  'slow 503': (chance) => answers(503, { afterMs: chance.between(1_000, ATTEMPT_DEADLINE_MS - 1) }),
  '500, 502 or 503': (chance) => answers(chance.pick([500, 502, 503])),
  '503 after the lines are stored': () => answers(503, { accepts: true }),
  '429': () => answers(429),
  '429 with Retry-After': (chance) => answers(429, { retryAfterMs: chance.between(0, 45) * 1_000 }),
  '429 with a Retry-After of years': (chance) => answers(429, { retryAfterMs: chance.pick([10 ** 12, 10 ** 25]) }),
  '400': () => answers(400),
  '400 for one line': (_, { numbers }) => (numbers.some(isRejected) ? answers(400) : {}),
  '422 for several lines': (_, { numbers }) => (numbers.some(isOneOfSeveral) ? answers(422) : {}),
  '401 or 403': (chance) => answers(chance.pick([401, 403])),
  '302': () => answers(302),
  '413 for many lines': (_, { numbers }) => (numbers.length > MAX_LINES ? answers(413) : {}),
  '413 for many bytes': (_, { bytes }) => (bytes > MAX_BYTES ? answers(413) : {}),
  '413 for one line': (_, { numbers }) => (numbers.some(isTooLong) ? answers(413) : {}),
  'accepts and then goes down': (chance) => ({ thenDownMs: chance.between(1_000, 60_000) }),
} satisfies Record<string, Fault>;

/** Faults of a receiver that last, because they are its configuration. */
export const lastingFaults: readonly FaultName[] = [
  '400 for one line',
  '422 for several lines',
  '413 for many lines',
  '413 for many bytes',
  '413 for one line',
];

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

/** Whether a receiver finds the line of this login too long, */
const isTooLong = (number: number): boolean => number % 41 === 7;
/** or rejects its content: of few lines that are far apart, or of several, some of them next to each other. */
const isRejected = (number: number): boolean => number % 23 === 3;
const isOneOfSeveral = (number: number): boolean => [2, 3, 7, 11].includes(number % 13);

export function replyOf(name: FaultName, chance: Chance, request: Request): Reply {
  const fault: Fault = faults[name];
  return { ...accepted, ...fault(chance, request) };
}

/** The outcome of a reply, by the rules of delivery and without the product's code. */
export function outcomeOf(reply: Reply, attemptedAt: number, durationMs: number): Outcome {
  const { code, error, phase, retryAfterMs, guarded } = reply;
  const ok = code !== null && code >= 200 && code < 300;
  const isRetryable = code === null ? !guarded : code >= 500 || code === 429;
  return {
    verdict: ok ? 'DELIVERED' : isRetryable ? 'RETRYABLE' : finalVerdictOf(code),
    responseCode: code,
    message: code === null ? error : `answer ${code}`,
    phase,
    responseExcerpt: null,
    retryAfterMs,
    attemptedAt,
    durationMs,
  };
}

function finalVerdictOf(code: number | null): Outcome['verdict'] {
  if (code === 413) return 'TOO_LARGE';
  return code === null || code < 400 || [401, 404, 405, 407, 410].includes(code) ? 'FINAL' : 'REJECTED';
}
