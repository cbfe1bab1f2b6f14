import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/demo/verify.js';
import { numbered, requestsIn } from '../support/engine/portal.js';
import { aLogin, headOf, mutate, mutationOf, post, registerPortal } from '../support/graphql/calls.js';
import { subscribe, transports } from '../support/graphql/live.js';
import { filesWith } from '../support/log/grep.js';
import { answer, type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, temporaryDirectory } from '../support/server/app.js';
import { startThreaded, type Threaded } from '../support/server/threaded.js';

let receiver: Receiver;
let directory: string;
let server: Threaded;

beforeAll(async () => {
  receiver = await startReceiver();
  return () => receiver.down();
});

beforeEach(async () => {
  receiver.received.length = 0;
  receiver.accepted.length = 0;
  receiver.answers(answer(200));
  directory = temporaryDirectory();
  server = await startThreaded(directory);
});

const connect = () => connectPortal(server, receiver);
const record = (portalId: string, requests: string[]) =>
  mutate(server, 'recordLogins', { portalId, logins: requests.map((request) => aLogin({ request })) });

describe('a server with threads', () => {
  it('delivers in order, with signatures that verify', async () => {
    const { portalId } = await connect();
    const requests = numbered(2_400);
    for (let at = 0; at < requests.length; at += 600) await record(portalId, requests.slice(at, at + 600));
    await receiver.until(({ accepted }) => accepted.length >= requests.length);

    expect(requestsIn(receiver.accepted)).toEqual(requests);
    const verify = createVerifier(`${server.origin}/audit-log-webhook/jwks.json`);
    const verified = await Promise.all(receiver.accepted.map(verify));
    expect(verified).toEqual(receiver.accepted.map(() => true));
    const [line = ''] = receiver.accepted;
    expect(await verify(line.replace('/1 ', '/2 '))).toBe(false);
  });

  it('continues in order after an abandoned delivery', async () => {
    const { portalId } = await connect();
    receiver.answers(answer(400));
    await record(portalId, ['/bad']);
    await receiver.until(({ received }) => received.length === 1);
    receiver.answers(answer(200));
    await record(portalId, numbered(3));
    await receiver.until(({ accepted }) => accepted.length === 4);
    const arrived = requestsIn(receiver.accepted);
    // The abandoned login arrives later, in a recovery between the others.
    expect(arrived.filter((request) => request !== '/bad')).toEqual(numbered(3));
    expect(arrived.slice(1)).toContain('/bad');
  });

  it('uses changed settings for every batch after the one in flight', async () => {
    const { portalId, destinationId } = await connect();
    let release = () => {};
    receiver.answers((...request) => {
      release = () => answer(200)(...request);
    });
    await record(portalId, numbered(1_000));
    await record(portalId, numbered(1_000, 1_001));
    await receiver.until(({ received }) => received.length === 1);
    await mutate(server, 'updateDestination', { id: destinationId, logFormat: 'JSON', authorization: 'Splunk new' });
    receiver.answers(answer(200));
    release();
    await receiver.until(({ accepted }) => requestsIn(accepted).includes('/2000'));
    const [, ...later] = receiver.received;
    expect(later.map(({ headers }) => headers.authorization)).toEqual(later.map(() => 'Splunk new'));
    expect(later.flatMap(({ lines }) => lines).filter((line) => !line.startsWith('{'))).toEqual([]);
    // The batch in flight was delivered, or its logins are sent again with the new settings.
    expect([...new Set(requestsIn(receiver.accepted))]).toEqual(numbered(2_000));
  });
});

describe('a refusal from the writer thread', () => {
  it('keeps its code', async () => {
    const input = { name: 'SIEM', endpoint: 'https://127.0.0.1:444/' };
    await mutate(server, 'createDestination', input);
    expect(await mutate(server, 'createDestination', input)).toMatchObject({
      __typename: 'Conflict',
      code: 'NAME_TAKEN',
      message: expect.stringContaining('SIEM'),
      fields: [{ field: 'name', reason: 'is taken by another destination' }],
    });
  });

  it('keeps its fields', async () => {
    const portalId = await registerPortal(server);
    const logins = ['a', 'b'].map((idempotencyKey) => aLogin({ idempotencyKey }));
    await mutate(server, 'recordLogins', { portalId, logins });
    const head = await headOf(server);
    const again = logins.map((login, index) => ({ ...login, request: index ? '/other' : '' }));
    const reason = expect.stringContaining('was used for a login with other content');
    expect(await mutate(server, 'recordLogins', { portalId, logins: again })).toMatchObject({
      __typename: 'Conflict',
      code: 'IDEMPOTENCY_KEY_REUSED',
      fields: [{ field: 'logins[1].idempotencyKey', reason }],
    });
    expect(await headOf(server)).toBe(head);
  });
});

