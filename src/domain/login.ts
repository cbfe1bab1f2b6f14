import { z } from 'zod';
import { text, textOfBytes, uuid } from './input.js';

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
const MAX_LOGINS_IN_A_CALL = 1_000;
/** How far the clock of a portal may run ahead of ours. */
const MAX_AHEAD_MS = 5 * 60_000;

/** One login as recorded. Strings the portal did not give are empty. `occurredAt` is in milliseconds since the epoch. */
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

const orEmpty = (value: string | null | undefined) => value ?? '';
const nonEmpty = z.string().min(1, 'must not be empty; leave it out instead');

/** A login as given. What may be missing is still missing in the result. */
export const loginInput = z.object({
  authenticationType: z.enum(authenticationTypes),
  outcome: z.enum(loginOutcomes),
  sourceAddress: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address such as 192.0.2.7 or 2001:db8::7'),
  request: textOfBytes(MAX_REQUEST_BYTES).nullish().transform(orEmpty),
  principalId: text().nullish().transform(orEmpty),
  principalName: text().nullish().transform(orEmpty),
  userAgent: textOfBytes(MAX_USER_AGENT_BYTES).nullish().transform(orEmpty),
  traceId: nonEmpty.pipe(text()).nullish(),
  occurredAt: z
    .date('must be an ISO 8601 time such as 2026-01-31T12:00:00Z')
    .transform((date) => date.getTime())
    .refine((at) => at >= 0, 'must not be before 1970')
    .nullish(),
  idempotencyKey: nonEmpty.pipe(text()).nullish(),
});
export type LoginInput = z.output<typeof loginInput>;

/** A login and its portal. */
export const recordLogin = loginInput.extend({ portalId: uuid });

/** The logins of one call. */
export const recordLogins = z.object({
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

/** Why a login cannot have happened when it says, on a server whose clock says `now` (ms); null if it can. */
export function reasonAgainstTime({ occurredAt }: LoginInput, now: number): string | null {
  if (occurredAt == null || occurredAt <= now + MAX_AHEAD_MS) return null;
  return 'is more than 5 minutes ahead of the server; check the clock';
}

/** The event of a login; `now` (ms) and a new trace id fill what the portal left out. */
export function recorded(input: LoginInput, now: number, newTraceId: () => string): LoginEvent {
  const data: Login = {
    authenticationType: input.authenticationType,
    outcome: input.outcome,
    sourceAddress: input.sourceAddress,
    request: input.request,
    principalId: input.principalId,
    principalName: input.principalName,
    userAgent: input.userAgent,
    traceId: input.traceId ?? newTraceId(),
    occurredAt: input.occurredAt ?? now,
  };
  if (input.idempotencyKey) data.idempotencyKey = input.idempotencyKey;
  return { type: 'LoginRecorded', data };
}

/** Whether `again` repeats `first`: equal in everything that it says itself. */
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
