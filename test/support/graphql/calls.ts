/** GraphQL over real HTTP without the typed client of the product, which does not return every part of an answer. */
import { expect } from 'vitest';
import type { TestApp } from '../server/app.js';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: { data?: Record<string, unknown> | null; errors?: GraphQLErrorLike[] };
}

interface GraphQLErrorLike {
  message: string;
  path?: (string | number)[];
  extensions?: Record<string, unknown>;
}

export interface Result {
  __typename: string;
  code?: string;
  message?: string;
  fields?: { field: string; reason: string }[];
}

type Caller = Pick<TestApp, 'url' | 'token'>;
type Variables = Record<string, unknown>;

/** POSTs an operation and returns the answer, whatever its status is. */
export async function post(
  { url, token }: Caller,
  query: string,
  variables: Variables = {},
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<HttpAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
}

/** The data of an operation that must succeed. */
export async function dataOf<T>(caller: Caller, query: string, variables: Variables = {}): Promise<T> {
  const { body } = await post(caller, query, variables);
  expect(body.errors).toBeUndefined();
  return body.data as T;
}

/** The selected fields of each mutation, besides those of a refusal. */
const successFields = {
  registerPortal: 'portal { id name registeredAt retiredAt }',
  renamePortal: 'portal { id name }',
  retirePortal: 'portal { id retiredAt webhook { enabled status { state } } }',
  createDestination: destinationFields(),
  updateDestination: destinationFields(),
  deleteDestination: 'id',
  testDestination: 'delivered attemptedAt durationMs phase responseCode message responseExcerpt',
  createWebhook: 'webhook { id: webhookId name portalId enabled destination { id } status { state } }',
  renameWebhook: 'webhook { id: webhookId name }',
  configureWebhook: 'webhook { id: webhookId name enabled configuredAt destination { id } status { enabled state } }',
  redeliver: `ranges { ${rangeFields()} }`,
  discardUndelivered: `ranges { ${rangeFields()} }`,
  requestReplay: `replayJob { ${replayJobFields()} }`,
  cancelReplay: `replayJob { ${replayJobFields()} }`,
  removeWebhook: 'webhook { enabled configuredAt destination { id } status { enabled state } }',
  recordLogin: `login { ${loginFields()} }`,
  recordLogins: `logins { ${loginFields()} }`,
};
export type MutationName = keyof typeof successFields;

function destinationFields(): string {
  return `destination {
    id name endpoint hasAuthorization authorizationChangedAt logFormat skipTlsVerification caCertificate
    clientCertificate hasClientKey warnings maxInFlight linesPerSecond createdAt updatedAt
  }`;
}

export function rangeFields(): string {
  return `id portalId webhookId throughWebhookId state reason loginCount firstRecordedAt lastRecordedAt abandonedAt lastResponseCode lastResponseMessage
    lastResponseExcerpt attempts
    recoveries discardedAt discardedBy discardedReason`;
}

export function replayJobFields(): string {
  return 'id status startAt endAt scope total sent rejected rejectedLogins { position } message requestedAt updatedAt';
}

function loginFields(): string {
  return `position portalId authenticationType outcome sourceAddress givenSourceAddress request principalId principalName userAgent
    traceId clientTraceId idempotencyKey occurredAt givenOccurredAt cutFields recordedAt`;
}

export function mutationOf(name: MutationName): string {
  const type = name.charAt(0).toUpperCase() + name.slice(1);
  return `mutation ($input: ${type}Input!) {
    ${name}(input: $input) {
      __typename
      ... on ${type}Success { ${successFields[name]} }
      ... on Refusal { code message fields { field reason } }
    }
  }`;
}

/** The result of a mutation, a success or a refusal. */
export async function mutate<T = Result>(caller: Caller, name: MutationName, input: Variables): Promise<T & Result> {
  const data = await dataOf<Record<string, T & Result>>(caller, mutationOf(name), { input });
  return data[name] as T & Result;
}

/** The position of the last event. */
export async function headOf(caller: Caller): Promise<string> {
  const { viewer } = await dataOf<{ viewer: { position: string } }>(caller, '{ viewer { position } }');
  return viewer.position;
}

/** Expects that a mutation is refused with these fields and appends no event. */
export async function expectRefusal(
  caller: Caller,
  name: MutationName,
  input: Variables,
  expected: { __typename: string; code: string; message?: unknown; fields?: unknown[] },
): Promise<void> {
  const head = await headOf(caller);
  const result = await mutate(caller, name, input);
  // Every refusal of a call names the field that it is about.
  const fields = expected.code === 'UNAVAILABLE' ? [] : [{ field: expect.any(String), reason: expect.any(String) }];
  expect(result).toMatchObject({ message: expect.stringMatching(/./), fields, ...expected });
  expect(await headOf(caller)).toBe(head);
}

/** Expects that a mutation is refused with INVALID_INPUT for one field, and with this reason. */
export async function expectInvalid(
  caller: Caller,
  name: MutationName,
  input: Variables,
  field: string,
  reason: string | RegExp,
): Promise<void> {
  const fields = [{ field, reason: expect.stringMatching(reason) }];
  const message = expect.stringMatching(reason);
  await expectRefusal(caller, name, input, { __typename: 'InvalidInput', code: 'INVALID_INPUT', message, fields });
}

export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

export async function registerPortal(caller: Caller, name = 'Portal'): Promise<string> {
  const { portal } = await mutate<{ portal: { id: string } }>(caller, 'registerPortal', { name });
  return portal.id;
}

export async function createDestination(caller: Caller, input: Variables = {}): Promise<string> {
  const given = { name: 'SIEM', endpoint: 'https://127.0.0.1:444/collector', ...input };
  const { destination } = await mutate<{ destination: { id: string } }>(caller, 'createDestination', given);
  return destination.id;
}

export function aLogin(given: Variables = {}): Variables {
  return { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7', ...given };
}
