import { randomBytes, randomInt } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient, succeeded } from '../../src/client/client.js';
import { RegisterPortalDocument } from '../../src/client/generated/graphql.js';
import { createLoad, registerPortals } from '../support/crash/load.js';
import { crashDirectory, startCrashServer } from '../support/crash/server.js';
import { examine } from '../support/crash/tables.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { startApp } from '../support/server/app.js';

const COPIES = 24;
const OPENED_COPIES = 6;
const FRAME_BYTES = 4_096 + 24;
const WAL_HEADER_BYTES = 32;

describe('a data directory whose write-ahead log is cut off', () => {
  const directory = crashDirectory();
  const dataDir = join(directory, 'data');
  let wal: Buffer;
  let token: string;
  let whole: string[];

  beforeAll(async () => {
    const receiver = await startReceiver();
    const crash = { point: 'inside a group commit', hits: 20, eventsInGroup: 4 } as const;
    const server = await startCrashServer({ dataDir, crash });
    token = server.firstToken ?? '';
    const portalIds = await registerPortals(createClient(server.url, token), receiver, 3);
    await createLoad(portalIds, token).untilBroken(server, 32, server.arm);
    await server.exited;
    await receiver.down();
    wal = readFileSync(join(dataDir, 'auditwire.db-wal'));
    whole = eventsOf(examine(join(copy(wal), 'data')));
  });

  /** A copy of the directory with another write-ahead log and without its index, as after a power cut. */
  function copy(wal: Buffer): string {
    const copied = crashDirectory();
    mkdirSync(join(copied, 'data'));
    copyFileSync(join(dataDir, 'auditwire.db'), join(copied, 'data', 'auditwire.db'));
    copyFileSync(`${dataDir}.key`, join(copied, 'data.key'));
    writeFileSync(join(copied, 'data', 'auditwire.db-wal'), wal);
    return copied;
  }

  const eventsOf = ({ events }: ReturnType<typeof examine>) => events.map((event) => JSON.stringify(event));
  const somewhere = () => randomInt(wal.length + 1);
  const betweenFrames = () => WAL_HEADER_BYTES + randomInt(Math.floor(wal.length / FRAME_BYTES)) * FRAME_BYTES;

  /** The directory opens, its log is a prefix of the whole log, and its read models belong to that log. Returns the head. */
  function examineTorn(torn: Buffer, message: string): number {
    const examined = examine(join(copy(torn), 'data'));
    const events = eventsOf(examined);

    expect(events, message).toEqual(whole.slice(0, events.length));
    expect(
      examined.events.map(({ position }) => position),
      message,
    ).toEqual(events.map((_, index) => index + 1));
    expect(examined.rebuilt, message).toEqual(examined.kept);
    return events.length;
  }

  it.each([
    { where: 'anywhere', cut: somewhere },
    { where: 'between two frames', cut: betweenFrames },
  ])('opens with a prefix of the log and its read models if it is cut $where', ({ cut }) => {
    const heads = new Set<number>();
    for (let index = 0; index < COPIES / 2; index += 1) {
      const length = cut();
      heads.add(examineTorn(wal.subarray(0, length), `cut at ${length} of ${wal.length} bytes`));
    }

    expect(heads.size).toBeGreaterThan(1);
    expect(Math.min(...heads)).toBeLessThan(whole.length);
  });

  it.each([
    { what: 'random bytes', tail: (size: number) => randomBytes(size) },
    { what: 'zeros', tail: (size: number) => Buffer.alloc(size) },
  ])('opens with a prefix of the log if $what follow the cut', ({ tail }) => {
    for (let index = 0; index < COPIES / 4; index += 1) {
      const length = somewhere();
      const torn = Buffer.concat([wal.subarray(0, length), tail(wal.length - length)]);
      examineTorn(torn, `cut at ${length} of ${wal.length} bytes`);
    }
  });

  it('accepts mutations again', async () => {
    for (let index = 0; index < OPENED_COPIES; index += 1) {
      const test = await startApp({ directory: copy(wal.subarray(0, somewhere())), appOptions: { deliver: false } });
      const before = test.app.services.tail.head();
      const input = { name: 'After the crash' };
      succeeded(
        (await createClient(test.url, test.token || token).call(RegisterPortalDocument, { input })).registerPortal,
      );

      expect(test.app.services.tail.head()).toBe(before + 1);
    }
  });
});
