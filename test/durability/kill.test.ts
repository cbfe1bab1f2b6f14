import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/client/client.js';
import type { CrashPoint } from '../support/crash-child.js';
import { createLoad, inFlight, loginsOf, registerPortals, untilNothingPends } from '../support/crash-load.js';
import { type Repeat, sift } from '../support/crash-repeats.js';
import { crashDirectory, type Exit, startCrashServer } from '../support/crash-server.js';
import { examine } from '../support/crash-tables.js';
import { type Receiver, startReceiver } from '../support/receiver.js';

const POINTS: CrashPoint[] = ['before the POST', 'after its response', 'inside a group commit', 'after a commit'];
const ROUNDS_PER_POINT = Number(process.env['AUDITWIRE_TEST_CRASH_ROUNDS'] ?? 5);
const PORTALS = 4;
const CONNECTIONS = 64;
const TIMEOUT_MS = 60_000 + POINTS.length * ROUNDS_PER_POINT * 10_000;

interface Round {
  point: CrashPoint;
  exit: Exit;
  inFlight: number;
}

describe('a server that is killed again and again under load', () => {
  const dataDir = join(crashDirectory(), 'data');
  const rounds: Round[] = [];
  let receiver: Receiver;
  let token: string;
  let portalIds: string[];
  let load: ReturnType<typeof createLoad>;
  let recorded: Map<string, { position: number; traceId: string }[]>;
  let arrived: ReturnType<typeof sift>;
  let tables: ReturnType<typeof examine>;

  beforeAll(async () => {
    receiver = await startReceiver();
    await prepare();
    for (let index = 0; index < ROUNDS_PER_POINT * POINTS.length; index += 1) {
      rounds.push(await killOnce(POINTS[index % POINTS.length] ?? 'after a commit', index + 1));
    }
    await finish(rounds.length + 1);
    await receiver.down();
    tables = examine(dataDir);
    arrived = sift(receiver.received);
    process.stdout.write(`${figures()}\n`);
  }, TIMEOUT_MS);

  async function prepare(): Promise<void> {
    const server = await startCrashServer({ dataDir });
    token = server.firstToken ?? '';
    portalIds = await registerPortals(createClient(server.url, token), receiver, PORTALS);
    load = createLoad(portalIds, token);
    await server.stop();
  }

  /** One life of the server, from its start to its end at a point; the portals send all the while. */
  async function killOnce(point: CrashPoint, life: number): Promise<Round> {
    const crash = { point, hits: randomInt(1, 21), eventsInGroup: randomInt(2, 9) };
    const server = await startCrashServer({ dataDir, life, crash });
    const calls = await load.untilBroken(server, CONNECTIONS, server.arm);
    const exit = await server.exited;
    return { point, exit, inFlight: inFlight(calls, exit.hit?.at ?? 0n) };
  }

  /** Everything that was not answered is sent again, and the server delivers until it says that nothing is left. */
  async function finish(life: number): Promise<void> {
    const server = await startCrashServer({ dataDir, life });
    const client = createClient(server.url, token);
    await load.settle(server);
    const pages = await Promise.all(portalIds.map((portalId) => loginsOf(client, portalId)));
    recorded = new Map(portalIds.map((portalId, index) => [portalId, pages[index] ?? []]));
    await Promise.all(portalIds.map((portalId) => untilNothingPends(client, portalId)));
    client.close();
    await server.stop();
  }

  const acknowledged = () =>
    load.sent.flatMap((login) => (login.acknowledged ? [{ ...login, ...login.acknowledged }] : []));
  const traceIds = (logins: { traceId: string }[]) => logins.map(({ traceId }) => traceId);
  const foundRecorded = () => load.sent.filter(({ recordedBefore }) => recordedBefore);
  const everything = () => [...recorded.values()].flat();
  const sum = (repeats: Repeat[]) => repeats.reduce((lines, repeat) => lines + repeat.lines, 0);

  function figures(): string {
    const perPoint = POINTS.map(
      (point) => `${rounds.filter(({ exit }) => exit.hit?.point === point).length} ${point}`,
    ).join(', ');
    const delivered = new Set([...arrived.firsts.values()].flat());
    const lost = acknowledged().filter(({ traceId }) => !delivered.has(traceId));
    const least = Math.min(...rounds.map((round) => round.inFlight));
    return (
      `${rounds.length} kills (${perPoint}), at least ${least} calls in flight; ${load.sent.length} logins sent, ` +
      `${load.sent.filter(({ tries }) => tries > 1).length} of them again (${foundRecorded().length} were recorded), ${acknowledged().length} acknowledged, ` +
      `${lost.length} lost, ${sum(arrived.repeats)} lines twice in ${arrived.repeats.length} batches`
    );
  }

  it('ended at the point that it was to end at, every time', () => {
    expect(rounds.length).toBeGreaterThanOrEqual(20);
    for (const { point, exit } of rounds) expect(exit).toMatchObject({ signal: 'SIGKILL', hit: { point } });
  });

  it('had at least 32 calls in flight every time', () => {
    for (const round of rounds) expect(round.inFlight).toBeGreaterThanOrEqual(32);
  });

  it('has every login in its log that it acknowledged, where it said', () => {
    const byTraceId = new Map(everything().map(({ traceId, position }) => [traceId, position]));

    expect(acknowledged()).toHaveLength(load.sent.length);
    expect(acknowledged().filter(({ traceId, position }) => byTraceId.get(traceId) !== position)).toEqual([]);
  });

  it('has every login once, however often it was sent', () => {
    expect(foundRecorded().length).toBeGreaterThan(0);
    expect(traceIds(everything()).sort()).toEqual(traceIds(acknowledged()).sort());
  });

  it('delivered every login, first arrivals in the order of positions in each portal', () => {
    for (const [portalId, logins] of recorded) {
      expect(logins.length).toBeGreaterThan(0);
      expect(arrived.firsts.get(portalId)).toEqual(traceIds(logins));
    }
  });

  it('sent again at most the batch that was in flight, to the byte, and only after a crash', () => {
    for (const repeat of arrived.repeats) expect(repeat).toMatchObject({ isPreviousBatch: true, isAfterCrash: true });
  });

  it('sent again every batch whose response it did not live to record', () => {
    const unrecorded = rounds
      .filter(({ point }) => point === 'after its response')
      .map(({ exit }) => exit.hit?.deliveryId);
    const timesOf = (id: string | undefined) => receiver.received.filter(({ deliveryId }) => deliveryId === id).length;

    for (const deliveryId of unrecorded) expect(timesOf(deliveryId)).toBeGreaterThan(1);
  });

  it('sent every batch that it had started but did not live to send', () => {
    const unsent = rounds.filter(({ point }) => point === 'before the POST').map(({ exit }) => exit.hit?.deliveryId);

    expect(receiver.received.map(({ deliveryId }) => deliveryId)).toEqual(expect.arrayContaining(unsent));
  });

  it('left a log without gaps', () => {
    expect(tables.events.map(({ position }) => position)).toEqual(tables.events.map((_, index) => index + 1));
  });

  it('left read models that are the same rows when they are rebuilt', () => {
    expect(tables.kept['logins']).toHaveLength(load.sent.length);
    expect(tables.rebuilt).toEqual(tables.kept);
  });
});
