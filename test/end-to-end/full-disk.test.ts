import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mayMount, refusedWrites, type SmallDisk, smallFileSystem } from '../support/crash/full-disk.js';
import { untilNothingPends } from '../support/crash/load.js';
import { examine } from '../support/crash/tables.js';
import { LACKS_STRACE } from '../support/crash/trace.js';
import { requestsIn } from '../support/engine/portal.js';
import { aLogin, dataOf, mutate } from '../support/graphql/calls.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

const REFUSALS = 20;
const CYCLES = 3;
const TIMEOUT_MS = 60_000;

const STATUS = `query ($id: ID!) { portal(id: $id) { webhook { status { pending deliveredTotal undeliveredTotal } } } }`;
const LOGINS = `query ($id: ID!) { logins(portalId: $id, first: 100) { edges { node { request } } } }`;

describe.each([
  { disk: 'a file system of a few MB', skip: !mayMount(), make: smallFileSystem },
  { disk: 'a disk that strace makes full', skip: LACKS_STRACE, make: refusedWrites },
])('a server on $disk', ({ skip, make }) => {
  it.skipIf(skip)(
    'refuses logins while the disk is full, still answers queries, and continues by itself',
    () => fillAndFree(make()),
    TIMEOUT_MS,
  );
});

async function fillAndFree(disk: SmallDisk): Promise<void> {
  const receiver = await startReceiver();
  const server = await startThreaded(disk.directory);
  const pid = server.child.pid ?? 0;
  const { portalId } = await connectPortal(server, receiver);
  const acknowledged: string[] = [];
  let refused = 0;
  let made = 0;
  const record = async () => {
    made += 1;
    const request = `/${made}`;
    const result = await mutate(server, 'recordLogins', { portalId, logins: [aLogin({ request })] });
    if (result.__typename === 'RecordLoginsSuccess') {
      acknowledged.push(request);
      return true;
    }
    refused += 1;
    const message = expect.stringContaining('The disk of the server is full: nothing was recorded.');
    expect(result).toMatchObject({ __typename: 'Unavailable', code: 'UNAVAILABLE', message });
    return false;
  };
  const status = async () => {
    const { portal } = await dataOf<{ portal: { webhook: { status: object } } }>(server, STATUS, { id: portalId });
    return portal.webhook.status;
  };
  const listed = async () => {
    const { logins } = await dataOf<{ logins: { edges: { node: { request: string } }[] } }>(server, LOGINS, {
      id: portalId,
    });
    return logins.edges.map(({ node }) => node.request).reverse();
  };

  const health = async () => (await fetch(`${server.origin}/health`)).status;

  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    // A batch is in flight when the disk becomes full.
    let release = () => {};
    receiver.answers((...request) => {
      release = () => answer(200)(...request);
    });
    const { length } = receiver.received;
    const delivered = acknowledged.length;
    expect(await record()).toBe(true);
    await receiver.until(({ received }) => received.length > length);
    await disk.fill(pid);
    receiver.answers(answer(200));
    release();
    await receiver.until(({ accepted }) => accepted.length > delivered);
    for (let count = 0; count < REFUSALS; count += 1) expect(await record()).toBe(false);

    // The result of the batch is not recorded yet, all acknowledged logins can be read, and nothing more is sent.
    expect(await status()).toMatchObject({ pending: 1, deliveredTotal: delivered, undeliveredTotal: 0 });
    expect(await listed()).toEqual(acknowledged);
    expect(await health()).toBe(503);
    expect(receiver.received).toHaveLength(length + 1);

    await disk.free();
    // The server records the result of the batch without a call from outside.
    await untilNothingPends(server.client, portalId);
    expect(await health()).toBe(200);
    expect(await record()).toBe(true);
    await receiver.until(({ accepted }) => accepted.length >= acknowledged.length);
  }

  await untilNothingPends(server.client, portalId);
  expect(await status()).toMatchObject({ pending: 0, deliveredTotal: acknowledged.length, undeliveredTotal: 0 });
  expect(await listed()).toEqual(acknowledged);
  // Each login was sent once, in order: a batch whose result could not be recorded is not sent again.
  expect(requestsIn(receiver.received.flatMap(({ lines }) => lines))).toEqual(acknowledged);
  process.stdout.write(`${CYCLES} times full: ${acknowledged.length} acknowledged, ${refused} refused, 0 lost\n`);
  server.client.close();
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  await receiver.down();
  const { kept, rebuilt } = examine(join(disk.directory, 'data'));
  expect(rebuilt).toEqual(kept);
}
