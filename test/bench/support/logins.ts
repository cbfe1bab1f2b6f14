import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { RecordLoginInput } from '../../../src/client/generated/graphql.js';
import { type Endpoint, requestOf } from './connection.js';
import type { Calls } from './load.js';

/** A login as a portal sends it, without the portal and the time. About 400 bytes of JSON. */
export type Login = NonNullableFields<Omit<RecordLoginInput, 'portalId' | 'occurredAt'>>;
type NonNullableFields<T> = { [Field in keyof T]-?: NonNullable<T[Field]> };

const USER_AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:134.0) Gecko/20100101 Firefox/134.0',
];
const TYPES = ['BASIC', 'SSO', 'PAT', 'GITHUB'] as const;
const OUTCOMES = ['SUCCESS', 'SUCCESS', 'SUCCESS', 'INVALID_PASSWORD'] as const;

let made = 0;

/** A login that differs from every other. */
export function makeLogin(): Login {
  made += 1;
  const principal = randomInt(100_000);
  return {
    authenticationType: TYPES[made % TYPES.length] ?? 'BASIC',
    outcome: OUTCOMES[made % OUTCOMES.length] ?? 'SUCCESS',
    sourceAddress: `198.51.100.${made % 256}`,
    request: `/portal/login?return=%2Fapis%2F${made}`,
    principalId: `user-${principal}`,
    principalName: `person.${principal}@example.com`,
    userAgent: USER_AGENTS[made % USER_AGENTS.length] ?? '',
    traceId: randomBytes(16).toString('hex'),
    idempotencyKey: timeOrderedUuid(),
  };
}

let lastMs = 0;
let sequence = 0;

/** A UUIDv7 with a counter after the milliseconds (RFC 9562, section 6.2, method 1), as libraries make them. */
function timeOrderedUuid(): string {
  const ms = Math.max(Date.now(), lastMs);
  sequence = ms === lastMs ? sequence + 1 : 0;
  lastMs = sequence > 0xfff ? ms + 1 : ms;
  if (lastMs > ms) sequence = 0;
  const time = lastMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`;
}

const RECORD_LOGIN = `mutation RecordLogin($input: RecordLoginInput!) {
  recordLogin(input: $input) { __typename ... on RecordLoginSuccess { login { position traceId } } ... on Refusal { message } }
}`;
const NOOP_LOGIN = `mutation NoopLogin($input: RecordLoginInput!) {
  noopLogin(input: $input)
}`;
const RECORD_LOGINS = `mutation RecordLogins($input: RecordLoginsInput!) {
  recordLogins(input: $input) { __typename ... on RecordLoginsSuccess { logins { position traceId } } ... on Refusal { message } }
}`;
const NOOP_LOGINS = `mutation NoopLogins($input: RecordLoginsInput!) {
  noopLogins(input: $input)
}`;

const NOOP_DONE = 'true}}';

function single(endpoint: Endpoint, portalId: string, logins: readonly Login[], query: string): Buffer[] {
  return logins.map((login) => requestOf(endpoint, query, { input: { portalId, ...login } }));
}

/** Calls that record one login each. */
export function recordLoginCalls(endpoint: Endpoint, portalId: string, logins: readonly Login[]): Calls {
  return { requests: single(endpoint, portalId, logins, RECORD_LOGIN), success: '"RecordLoginSuccess"' };
}

/** The trace id in the answer to one recorded login. */
export function traceIdIn(answer: Buffer): string {
  return /"traceId":"(\w+)"/.exec(answer.toString())?.[1] ?? 'none';
}

/** Calls with the same input that do nothing. */
export function noopLoginCalls(endpoint: Endpoint, portalId: string, logins: readonly Login[]): Calls {
  return { requests: single(endpoint, portalId, logins, NOOP_LOGIN), success: NOOP_DONE };
}

function bulk(endpoint: Endpoint, portalId: string, calls: number, size: number, query: string): Buffer[] {
  return Array.from({ length: calls }, () =>
    requestOf(endpoint, query, { input: { portalId, logins: makeLogins(size) } }),
  );
}

/** Calls that record `size` logins each. */
export function recordLoginsCalls(endpoint: Endpoint, portalId: string, calls: number, size: number): Calls {
  return { requests: bulk(endpoint, portalId, calls, size, RECORD_LOGINS), success: '"RecordLoginsSuccess"' };
}

export function noopLoginsCalls(endpoint: Endpoint, portalId: string, calls: number, size: number): Calls {
  return { requests: bulk(endpoint, portalId, calls, size, NOOP_LOGINS), success: NOOP_DONE };
}

export function makeLogins(count: number): Login[] {
  return Array.from({ length: count }, makeLogin);
}
