import { z } from 'zod';
import { type Limit, MISSING, NO_TIME, NULL, optionalEnum, optionalTime, reasonAgainstText, uuid } from './input.js';

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

const MAX_USER_AGENT_BYTES = 2_048;
const MAX_REQUEST_BYTES = 8_192;
export const MAX_LOGINS_IN_A_CALL = 1_000;
/** How far the clock of a portal may be ahead of the server's clock. */
const MAX_AHEAD_MS = 5 * 60_000;

/** One recorded login. A string that the portal did not send is empty. `occurredAt` is in ms since the epoch. */
export interface Login {
  authenticationType: AuthenticationType;
  outcome: LoginOutcome;
  sourceAddress: string;
  request: string;
  principalId: string;
  principalName: string;
  userAgent: string;
  traceId: string;
  occurredAt: number;
  idempotencyKey?: string;
}

export type LoginEvent = { type: 'LoginRecorded'; data: Login };

/** A login before validation: the fields can have any type. */
export interface GivenLogin {
  authenticationType: unknown;
  outcome: unknown;
  sourceAddress: unknown;
  request?: unknown;
  principalId?: unknown;
  principalName?: unknown;
  userAgent?: unknown;
  traceId?: unknown;
  occurredAt?: unknown;
  idempotencyKey?: unknown;
}

/** A validated login, without the values that the server fills in. `occurredAt` is in ms. */
export interface LoginInput extends Omit<Login, 'traceId' | 'occurredAt' | 'idempotencyKey'> {
  traceId?: string | null;
  occurredAt?: number | null;
  idempotencyKey?: string | null;
}

type Refuse = (field: keyof GivenLogin, reason: string) => void;

/**
 * Reads a login and reports every invalid field. It is not a zod schema, because it runs for each login and a schema takes as long
 * as the write to disk.
 */
function readLogin(given: GivenLogin, refuse: Refuse): LoginInput {
  return {
    authenticationType: oneOf(authenticationTypes, 'authenticationType', given, refuse),
    outcome: oneOf(loginOutcomes, 'outcome', given, refuse),
    sourceAddress: address('sourceAddress', given, refuse),
    request: optional('request', given, refuse, { bytes: MAX_REQUEST_BYTES }) ?? '',
    principalId: optional('principalId', given, refuse) ?? '',
    principalName: optional('principalName', given, refuse) ?? '',
    userAgent: optional('userAgent', given, refuse, { bytes: MAX_USER_AGENT_BYTES }) ?? '',
    traceId: nonEmpty('traceId', given, refuse),
    occurredAt: time('occurredAt', given, refuse),
    idempotencyKey: nonEmpty('idempotencyKey', given, refuse),
  };
}

function oneOf<T extends string>(values: readonly T[], field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): T {
  const value = given[field];
  if (!values.includes(value as T)) {
    refuse(field, value === undefined ? MISSING : value === null ? NULL : `must be one of ${values.join(', ')}`);
  }
  return value as T;
}

const ipv6 = z.ipv6();

function address(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): string {
  const value = given[field];
  if (typeof value === 'string' && (z.regexes.ipv4.test(value) || ipv6.safeParse(value).success)) return value;
  if (value == null) refuse(field, value === null ? NULL : MISSING);
  else refuse(field, 'must be an IPv4 or IPv6 address such as 192.0.2.7 or 2001:db8::7');
  return '';
}

function optional(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse, limit?: Limit): string | null {
  const value = given[field];
  if (value == null) return null;
  if (typeof value !== 'string') {
    refuse(field, 'must be a string');
    return null;
  }
  const text = value.toWellFormed();
  const reason = reasonAgainstText(text, limit);
  if (reason !== null) refuse(field, reason);
  return text;
}

function nonEmpty(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): string | null {
  const value = optional(field, given, refuse);
  if (value === '') refuse(field, 'must not be empty; leave it out instead');
  return value;
}

function time(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): number | null {
  const value = given[field];
  if (value == null) return null;
  const at = value instanceof Date ? value.getTime() : Number.NaN;
  if (Number.isNaN(at)) refuse(field, NO_TIME);
  if (at < 0) refuse(field, 'must not be before 1970');
  return at;
}

/** A schema for `parse`: one login. */
export const loginInput = z.custom<GivenLogin>().transform((given, context) => readInto(context, given));

/** A schema for `parse`: one login and its portal. */
export const recordLoginInput = z.looseObject({ portalId: uuid }).transform(({ portalId, ...given }, context) => ({
  portalId,
  login: readInto(context, given as unknown as GivenLogin),
}));

function readInto(context: z.RefinementCtx, given: GivenLogin): LoginInput {
  return readLogin(given, (field, message) => context.addIssue({ code: 'custom', path: [field], message }));
}

/** A schema for `parse`: the logins of one call. */
export const recordLoginsInput = z.object({
  portalId: uuid,
  logins: z
    .array(loginInput)
    .min(1, 'must hold at least one login')
    .max(MAX_LOGINS_IN_A_CALL, `must hold at most ${MAX_LOGINS_IN_A_CALL} logins; split the call`)
    .superRefine((logins, context) => {
      const seen = new Set<string>();
      for (const [index, { idempotencyKey: key }] of logins.entries()) {
        if (key == null) continue;
        const message = 'is used twice in this call';
        if (seen.has(key)) context.addIssue({ code: 'custom', path: [index, 'idempotencyKey'], message });
        seen.add(key);
      }
    }),
});

/** A schema for `parse`: which logins to list. `from` and `to` (ms) are inclusive. */
export const loginFilter = z.object({
  from: optionalTime,
  to: optionalTime,
  outcome: optionalEnum(loginOutcomes),
  authenticationType: optionalEnum(authenticationTypes),
});

/** Why the time of a login is refused; null if it is plausible. @param now the server's clock, in ms */
export function reasonAgainstTime({ occurredAt }: LoginInput, now: number): string | null {
  if (occurredAt == null || occurredAt <= now + MAX_AHEAD_MS) return null;
  return 'is more than 5 minutes ahead of the server; check the clock';
}

/** The event of a login. `now` (ms) and `traceId` replace values that the portal left out. */
export function recorded(input: LoginInput, now: number, traceId: string): LoginEvent {
  const data: Login = {
    authenticationType: input.authenticationType,
    outcome: input.outcome,
    sourceAddress: input.sourceAddress,
    request: input.request,
    principalId: input.principalId,
    principalName: input.principalName,
    userAgent: input.userAgent,
    traceId: input.traceId ?? traceId,
    occurredAt: input.occurredAt ?? now,
  };
  if (input.idempotencyKey) data.idempotencyKey = input.idempotencyKey;
  return { type: 'LoginRecorded', data };
}

/** Whether `again` repeats `first`: every value that `again` gives is equal. */
export function isSameLogin(first: Login, again: LoginInput): boolean {
  return (
    first.authenticationType === again.authenticationType &&
    first.outcome === again.outcome &&
    first.sourceAddress === again.sourceAddress &&
    first.request === again.request &&
    first.principalId === again.principalId &&
    first.principalName === again.principalName &&
    first.userAgent === again.userAgent &&
    (again.traceId == null || first.traceId === again.traceId) &&
    (again.occurredAt == null || first.occurredAt === again.occurredAt)
  );
}
