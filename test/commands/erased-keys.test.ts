/** The wrapped data key of a deleted destination is in no file of the data directory. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openWriter } from '../../db/open.js';
import { type createHandlers, eventCount } from '../../src/commands/handlers.js';
import { openLog as openLogWithCommands } from '../../src/commands/open-log.js';
import { createDestination } from '../../src/delivery/kinds/input.js';
import { commitHere, createQueue } from '../../src/log/queue.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { seededRandom } from '../support/clock/random.js';
import { copyDatabase } from '../support/log/faults.js';
import { CAUSE, openLog, turn } from '../support/log/fixture.js';
import { filesWith } from '../support/log/grep.js';
import { temporaryDirectory } from '../support/server/app.js';

/** Commands with a log on real files, and a clock that only the test advances. */
function openCommands() {
  const clock = new FakeClock();
  const random = seededRandom('erased keys');
  const masterKey = random(32);
  const fixture = openLog(undefined, (connection) =>
    openLogWithCommands({ connection, masterKey, random, now: () => clock.now() }),
  );
  const { sqlite, directory } = fixture;
  const queue = createQueue<ReturnType<typeof createHandlers>>({
    commit: commitHere(fixture.commit, (error) => {
      throw error;
    }),
    groupsInFlight: 1,
    eventCount,
    clock,
    onCommit: () => {},
  });
  const keyOf = sqlite.prepare('SELECT wrapped FROM keys WHERE owner = ?').pluck();

  return {
    clock,
    directory,
    sqlite,
    queue,
    create: (name: string) =>
      queue.execute(
        'createDestination',
        createDestination.parse({ name, endpoint: 'https://siem.example.com/key', authorization: `Splunk ${name}` }),
        CAUSE,
      ),
    remove: (id: string) => queue.execute('deleteDestination', { id }, CAUSE),
    /** The wrapped data key of a destination, as it is stored. */
    keyOf: (id: string): Buffer => {
      const wrapped = keyOf.get(`destination-${id}`);
      if (!Buffer.isBuffer(wrapped)) throw new Error('there is no data key');
      return wrapped;
    },
    /** Begins to read what is committed now, in a connection of its own. Returns a function that ends it. */
    read(): () => void {
      const reader = new Database(join(directory, 'auditwire.db'), { readonly: true });
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM events').get();
      return () => reader.close();
    },
  };
}

describe('the data key of a deleted destination', () => {
  it('is in no file when the call is answered', async () => {
    const { create, remove, keyOf, directory } = openCommands();
    const [id, other] = [await create('SIEM'), await create('Other')];
    const [key, otherKey] = [keyOf(id), keyOf(other)];
    expect(filesWith(directory, key)).toEqual(['auditwire.db-wal']);
    await remove(id);
    expect(filesWith(directory, key)).toEqual([]);
    expect(filesWith(directory, otherKey)).toEqual(['auditwire.db']);
    expect(keyOf(other)).toEqual(otherKey);
  });

  it('is in no file although SQLite moved it and its neighbours between pages', async () => {
    const { create, remove, keyOf, directory } = openCommands();
    const ids: string[] = [];
    for (let nth = 0; nth < 150; nth += 1) ids.push(await create(`SIEM ${nth}`));
    const keys = new Map(ids.map((id) => [id, keyOf(id)]));
    const random = seededRandom('order of deletion');
    const shuffled = ids.map((id) => ({ id, order: random(4).readUInt32BE() })).sort((a, b) => a.order - b.order);
    const [removed, kept] = [shuffled.slice(0, 130), shuffled.slice(130)];
    for (const { id } of removed) await remove(id);
    for (const { id } of removed) expect(filesWith(directory, keys.get(id) ?? '')).toEqual([]);
    for (const { id } of kept) expect(keyOf(id)).toEqual(keys.get(id));
  });

  it('is erased soon after a reader has ended that needed it, without a further call', async () => {
    const { create, remove, keyOf, directory, clock, read } = openCommands();
    const id = await create('SIEM');
    const key = keyOf(id);
    const endReading = read();
    await remove(id);
    expect(filesWith(directory, key)).toContain('auditwire.db-wal');
    for (let tries = 0; tries < 3; tries += 1) {
      clock.advanceTo(clock.nextTimer ?? Number.NaN);
      await turn();
    }
    expect(filesWith(directory, key)).toContain('auditwire.db-wal');
    endReading();
    clock.advance(1_000);
    expect(filesWith(directory, key)).toEqual([]);
    await turn();
    expect(clock.nextTimer).toBe(null);
  });

  it('is tried to be erased less and less often, and does not make the writer wait', async () => {
    const { create, remove, clock, read } = openCommands();
    const id = await create('SIEM');
    const endReading = read();
    await remove(id);
    const times: number[] = [];
    const began = performance.now();
    while (times.length < 10) {
      times.push((clock.nextTimer ?? Number.NaN) - clock.now());
      clock.advanceTo(clock.nextTimer ?? Number.NaN);
      await turn();
    }
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(times).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
    endReading();
  });

  it('is erased by the next start if the process was killed after the commit', async () => {
    const { create, remove, keyOf, directory, read } = openCommands();
    const id = await create('SIEM');
    const key = keyOf(id);
    const endReading = read();
    await remove(id);
    const copy = temporaryDirectory();
    copyDatabase(directory, copy);
    endReading();
    expect(filesWith(copy, key)).toContain('auditwire.db-wal');
    const { sqlite } = openWriter(copy);
    expect(filesWith(copy, key)).toEqual([]);
    sqlite.close();
  });

  it('leaves no timer if the commands stop before it is erased', async () => {
    const { create, remove, clock, read, queue } = openCommands();
    const id = await create('SIEM');
    const endReading = read();
    await remove(id);
    expect(clock.nextTimer).not.toBe(null);
    await queue.stop();
    expect(clock.nextTimer).toBe(null);
    endReading();
  });
});

it('the sealed values that a destination had before a change cannot be opened once it is deleted', async () => {
  const { create, remove, keyOf, directory, queue } = openCommands();
  const id = await create('SIEM');
  const key = keyOf(id);
  await queue.execute('updateDestination', { id, authorization: 'Splunk another' }, CAUSE);
  expect(keyOf(id)).toEqual(key);
  await remove(id);
  expect(filesWith(directory, key)).toEqual([]);
});
