import { describe, expect, it } from 'vitest';
import { aLogin, answerOf, dataOf, mutationOf, post, registerPortal } from '../support/graphql/calls.js';
import { rawConnection, rawRequest } from '../support/graphql/raw.js';
import { startApp } from '../support/server/app.js';

const MIB = 1024 * 1024;
const VIEWER = '{ viewer { tokenName } }';

/** A body of this number of bytes: the operation, then spaces. */
const bodyOf = (bytes: number) => JSON.stringify({ query: VIEWER }).padEnd(bytes);

describe('paths', () => {
  it.each(['/other', '/graphql/', '/graphql2', '/health/x', '/..%2fgraphql', '//', '//['])(
    '%s answers 404',
    async (path) => {
      const test = await startApp();

      const answer = await rawRequest(test.origin, [`GET ${path} HTTP/1.1`, 'Accept: application/json']);

      expect(answer).toMatch(/^HTTP\/1.1 404 /);
      expect(answer).toMatch(/content-type: application\/json/i);
    },
  );

  it('/ redirects to GraphiQL', async () => {
    const test = await startApp();

    const response = await fetch(test.origin, { redirect: 'manual' });

    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/graphql');
  });
});

describe('bodies', () => {
  it('of 16 MiB are read', async () => {
    const test = await startApp();

    const { status, body } = await answerOf(await send(test, bodyOf(16 * MIB)));

    expect(status).toBe(200);
    expect(body).toEqual({ data: { viewer: { tokenName: 'admin' } } });
  });

  it('of one byte more are refused with 413, and the client can read the answer', async () => {
    const test = await startApp();

    const { status, body } = await answerOf(await send(test, bodyOf(16 * MIB + 1)));

    expect(status).toBe(413);
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining('16777216'), extensions: { code: 'BODY_TOO_LARGE' } },
    ]);
  });

  it('of many megabytes with a wrong token are refused with 401, and the client can read the answer', async () => {
    const test = await startApp();

    const { status } = await answerOf(await send({ ...test, token: 'aw_wrong' }, bodyOf(12 * MIB)));

    expect(status).toBe(401);
  });

  it('without a length are refused with 411', async () => {
    const test = await startApp();

    const answer = await rawRequest(
      test.origin,
      ['POST /graphql HTTP/1.1', `Authorization: Bearer ${test.token}`, 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    );

    expect(answer).toMatch(/^HTTP\/1.1 411 /);
  });

  it('that are not JSON are answered with an error that has a code', async () => {
    const test = await startApp();

    const { status, body } = await answerOf(await send(test, '{"query":'));

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ message: expect.any(String), extensions: { code: expect.any(String) } }]);
  });

  it('can hold 1,000 logins of maximum length', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);
    const login = aLogin({
      request: '/'.padEnd(8_192, 'x'),
      userAgent: 'x'.repeat(2_048),
      principalId: '🔐'.repeat(256),
      principalName: '🔐'.repeat(256),
    });
    const logins = Array.from({ length: 1_000 }, () => login);

    const { body } = await post(test, mutationOf('recordLogins'), { input: { portalId, logins } });

    expect(body.errors).toBeUndefined();
    expect(body.data).toMatchObject({ recordLogins: { __typename: 'RecordLoginsSuccess' } });
  });
});

describe('the server', () => {
  it('sends no CORS headers, not even to a preflight', async () => {
    const test = await startApp();
    const authorization = `Bearer ${test.token}`;
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST', authorization };

    const answers = [
      await fetch(test.url, { method: 'OPTIONS', headers: preflight }),
      await send(test, bodyOf(64), { origin: 'https://evil.example' }),
      await fetch(`${test.origin}/health`, { headers: { origin: 'https://evil.example' } }),
    ];

    for (const { headers } of answers) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('refuses a mutation by GET and changes nothing', async () => {
    const test = await startApp();
    const query = encodeURIComponent('mutation { registerPortal(input: { name: "X" }) { __typename } }');
    const authorization = `Bearer ${test.token}`;

    const response = await fetch(`${test.url}?query=${query}`, {
      headers: { authorization, accept: 'application/json' },
    });

    expect(response.status).toBe(405);
    expect(await dataOf(test, '{ portals { edges { node { id } } } }')).toEqual({ portals: { edges: [] } });
  });

  it('refuses several operations in one body', async () => {
    const test = await startApp();

    const { status, body } = await answerOf(await send(test, JSON.stringify([{ query: VIEWER }, { query: VIEWER }])));

    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
  });
});

describe('the server continues to run', () => {
  it('after a request to open a WebSocket at an invalid path', async () => {
    const test = await startApp();

    const answer = await rawRequest(test.origin, upgrade('//'));

    expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
    expect((await fetch(`${test.origin}/health`)).status).toBe(200);
  }, 5_000);

  it('after a client whose WebSocket was refused resets the connection', async () => {
    const test = await startApp();
    const connection = rawConnection(test.origin);
    connection.write(`${upgrade('/other').join('\r\n')}\r\nHost: localhost\r\n\r\n`);
    await connection.received(/^HTTP\/1.1 404 /);

    connection.socket.resetAndDestroy();
    await connection.closed;

    for (let call = 0; call < 10; call += 1) expect((await fetch(`${test.origin}/health`)).status).toBe(200);
  });
});

function upgrade(path: string): string[] {
  return [
    `GET ${path} HTTP/1.1`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
}

function send({ url, token }: { url: string; token: string }, body: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${token}`;
  const accept = 'application/json';
  return fetch(url, {
    method: 'POST',
    body,
    headers: { authorization, accept, 'content-type': 'application/json', ...headers },
  });
}
