import { describe, expect, it, vi } from 'vitest';
import { registerPortal, UNKNOWN_ID } from '../../support/graphql/calls.js';
import { openAuthorizedSocket, openSocket, refusedUpgrade } from '../../support/graphql/socket.js';
import { startApp } from '../../support/server/app.js';

const LOGINS = 'subscription ($id: ID!, $after: String) { loginRecorded(portalId: $id, after: $after) { position } }';
const VIEWER = '{ viewer { tokenName } }';

function errorOf(id: string, code: unknown) {
  return { type: 'error', id, payload: [{ message: expect.any(String), extensions: { code } }] };
}

describe('a new WebSocket', () => {
  it.each([
    ['without a token', undefined, /needs a token/],
    ['with a wrong token', { Authorization: 'Bearer aw_wrong' }, /unknown/],
    ['with a token without a scheme', { Authorization: 'aw_wrong' }, /cannot be read/],
    ['with a token that is not a string', { Authorization: { token: 'aw_wrong' } }, /cannot be read/],
  ])('is closed %s, and the reason says why', async (_, payload, expected) => {
    const test = await startApp();
    const socket = await openSocket(test);

    socket.send({ type: 'connection_init', ...(payload && { payload }) });

    const { code, reason } = await socket.closed;
    expect([4401, 4403]).toContain(code);
    expect(reason).toMatch(expected);
  });

  it('is closed if the client subscribes before it sends its token', async () => {
    const test = await startApp();
    const socket = await openSocket(test);

    socket.subscribe('1', VIEWER);

    expect(await socket.closed).toMatchObject({ code: 4401 });
  });

  it('accepts the token in the connection parameters, with "authorization" and "bearer" in upper or lower case', async () => {
    const test = await startApp();
    const socket = await openSocket(test);

    socket.send({ type: 'connection_init', payload: { authorization: `bEARER ${test.token}` } });

    expect(await socket.next()).toMatchObject({ type: 'connection_ack' });
  });

  it('is refused to a page of another site, and accepted from a page of this server and from programs', async () => {
    const test = await startApp();

    expect(await refusedUpgrade(test.url, { origin: 'https://evil.example' })).toBe(403);
    expect(await refusedUpgrade(test.url, { origin: 'null' })).toBe(403);
    expect(await refusedUpgrade(test.url, { origin: 'http://127.0.0.1:1' })).toBe(403);
    await openSocket(test, { origin: test.origin });
  });

  it('is accepted only at /graphql', async () => {
    const test = await startApp();

    expect(await refusedUpgrade(`${test.origin}/other`)).toBe(404);
  });
});

describe('a WebSocket', () => {
  it('answers queries and mutations, too', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', VIEWER);

    expect(await socket.next()).toEqual({
      type: 'next',
      id: '1',
      payload: { data: { viewer: { tokenName: 'admin' } } },
    });
    expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
  });

  it.each([
    ['a syntax error', '{ viewer { '],
    ['an unknown field', '{ unknown }'],
    ['no operation', 'fragment F on Viewer { tokenName }'],
    ['two operations without a name to choose', 'query A { viewer { tokenName } } query B { viewer { tokenName } }'],
  ])('answers %s with an error of that operation, and stays open', async (_, query) => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', query);
    const answer = await socket.next();
    socket.subscribe('2', VIEWER);

    expect(answer).toMatchObject({ type: 'error', id: '1', payload: [{ message: expect.any(String) }] });
    expect(await socket.next()).toMatchObject({ type: 'next', id: '2' });
  });

  it('gives every error of an operation a code', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', '{ viewer { ');

    expect(await socket.next()).toMatchObject(errorOf('1', expect.any(String)));
  });

  it.each(['-1', 'x', '', '1e9', '999999999', '1.5'])(
    'refuses to subscribe after %j, which is not a position',
    async (after) => {
      const test = await startApp();
      const id = await registerPortal(test);
      const socket = await openAuthorizedSocket(test);

      socket.subscribe('1', LOGINS, { id, after });

      const { type, payload } = await socket.next();
      const [error] = [type === 'error' ? payload : (payload as { errors: unknown }).errors].flat();
      const fields = [{ field: 'after', reason: expect.any(String) }];
      expect(error).toMatchObject({ path: ['loginRecorded'], extensions: { code: 'INVALID_INPUT', fields } });
    },
  );

  it.each([
    ['loginRecorded', 'position'],
    ['deliveryAttempted', 'position'],
    ['webhookStatusChanged', 'position'],
  ])('refuses %s of an unknown portal, and of a malformed id', async (field, selection) => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);
    const query = `subscription ($id: ID!) { ${field}(portalId: $id) { ${selection} } }`;

    socket.subscribe('1', query, { id: UNKNOWN_ID });
    const unknown = await socket.next();
    socket.subscribe('2', query, { id: 'x' });
    const malformed = [await socket.next(), await socket.next()].find(({ id }) => id === '2');

    expect(JSON.stringify(unknown)).toContain('"code":"NOT_FOUND"');
    expect(JSON.stringify(malformed)).toContain('"code":"INVALID_INPUT"');
  });

  it('closes on a message of more than 64 KiB', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', `{ viewer { tokenName } } #${'x'.repeat(65_536)}`);

    expect(await socket.closed).toMatchObject({ code: 1009 });
  });

  it.each([
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } },
    { documentId: 'abc' },
    { id: 'abc' },
  ])('tells a client with persisted queries that they are not supported, and stays open: %j', async (payload) => {
    const socket = await openAuthorizedSocket(await startApp());
    socket.send({ type: 'subscribe', id: '1', payload });
    const error = { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } };
    expect(await socket.next()).toEqual({ type: 'error', id: '1', payload: [error] });
    socket.subscribe('2', '{ __typename }');
    expect(await socket.next()).toMatchObject({ type: 'next', id: '2' });
  });

  it('closes on a message that is not of the protocol', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.send('hello');

    expect(await socket.closed).toMatchObject({ code: 4400 });
  });
});

describe('the operations of a WebSocket', () => {
  it('are limited to 100 at a time, even if all arrive at once', async () => {
    const test = await startApp();
    const id = await registerPortal(test);
    const socket = await openAuthorizedSocket(test);

    for (let operation = 1; operation <= 101; operation += 1) socket.subscribe(String(operation), LOGINS, { id });

    expect(await socket.next()).toMatchObject(errorOf('101', 'TOO_MANY_OPERATIONS'));
  }, 5_000);

  it('no longer count when they are completed', async () => {
    const test = await startApp();
    const id = await registerPortal(test);
    const socket = await openAuthorizedSocket(test);
    const before = test.app.services.tail.subscriptions();
    for (let operation = 1; operation <= 100; operation += 1) socket.subscribe(String(operation), LOGINS, { id });
    await vi.waitUntil(() => test.app.services.tail.subscriptions() === before + 100);

    socket.send({ type: 'complete', id: '7' });
    socket.subscribe('again', VIEWER);

    expect(await socket.next()).toMatchObject({ type: 'next', id: 'again' });
  });

  it('no longer count when they fail', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);
    const failing = [
      '{ viewer { ',
      '{ unknown }',
      'fragment F on Viewer { tokenName }',
      'query A { viewer { tokenName } } query B { viewer { tokenName } }',
    ];

    for (let operation = 0; operation < 404; operation += 1) {
      socket.subscribe(`failing-${operation}`, failing[operation % failing.length] ?? '');
      expect(await socket.next()).toMatchObject({ type: 'error', id: `failing-${operation}` });
    }
    socket.subscribe('good', VIEWER);

    expect(await socket.next()).toMatchObject({ type: 'next', id: 'good' });
  });
});
