/** The faults of the simulated receivers, by name. */
import { AddressRefused } from '../../src/delivery/egress/address-guard.js';
import type { Phase } from '../../src/domain/lane/attempt.js';
import type { Chance } from './chance.js';

/** How a receiver reacts to a request. */
export interface Reply {
  /** Whether the receiver stores the lines, whatever it answers. */
  accepts: boolean;
  /** The time from the request to the answer, in ms; for an early answer, until it does what `early` says. */
  afterMs: number;
  /** The status, or what the receiver does instead. `cut off`: it resets the connection within the status line. */
  answer: number | 'reset' | 'close' | 'cut off' | 'none';
  /** It answers before it has read the lines, and then reads them, resets the connection, or reads nothing. */
  early: 'reads' | 'resets' | 'reads nothing' | null;
  /** The header Retry-After, in ms. */
  retryAfterMs: number | null;
  /** The receiver refuses all connections for so many ms. */
  thenDownMs: number;
}

/** Why there is no connection, and in which phase. */
interface NoConnection {
  phase: Phase;
  error: Error;
}

export interface Request {
  /** Before compression. */
  bytes: number;
  /** The numbers of its logins. */
  numbers: readonly number[];
}

type Fault = (chance: Chance, request: Request) => Partial<Reply>;

/** An attempt that has no answer by then is a connection error. */
export const ATTEMPT_DEADLINE_MS = 30_000;
/** The limits of a small receiver. */
const MAX_LINES = 20;
const MAX_BYTES = 8_000;

export const accepted: Reply = {
  accepts: true,
  afterMs: 0,
  answer: 200,
  early: null,
  retryAfterMs: null,
  thenDownMs: 0,
};

const answers = (answer: Reply['answer'], more: Partial<Reply> = {}): Partial<Reply> => ({
  accepts: false,
  answer,
  ...more,
});
const failing = (phase: Phase, code: string) => (): NoConnection => ({
  phase,
  error: Object.assign(new Error(code), { code }),
});

/** Faults of the connection: it cannot be opened, and one that is open is reset at the next request. */
const connectionFaults = {
  refused: failing('CONNECT', 'ECONNREFUSED'),
  'name does not resolve': failing('RESOLVE', 'ENOTFOUND'),
  'certificate expired': failing('TLS', 'CERT_HAS_EXPIRED'),
  'guarded address': () => ({ phase: 'CONNECT', error: new AddressRefused('the address is not allowed') }),
} satisfies Record<string, () => NoConnection>;

const faults = {
  'reset before the lines are stored': () => answers('reset'),
  'reset after the lines are stored': () => answers('reset', { accepts: true, afterMs: 40 }),
  'reset within the answer': (chance) => answers('cut off', { accepts: chance.happens(0.5), afterMs: 40 }),
  'no answer, lines not stored': () => answers('none'),
  'no answer, lines stored': () => answers('none', { accepts: true }),
  slow: (chance) => ({ afterMs: chance.between(100, ATTEMPT_DEADLINE_MS - 1) }),
  'slow 503': (chance) => answers(503, { afterMs: chance.between(1_000, ATTEMPT_DEADLINE_MS - 1) }),
  '500, 502 or 503': (chance) => answers(chance.pick([500, 502, 503])),
  '503 after the lines are stored': () => answers(503, { accepts: true }),
  '503 before the lines are read': () => answers(503, { early: 'reads nothing' }),
  '200 before the lines are read, then a reset': (chance) =>
    answers(200, { early: 'resets', afterMs: chance.between(0, 5_000) }),
  '200 before the lines are read, then nothing': () => answers(200, { early: 'reads nothing' }),
  '200 before the lines are read': (chance) => ({
    early: 'reads',
    afterMs: chance.between(0, ATTEMPT_DEADLINE_MS - 1),
  }),
  '429': () => answers(429),
  '429 with Retry-After': (chance) => answers(429, { retryAfterMs: chance.between(0, 45) * 1_000 }),
  '429 with a Retry-After of years': (chance) => answers(429, { retryAfterMs: chance.pick([10 ** 12, 10 ** 25]) }),
  '400': () => answers(400),
  '400 for one line': (_, { numbers }) => (numbers.some(isRejected) ? answers(400) : {}),
  '422 for several lines': (_, { numbers }) => (numbers.some(isOneOfSeveral) ? answers(422) : {}),
  '403 for many neighbours': (_, { numbers }) => (numbers.some(isOneOfMany) ? answers(403) : {}),
  '401 or 403': (chance) => answers(chance.pick([401, 403])),
  '302': () => answers(302),
  '413 for many lines': (_, { numbers }) => (numbers.length > MAX_LINES ? answers(413) : {}),
  '413 for many lines, before they are read': (_, { numbers }) =>
    numbers.length > MAX_LINES ? answers(413, { early: 'resets' }) : {},
  '413 for many bytes': (_, { bytes }) => (bytes > MAX_BYTES ? answers(413) : {}),
  '413 for one line': (_, { numbers }) => (numbers.some(isTooLong) ? answers(413) : {}),
  'accepts and then goes down': (chance) => ({ thenDownMs: chance.between(1_000, 60_000) }),
} satisfies Record<string, Fault>;

/** Faults of a receiver that last, because they are its configuration. */
export const lastingFaults: readonly FaultName[] = [
  '400 for one line',
  '422 for several lines',
  '403 for many neighbours',
  '413 for many lines',
  '413 for many lines, before they are read',
  '413 for many bytes',
  '413 for one line',
];

type ConnectionFaultName = keyof typeof connectionFaults;
export type FaultName = ConnectionFaultName | keyof typeof faults;
export const faultNames = [...Object.keys(connectionFaults), ...Object.keys(faults)] as FaultName[];

export const isOfConnection = (name: FaultName): name is ConnectionFaultName => Object.hasOwn(connectionFaults, name);

/** Whether a receiver finds the line of this login too long, */
const isTooLong = (number: number): boolean => number % 41 === 7;
/** or rejects its content: of few lines that are far apart, or of several, some of them next to each other. */
const isRejected = (number: number): boolean => number % 23 === 3;
const isOneOfSeveral = (number: number): boolean => [2, 3, 7, 11].includes(number % 13);
/** So many neighbours look as if the receiver rejected everything since the one before them. */
const isOneOfMany = (number: number): boolean => number % 70 >= 45;

export const noConnectionOf = (name: ConnectionFaultName): NoConnection => connectionFaults[name]();

/** A connection fault resets the connection of the request. */
export function replyOf(name: FaultName, chance: Chance, request: Request): Reply {
  if (isOfConnection(name)) return { ...accepted, accepts: false, answer: 'reset' };
  const fault: Fault = faults[name];
  return { ...accepted, ...fault(chance, request) };
}
