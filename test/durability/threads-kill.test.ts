import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Client, createClient } from '../../src/client/client.js';
import { createLoad, loginsOf, registerPortals, untilNothingPends } from '../support/crash/load.js';
import { sift } from '../support/crash/repeats.js';
import { examine } from '../support/crash/tables.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

const ROUNDS = Number(process.env['AUDITWIRE_TEST_CRASH_ROUNDS'] ?? 8);
const PORTALS = 3;
const CONNECTIONS = 32;
/** The server is killed after at most so many more batches. */
const MAX_BATCHES = 12;
const TIMEOUT_MS = 30_000 + ROUNDS * 10_000;

it(
  'a server with threads that is killed many times loses no login, and repeats only batches that were in flight',
  async () => {
    const directory = temporaryDirectory();
    const receiver = await startReceiver();
    const first = await startThreaded(directory);
    const { token } = first;
    const portalIds = await registerPortals(first.client, receiver, PORTALS);
    const load = createLoad(portalIds, token);
    first.child.kill('SIGKILL');
    await first.ended;

    /** How many batches had arrived when each process ended. */
    const ends: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startThreaded(directory, { token });
      const broken = load.untilBroken(server, CONNECTIONS, () => {});
      const until = receiver.received.length + randomInt(1, MAX_BATCHES);
      await receiver.until(({ received }) => received.length >= until);
      // A random number of turns, so that the kill hits the threads at any point.
      for (let turns = randomInt(0, 50); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      server.child.kill('SIGKILL');
      await Promise.all([broken, server.ended]);
      ends.push(receiver.received.length);
    }

    const last = await startThreaded(directory, { token });
    await load.settle(last);
    const recorded = await loginsByPortal(createClient(last.url, token), portalIds);
    for (const portalId of portalIds) await untilNothingPends(last.client, portalId);
    last.client.close();
    last.child.kill('SIGTERM');
    expect(await last.ended).toBe(0);
    await receiver.down();

    const acknowledged = load.sent.flatMap((login) => (login.acknowledged ? [login.acknowledged] : []));
    expect(acknowledged).toHaveLength(load.sent.length);
    const logins = [...recorded.values()].flat();
    const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;
    expect(logins.sort(byPosition)).toEqual(acknowledged.sort(byPosition));

    const { firsts, repeats } = sift(receiver.received);
    for (const [portalId, expected] of recorded) {
      expect(firsts.get(portalId)).toEqual(expected.map(({ traceId }) => traceId));
    }
    for (const repeat of repeats) expect(repeat).toMatchObject({ isPreviousBatch: true });
    // A batch is repeated only if a process ended in between: at most once for each portal and process.
    expect(repeats.length).toBeLessThanOrEqual(ends.length * PORTALS);
    for (const [index, batch] of receiver.received.entries()) {
      const before = receiver.received
        .slice(0, index)
        .findLastIndex(({ deliveryId }) => deliveryId === batch.deliveryId);
      if (before >= 0) expect(ends.filter((end) => before < end && end <= index)).not.toEqual([]);
    }

    const tables = examine(join(directory, 'data'));
    expect(tables.events.map(({ position }) => position)).toEqual(tables.events.map((_, index) => index + 1));
    expect(tables.rebuilt).toEqual(tables.kept);
    process.stdout.write(
      `${ROUNDS} kills; ${load.sent.length} logins, ${load.sent.filter(({ attempts }) => attempts > 1).length} of them sent again, ${repeats.length} batches twice\n`,
    );
  },
  TIMEOUT_MS,
);

async function loginsByPortal(client: Client, portalIds: readonly string[]) {
  const pages = await Promise.all(portalIds.map((portalId) => loginsOf(client, portalId)));
  return new Map(portalIds.map((portalId, index) => [portalId, pages[index] ?? []]));
}
