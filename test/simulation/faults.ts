/** Every way in which a simulated receiver fails, by name. */
import type { Outcome, Phase } from '../../src/domain/lane/attempt.js';
import type { Chance } from './chance.js';

/** What becomes of a request. */
export interface Reply {
  /** Whether the receiver keeps the lines, whatever it says. */
  taken: boolean;
  /** How long until the sender knows, in ms. */
  afterMs: number;
  /** null: no status line. */
  code: number | null;
  /** What the connection came to, where there is no status line. */
  error: string;
  phase: Phase;
  /** Of the header Retry-After, in ms. */
  retryAfterMs: number | null;
  /** The address guard does not let it through. */
  guarded: boolean;
  /** The receiver answers nothing more for so many ms. */
  thenDownMs: number;
}

export interface Request {
  /** Uncompressed. */
  bytes: number;
  /** The numbers of its logins. */
  numbers: readonly number[];
}

type Fault = (chance: Chance, request: Request) => Partial<Reply>;

/** No status line by then is a connection error (30 s). */
const TRY_DEADLINE_MS = 30_000;
/** What a small receiver takes. */
const MAX_LINES = 20;
const MAX_BYTES = 8_000;

export const well: Reply = {
  taken: true,
  afterMs: 0,
  code: 200,
  error: '',
  phase: 'BODY',
  retryAfterMs: null,
  guarded: false,
  thenDownMs: 0,
};

const answers = (code: number, more: Partial<Reply> = {}): Partial<Reply> => ({ taken: false, code, ...more });
const breaks = (error: string, phase: Phase, more: Partial<Reply> = {}): Partial<Reply> => ({
  taken: false,
  code: null,
  error,
  phase,
  ...more,
});
const NOTHING = `no response within ${TRY_DEADLINE_MS / 1_000} s`;

const faults = {
  refused: () => breaks('connection refused (ECONNREFUSED)', 'CONNECT'),
  'name does not resolve': () => breaks('the host name does not resolve (ENOTFOUND)', 'RESOLVE'),
  'certificate expired': () => breaks('the certificate has expired (CERT_HAS_EXPIRED)', 'TLS'),
  'guarded address': () => breaks('the address is not allowed', 'CONNECT', { guarded: true }),
  'reset before taking': () => breaks('connection reset (ECONNRESET)', 'HEADERS'),
  'reset after taking': () => breaks('connection reset (ECONNRESET)', 'HEADERS', { taken: true, afterMs: 40 }),
  'silent before taking': () => breaks(NOTHING, 'HEADERS', { afterMs: TRY_DEADLINE_MS }),
  'silent after taking': () => breaks(NOTHING, 'HEADERS', { afterMs: TRY_DEADLINE_MS, taken: true }),
  slow: (chance) => ({ afterMs: chance.between(100, TRY_DEADLINE_MS - 1) }),
  'slow and then 503': (chance) => answers(503, { afterMs: chance.between(1_000, TRY_DEADLINE_MS - 1) }),
  '500, 502 or 503': (chance) => answers(chance.pick([500, 502, 503])),
  '503 after taking': () => answers(503, { taken: true }),
  '429': () => answers(429),
  '429 with Retry-After': (chance) => answers(429, { retryAfterMs: chance.between(0, 45) * 1_000 }),
  '429 with an absurd Retry-After': (chance) => answers(429, { retryAfterMs: chance.pick([10 ** 12, 10 ** 25]) }),
  '400': () => answers(400),
  '400 for one line': (_, { numbers }) => (numbers.some(isUnwelcome) ? answers(400) : {}),
  '401 or 403': (chance) => answers(chance.pick([401, 403])),
  '302': () => answers(302),
  '413 above some lines': (_, { numbers }) => (numbers.length > MAX_LINES ? answers(413) : {}),
  '413 above some bytes': (_, { bytes }) => (bytes > MAX_BYTES ? answers(413) : {}),
  '413 for one line': (_, { numbers }) => (numbers.some(isTooLong) ? answers(413) : {}),
  'accepts and then dies': (chance) => ({ thenDownMs: chance.between(1_000, 60_000) }),
} satisfies Record<string, Fault>;

/** What a receiver is like for good, until someone changes it. */
export const traits: readonly FaultName[] = [
  '400 for one line',
  '413 above some lines',
  '413 above some bytes',
  '413 for one line',
];

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

/** Whether a receiver takes the login of this number for too long, */
const isTooLong = (number: number): boolean => number % 41 === 7;
/** or for none of its business. */
const isUnwelcome = (number: number): boolean => number % 7 === 3;

export function replyOf(name: FaultName, chance: Chance, request: Request): Reply {
  const fault: Fault = faults[name];
  return { ...well, ...fault(chance, request) };
}

/** What the sender makes of a reply, by the rules of delivery and none of the product's code. */
export function outcomeOf(reply: Reply, attemptedAt: number, durationMs: number): Outcome {
  const { code, error, phase, retryAfterMs, guarded } = reply;
  const ok = code !== null && code >= 200 && code < 300;
  const again = code === null ? !guarded : code >= 500 || code === 429;
  return {
    verdict: ok ? 'DELIVERED' : again ? 'RETRYABLE' : code === 413 ? 'TOO_LARGE' : 'FINAL',
    responseCode: code,
    message: code === null ? error : `answer ${code}`,
    phase,
    responseExcerpt: null,
    retryAfterMs,
    attemptedAt,
    durationMs,
  };
}