it('the data key of a deleted destination is soon in no file of the data directory', async () => {
  const { portalId, destinationId } = await connect();
  const data = join(directory, 'data');
  const database = new Database(join(data, 'auditwire.db'), { readonly: true });
  const owner = `destination-${destinationId}`;
  const key = database.prepare('SELECT wrapped FROM keys WHERE owner = ?').pluck().get(owner) as Buffer;
  database.close();
  expect(filesWith(data, key)).not.toEqual([]);
  await mutate(server, 'removeWebhook', { portalId });
  await mutate(server, 'deleteDestination', { id: destinationId });
  await expect.poll(() => filesWith(data, key), { timeout: 5_000 }).toEqual([]);
});

describe('a bug in the writer thread', () => {
  it('is in the server log with its own message', async () => {
    const database = new Database(join(directory, 'data', 'auditwire.db'));
    database.exec("CREATE TRIGGER bug BEFORE INSERT ON portals BEGIN SELECT RAISE(ABORT, 'row 7 of /var/lib'); END");
    database.close();
    await post(server, mutationOf('registerPortal'), { input: { name: 'Portal' } });
    while (!server.complained().includes('a call failed')) await new Promise((resolve) => setImmediate(resolve));
    expect(server.complained()).toContain('row 7 of /var/lib');
  });

  it('is masked in the answer, leaves no event, and does not affect later calls', async () => {
    const database = new Database(join(directory, 'data', 'auditwire.db'));
    database.exec("CREATE TRIGGER bug BEFORE INSERT ON portals BEGIN SELECT RAISE(ABORT, 'row 7 of /var/lib'); END");
    const head = await headOf(server);
    const calls = [1, 2].map(() => post(server, mutationOf('registerPortal'), { input: { name: 'Portal' } }));
    for (const { text, body } of await Promise.all(calls)) {
      expect(body.errors).toMatchObject([{ message: 'Unexpected error.', extensions: { code: 'INTERNAL' } }]);
      expect(text).not.toContain('row 7');
    }
    expect(await headOf(server)).toBe(head);

    database.exec('DROP TRIGGER bug');
    database.close();
    expect(await registerPortal(server)).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('a subscription', () => {
  interface Status {
    status: { pending: number; deliveredTotal: number };
  }
  const STATUS = `subscription ($portalId: ID!) { webhookStatusChanged(portalId: $portalId) {
    status { pending deliveredTotal } } }`;

  it.each(transports)('gets what other threads recorded, over %s', async (transport) => {
    const { portalId } = await connect();
    const live = subscribe<Status>(transport, server, STATUS, { portalId });
    expect(await live.next()).toMatchObject({ status: { pending: 0, deliveredTotal: 0 } });
    await record(portalId, numbered(7));
    const seen = await live.until(({ status }) => status.deliveredTotal === 7);
    expect(seen.at(-1)).toMatchObject({ status: { pending: 0 } });
  });
});

describe('SIGTERM', () => {
  it('waits for the batch in flight and records its result, and the next start continues after it', async () => {
    const { portalId } = await connect();
    let release = () => {};
    receiver.answers((...request) => {
      release = () => answer(200)(...request);
    });
    await record(portalId, ['/1', '/2']);
    await receiver.until(({ received }) => received.length === 1);
    const head = Number(await headOf(server));
    server.child.kill('SIGTERM');
    // The server logs the signal before it begins to stop.
    while (!server.complained().includes('SIGTERM')) await new Promise((resolve) => setImmediate(resolve));
    release();
    expect(await server.ended).toBe(0);
    expect(requestsIn(receiver.accepted)).toEqual(['/1', '/2']);

    receiver.answers(answer(200));
    const { token } = server;
    server = await startThreaded(directory, { token });
    // The result of the batch and the health of the destination are in the event log.
    expect(server.head).toBe(head + 2);
    await record(portalId, ['/3']);
    await receiver.until(({ accepted }) => accepted.length === 3);
    expect(requestsIn(receiver.accepted)).toEqual(['/1', '/2', '/3']);
  });
});
