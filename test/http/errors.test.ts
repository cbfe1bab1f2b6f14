import { describe, expect, it, vi } from 'vitest';
import { answerOf, dataOf, registerPortal } from '../support/graphql/calls.js';
import { rawConnection } from '../support/graphql/raw.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();

const QUERY = JSON.stringify({ query: '{ viewer { tokenName } }' });
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

interface Expected {
  status: number;
  code: string;
  message?: RegExp;
  headers?: Record<string, string>;
}

/** Every error has this form, at every address. */
function expectError(
  { status, text, headers }: { status: number; text: string; headers: Headers },
  expected: Expected,
) {
  const { code, message = /./ } = expected;
  expect(status).toBe(expected.status);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  const error = { message: expect.stringMatching(message), extensions: { code } };
  expect(JSON.parse(text)).toMatchObject({ errors: [error] });
  expect(text).not.toMatch(/\bat .*\.[jt]s|node_modules|<html/);
  for (const [name, value] of Object.entries(expected.headers ?? {})) expect(headers.get(name)).toBe(value);
}

const send = async (path: string, init: RequestInit) => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${app().token}`);
  return answerOf(await fetch(app().origin + path, { ...init, headers }));
};

const postOf = (body: BodyInit, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { ...JSON_HEADERS, ...headers },
});

const mutation = JSON.stringify({ query: 'mutation { registerPortal(input: { name: "X" }) { __typename } }' });

const notJson = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: /Content-Type: application\/json/ };
const unreadable = { status: 400, code: 'BAD_REQUEST' };
const unresolved = { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' };

describe('the answer to a request over HTTP is an error in JSON that says what to do', () => {
  it.each<[string, string, RequestInit, Expected]>([
    ['an unknown address', '/other', {}, { status: 404, code: 'NOT_FOUND', message: /\/graphql/ }],
    ['POST to an unknown address', '/other', { method: 'POST' }, { status: 404, code: 'NOT_FOUND' }],
    [
      'another method than GET',
      '/health',
      { method: 'POST' },
      { status: 405, code: 'METHOD_NOT_ALLOWED', headers: { allow: 'GET, HEAD' } },
    ],
    [
      'another method than GET and POST',
      '/graphql',
      { method: 'PUT', body: QUERY },
      { status: 405, code: 'METHOD_NOT_ALLOWED', headers: { allow: 'GET, POST' } },
    ],
    ['no Content-Type', '/graphql', { method: 'POST', body: new Blob([QUERY]) }, notJson],
    ['a text', '/graphql', { method: 'POST', body: QUERY }, notJson],
    ['a form', '/graphql', { method: 'POST', body: new URLSearchParams({ query: '{ __typename }' }) }, notJson],
    ['another charset', '/graphql', postOf(QUERY, { 'content-type': 'application/json; charset=utf-16' }), notJson],
    ['a malformed Content-Type', '/graphql', postOf(QUERY, { 'content-type': 'json' }), notJson],
    [
      'a compressed body',
      '/graphql',
      postOf(QUERY, { 'content-encoding': 'gzip' }),
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: /without compression/ },
    ],
    [
      'an Accept that allows no format',
      '/graphql',
      postOf(QUERY, { accept: 'text/html, image/*' }),
      { status: 406, code: 'NOT_ACCEPTABLE', message: /application\/json/ },
    ],
    ['a body that is not complete', '/graphql', postOf('{"query":'), unreadable],
    ['an empty body', '/graphql', postOf(''), unreadable],
    ['null', '/graphql', postOf('null'), unreadable],
    ['a number', '/graphql', postOf('5'), unreadable],
    ['several operations', '/graphql', postOf(`[${QUERY}]`), unreadable],
    ['no operation', '/graphql', postOf('{}'), unreadable],
    ['no operation by GET', '/graphql', { headers: JSON_HEADERS }, unreadable],
    ['an operation that is a number', '/graphql', postOf('{"query":5}'), unreadable],
    ['variables that are a string', '/graphql', postOf('{"query":"{ __typename }","variables":"x"}'), unreadable],
    ['variables by GET that are not JSON', '/graphql?query={a}&variables={', { headers: JSON_HEADERS }, unreadable],
    [
      'an unknown operationName',
      '/graphql',
      postOf('{"query":"query A { a: __typename }","operationName":"B"}'),
      unresolved,
    ],
    ['two operations without a name', '/graphql', postOf('{"query":"query A { a } query B { b }"}'), unresolved],
  ])('%s', async (_, path, init, expected) => {
    expectError(await send(path, init), expected);
  });

  it.each([
    ['a syntax error', '{ viewer { ', 'GRAPHQL_PARSE_FAILED'],
    ['a syntax error in a secret', '{ a(b: "s3cret }', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ unknown }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s, with 400, but 200 for clients that accept only application/json', async (_, query, code) => {
    const answers = [
      { accept: 'application/json', status: 200 },
      { accept: 'application/graphql-response+json', status: 400 },
    ];
    for (const { accept, status } of answers) {
      const answer = await send('/graphql', postOf(JSON.stringify({ query }), { accept }));
      expect(answer.status).toBe(status);
      expect(answer.body.errors).toMatchObject([{ extensions: { code } }]);
      expect(answer.text).not.toContain('s3cret');
    }
  });

  it.each([
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'BAD_REQUEST', /Host/],
    ['a malformed Host', 'GET /health HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'BAD_REQUEST', /Host/],
    ['no HTTP', 'hello\r\n\r\n', 400, 'BAD_REQUEST', /HTTP\/1.1/],
    ['too large headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE', /shorter/],
    ['an expectation', 'GET /health HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n', 417, 'EXPECTATION_FAILED', /Expect/],
    [
      'a wrong Upgrade',
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      400,
      'BAD_REQUEST',
      /Upgrade/,
    ],
    [
      'a WebSocket elsewhere',
      'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      404,
      'NOT_FOUND',
      /\/graphql/,
    ],
    [
      'a WebSocket from a page of another site',
      'GET /graphql HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      403,
      'FORBIDDEN',
      /another site.*Host/,
    ],
  ])('%s', async (_, request, status, code, message) => {
    const connection = rawConnection(app().origin);
    connection.write(request);

    const [head = '', text = ''] = (await connection.closed).split('\r\n\r\n');

    const headers = new Headers(
      head
        .split('\r\n')
        .slice(1)
        .map((line): [string, string] => [line.replace(/:.*/, ''), line.replace(/^[^:]*: */, '')]),
    );
    expectError(
      { status: Number(head.split(' ')[1]), text: text.replace(/^\w+\r\n|\r\n0$/g, ''), headers },
      { status, code, message },
    );
  });
});

describe('a request is refused before it has an effect:', () => {
  it('a mutation whose answer the client does not accept', async () => {
    const before = await dataOf(app(), '{ portals { edges { cursor } } }');

    expect((await send('/graphql', postOf(mutation, { accept: 'image/png' }))).status).toBe(406);

    expect(await dataOf(app(), '{ portals { edges { cursor } } }')).toEqual(before);
  });

  it('a subscription without an event stream', async () => {
    const id = await registerPortal(app());
    const { tail } = app().app.services;
    const before = tail.subscriptions();
    const query = `subscription { loginRecorded(portalId: "${id}") { position } }`;

    const answer = await send('/graphql', postOf(JSON.stringify({ query })));

    expectError(answer, { status: 406, code: 'NOT_ACCEPTABLE', message: /text\/event-stream/ });
    await vi.waitUntil(() => tail.subscriptions() === before);
  });
});

it('the media type of a body is compared without case, and may have a charset', async () => {
  for (const type of ['Application/JSON', 'application/json ; charset=UTF-8', 'application/json;charset="utf-8"']) {
    expect((await send('/graphql', postOf(QUERY, { 'content-type': type }))).status).toBe(200);
  }
});

it.each([
  ['two operations', { query: 'query A { __typename } query B { __typename }' }, 'Send operationName'],
  ['a batch', [{ query: '{ __typename }' }], 'Send one operation in each request.'],
  ['variables as text', { query: '{ __typename }', variables: 'x' }, 'Send variables as a JSON object'],
])('a call with %s is told what to do', async (_, given, remedy) => {
  const { body } = await send('/graphql', postOf(JSON.stringify(given)));
  expect(body).toMatchObject({ errors: [{ message: expect.stringContaining(remedy) }] });
});

describe('a client with persisted queries', () => {
  const persisted = {
    persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38' },
  };
  // What Apollo Server 4 answers: the client then sends the operation, and no more hashes.
  const notSupported = {
    errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
  };

  it('is told by POST and GET to send the operation', async () => {
    const search = `?extensions=${encodeURIComponent(JSON.stringify(persisted))}`;
    const answers = [
      await send('/graphql', postOf(JSON.stringify({ operationName: 'A', extensions: persisted }))),
      await send(`/graphql${search}`, { headers: JSON_HEADERS }),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([200, notSupported]);
  });

  it.each(['documentId', 'id', 'doc_id'])('is told so if it sends %s', async (name) => {
    const answers = [
      await send('/graphql', postOf(JSON.stringify({ [name]: 'abc', variables: {} }))),
      await send(`/graphql?${name}=abc`, { headers: JSON_HEADERS }),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([200, notSupported]);
  });

  it('may send the hash beside the operation', async () => {
    const { body } = await send('/graphql', postOf(JSON.stringify({ query: '{ __typename }', extensions: persisted })));

    expect(body).toEqual({ data: { __typename: 'Query' } });
  });
});
