export const authenticationTypes = [
  'INVALID',
  'BASIC',
  'SSO',
  'PAT',
  'SPAT',
  'GOOGLE',
  'GITHUB',
  'WINDOWSLIVE',
  'FEDERATED',
] as const;
export type AuthenticationType = (typeof authenticationTypes)[number];

export const loginOutcomes = [
  'SUCCESS',
  'NOT_FOUND',
  'INVALID_PASSWORD',
  'TOKEN_EXPIRED',
  'LOCKED',
  'DISABLED',
  'INVALID',
] as const;
export type LoginOutcome = (typeof loginOutcomes)[number];

/** How far the clock of a portal may be ahead of the server's clock. */
const MAX_AHEAD_MS = 5 * 60_000;

/** The fields that hold only the start of a longer text, see `cutFields`. */
export type CuttableField =
  | 'request'
  | 'principalId'
  | 'principalName'
  | 'userAgent'
  | 'clientTraceId'
  | 'givenSourceAddress';

/** The fields whose given value is compared when a login is sent again. */
const givenTexts = ['sourceAddress', 'request', 'principalId', 'principalName', 'userAgent', 'clientTraceId'] as const;
export type GivenText = (typeof givenTexts)[number];

/** One recorded login. A text that the portal did not send is empty. Times are in ms since the epoch. */
export interface Login {
  authenticationType: AuthenticationType;
  outcome: LoginOutcome;
  /** In canonical form (RFC 5952); null if the portal gave no single address. */
  sourceAddress: string | null;
  /** What the portal gave, if it is no single address. */
  givenSourceAddress?: string;
  request: string;
  principalId: string;
  principalName: string;
  userAgent: string;
  /** Made by the server, so unique: a visitor can choose the trace id that a portal passes. */
  traceId: string;
  /** The trace id that the portal passed. */
  clientTraceId?: string;
  occurredAt: number;
  /** The time that the portal gave, if it was too far ahead to be true. */
  givenOccurredAt?: number;
  idempotencyKey?: string;
  cutFields?: readonly CuttableField[];
  /** Of a login with an idempotency key: hashes of the given texts that are not stored as they were given. */
  givenHashes?: Readonly<Partial<Record<GivenText, string>>>;
}

export type LoginEvent = { type: 'LoginRecorded'; data: Login };

/** A login as it was read from the input, without the values that the server fills in. `occurredAt` is in ms, as given. */
export interface LoginInput extends Omit<Login, 'traceId' | 'occurredAt' | 'givenOccurredAt'> {
  occurredAt?: number;
}

/** The event of a login that is recorded at `now` (ms). */
export function recorded(input: LoginInput, now: number, traceId: string): LoginEvent {
  const { occurredAt = now } = input;
  const isAhead = occurredAt > now + MAX_AHEAD_MS;
  const data: Login = {
    authenticationType: input.authenticationType,
    outcome: input.outcome,
    sourceAddress: input.sourceAddress,
    request: input.request,
    principalId: input.principalId,
    principalName: input.principalName,
    userAgent: input.userAgent,
    traceId,
    occurredAt: isAhead ? now : occurredAt,
  };
  if (input.idempotencyKey !== undefined) data.idempotencyKey = input.idempotencyKey;
  if (input.clientTraceId !== undefined) data.clientTraceId = input.clientTraceId;
  if (input.givenSourceAddress !== undefined) data.givenSourceAddress = input.givenSourceAddress;
  if (isAhead) data.givenOccurredAt = occurredAt;
  if (input.cutFields) data.cutFields = input.cutFields;
  if (input.givenHashes) data.givenHashes = input.givenHashes;
  return { type: 'LoginRecorded', data };
}

/**
 * Whether `again` repeats `first`: every value is the same as it was given then. Time and trace id may be left out. Both logins
 * have an idempotency key, so both have hashes of the texts that were changed.
 */
export function isSameLogin(first: Login, again: LoginInput): boolean {
  return (
    first.authenticationType === again.authenticationType &&
    first.outcome === again.outcome &&
    givenTexts.every(
      (field) =>
        (field === 'clientTraceId' && again.clientTraceId === undefined) ||
        (first[field] === again[field] && first.givenHashes?.[field] === again.givenHashes?.[field]),
    ) &&
    (again.occurredAt === undefined || (first.givenOccurredAt ?? first.occurredAt) === again.occurredAt)
  );
}
