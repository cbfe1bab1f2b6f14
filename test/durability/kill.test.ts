import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient, succeeded } from '../../src/client/client.js';
import {
  RedeliverDocument,
  UndeliveredDocument,
  WebhookStatusChangedDocument,
} from '../../src/client/generated/graphql.js';
import { type Account, accountOf, readArchive } from '../support/crash/account.js';
import type { Action } from '../support/crash/actions.js';
import { createLoad, inFlight, loginsOf, registerPortals } from '../support/crash/load.js';
import { giveMoods, INDIGESTIBLE, type Mood, moody, polite, purposeOf } from '../support/crash/moods.js';
import { type CrashPoint, crashPoints } from '../support/crash/points.js';
import { groupBy } from '../support/crash/repeats.js';
import {
  type CrashServer,
  crashDirectory,
  type Exit,
  type LoadedServer,
  loadCrashServer,
  startCrashServer,
} from '../support/crash/server.js';
import { examine } from '../support/crash/tables.js';
import { startReceiver } from '../support/receiver/receiver.js';

/** Of all data directories together. */
const ROUNDS = Number(process.env['AUDITWIRE_TEST_CRASH_ROUNDS'] ?? 200);
/** Two at a time: each has a server that runs and one that is being loaded. */
const DIRECTORIES = 2;
const PORTALS = 3;

/** The last rounds of each directory are made under the load of many connections, at these points. */
const CROWDED_POINTS: CrashPoint[] = [
  'before the POST',
  'after its response',
  'inside a group commit',
  'after a commit',
];
const CONNECTIONS = 64;
/** A minute, in rounds about pruning. */
const RETENTION_DAYS = 1 / 1_440;
/** Logins of a replay, about. */
const MAX_REPLAYED = 15;

const TIMEOUT_MS = 60_000 + ROUNDS * 2_000;

interface Round {
  point: CrashPoint;
  exit: Exit;
  /** Calls that were not answered when it ended; null where there was no crowd. */
  inFlight: number | null;
}

describe('servers that are killed again and again', () => {
  let directories: Awaited<ReturnType<typeof killAgainAndAgain>>[];
  let rounds: Round[];

  beforeAll(async () => {
    const perDirectory = Math.ceil(ROUNDS / DIRECTORIES);
    const all = Array.from({ length: DIRECTORIES }, (_, index) => killAgainAndAgain(index, perDirectory));
    directories = await Promise.all(all);
    rounds = directories.flatMap((directory) => directory.rounds);
    process.stdout.write(`${figures()}\n`);
  }, TIMEOUT_MS);

  function figures(): string {
    const count = (point: CrashPoint) => rounds.filter(({ exit }) => exit.hit?.point === point).length;
    const sum = (of: (account: Account) => number) =>
      directories.reduce((total, { account }) => total + of(account), 0);
    const sent = directories.flatMap(({ load }) => load.sent);
    const pruned = directories.map(({ archive, tables }) => archive.length - tables.events.length);
    const repeats = directories.flatMap(({ account }) => account.repeats);
    const listed = directories.map(({ account }) => JSON.stringify(account.undelivered)).join(' and ');
    const decided = (what: 'redelivered' | 'discarded') =>
      directories.reduce((total, { acknowledged }) => total + acknowledged[what], 0);
    return [
      `${rounds.length} kills: ${crashPoints.map((point) => `${count(point)} ${point}`).join(', ')}`,
      `${sent.length} logins, ${sent.filter(({ attempts }) => attempts > 1).length} sent again by portals, ${sum(({ lost }) => lost.length)} lost`,
      `${repeats.length} batches twice with ${repeats.reduce((lines, repeat) => lines + repeat.lines, 0)} lines (${tally(repeats.map(({ purpose }) => purpose))})`,
      `${sum(({ again }) => again.length)} lines in two deliveries, ${sum(({ disordered }) => disordered.length)} out of order`,
      `${sum(({ replays }) => replays.completed)} replays completed, ${decided('redelivered')} ranges redelivered, ${decided('discarded')} discarded; listed at the end: ${listed}; ${pruned.join(' and ')} events pruned`,
    ].join('\n');
  }

  it('ended at the point that they were to end at, every time', () => {
    expect(rounds.length).toBeGreaterThanOrEqual(ROUNDS);
    for (const { point, exit } of rounds) expect(exit).toMatchObject({ signal: 'SIGKILL', hit: { point } });
    if (ROUNDS >= crashPoints.length) expect(new Set(rounds.map(({ point }) => point)).size).toBe(crashPoints.length);
  });

  it('had at least 32 calls in flight each time in a crowd', () => {
    const crowded = rounds.flatMap((round) => round.inFlight ?? []);

    expect(crowded.length).toBeGreaterThan(0);
    for (const calls of crowded) expect(calls).toBeGreaterThanOrEqual(32);
  });

  it('recorded every login that they acknowledged, where they said, and each once while it is retained', () => {
    for (const { load, archive, tables, shown } of directories) {
      const acknowledged = load.sent.flatMap(({ key, acknowledged: at }) => (at ? [{ key, ...at }] : []));
      const isKept = new Set(tables.events.map(({ position }) => position));
      const logins = archive.flatMap(({ type, position, data }) =>
        type === 'LoginRecorded' ? [{ key: data.idempotencyKey, traceId: data.traceId, position }] : [],
      );
      const known = new Map(acknowledged.map(({ key, position }) => [key, position]));
      const others = logins.filter(({ key, position }) => known.get(key ?? '') !== position);

      expect(acknowledged).toHaveLength(load.sent.length);
      const recorded = new Map(logins.map((login) => [login.position, login]));
      expect(acknowledged.map(({ position }) => recorded.get(position))).toEqual(acknowledged);
      // A call that was not answered and is made again after its login was pruned.
      expect(others.filter(({ key, position }) => isKept.has(position) || !known.has(key ?? ''))).toEqual([]);
      expect(shown).toEqual(
        logins.flatMap(({ traceId, position }) => (isKept.has(position) ? [{ position, traceId }] : [])),
      );
    }
    expect(directories.flatMap(({ load }) => load.sent).some(({ recordedBefore }) => recordedBefore)).toBe(true);
  });

  it('lost none: each was delivered or is listed as undelivered', () => {
    for (const { account } of directories) {
      expect(account.lost).toEqual([]);
      // Nothing else is left than what nobody but a person can help, or what one decided upon.
      expect(Object.keys(account.undelivered).filter((state) => !/NEEDS_ACTION|DISCARDED/.test(state))).toEqual([]);
    }
  });

  it('sent again at most the batch that was in flight, to the byte', () => {
    for (const { account } of directories) {
      for (const repeat of account.repeats) expect(repeat).toMatchObject({ isSame: true, wasInFlight: true });
      expect(account.again).toEqual([]);
    }
    expect(directories.flatMap(({ account }) => account.repeats)).not.toEqual([]);
  });

  it('sent each batch again whose response they did not live to record, and each that they had started', () => {
    for (const { rounds: ofDirectory, received } of directories) {
      const timesOf = (id: string | undefined) => received.filter(({ deliveryId }) => deliveryId === id).length;
      const ended = (point: CrashPoint) =>
        ofDirectory.flatMap(({ exit }) => (exit.hit?.point === point ? [exit.hit.deliveryId] : []));

      for (const deliveryId of ended('after its response')) expect(timesOf(deliveryId)).toBeGreaterThan(1);
      for (const deliveryId of ended('before the POST')) expect(timesOf(deliveryId)).toBeGreaterThan(0);
    }
  });

  it('kept the order of the first deliveries of each portal', () => {
    for (const { account } of directories) expect(account.disordered).toEqual([]);
  });

  it('made every replay that they accepted', () => {
    for (const { account, acknowledged, archive } of directories) {
      const requested = archive.flatMap(({ type, data }) => (type === 'ReplayRequested' ? [data.jobId] : []));

      expect(requested).toEqual(expect.arrayContaining(acknowledged.jobs));
      expect(account.replays).toMatchObject({ missing: 0 });
    }
  });

  it('left logs without gaps, but for the oldest logins and attempts that were pruned', () => {
    for (const { archive, tables } of directories) {
      expect(archive.map(({ position }) => position)).toEqual(archive.map((_, at) => at + 1));
      expect(archive.at(-1)).toEqual(tables.events.at(-1));
      const isKept = new Set(tables.events.map(({ position }) => position));
      const pruned = archive.filter(({ position }) => !isKept.has(position));

      expect(pruned.filter(({ stream }) => !/^(login|delivery)-/.test(stream))).toEqual([]);
      for (const [stream, events] of groupBy(archive, (event) => event.stream)) {
        const kept = events.filter(({ position }) => isKept.has(position));
        expect(kept, stream).toEqual(events.slice(events.length - kept.length));
      }
    }
    if (ROUNDS >= crashPoints.length)
      expect(directories.some(({ archive, tables }) => archive.length > tables.events.length)).toBe(true);
  });

  it('left read models that are the same rows when they are rebuilt', () => {
    for (const { tables } of directories) {
      const logins = tables.events.filter(({ type }) => type === 'LoginRecorded');

      expect(tables.kept['logins']).toHaveLength(logins.length);
      expect(tables.rebuilt).toEqual(tables.kept);
    }
  });
});

const tally = (words: readonly string[]) =>
  [...groupBy(words, (word) => word)].map(([word, found]) => `${found.length} ${word}`).join(', ');

/** Many lives of a server over one data directory, with portals that record and people who decide all the while. */
async function killAgainAndAgain(index: number, count: number) {
  const directory = crashDirectory();
  const [dataDir, eventsFile] = [join(directory, 'data'), join(directory, 'events')];
  const receiver = await startReceiver();
  let running: CrashServer;
  const moods = giveMoods(receiver, () => void running.kill());

  const first = await startCrashServer({ dataDir, eventsFile });
  const token = first.firstToken ?? '';
  const portalIds = await registerPortals(createClient(first.url, token), receiver, PORTALS);
  const load = createLoad(portalIds, token);
  const acknowledged = { jobs: [] as string[], redelivered: 0, discarded: 0 };
  await first.kill();

  const rounds: Round[] = [];
  // Each directory has its part of them.
  const crowded = CROWDED_POINTS.filter((_, place) => place % DIRECTORIES === index);
  const crowdFrom = count - crowded.length + 1;
  const loadFor = (life: number) => loadCrashServer({ hasApi: life >= crowdFrom });
  let next = loadFor(1);
  for (let life = 1; life <= count; life += 1) {
    const loaded = await next;
    next = loadFor(life + 1);
    const point = crashPoints[((life - 1) * DIRECTORIES + index) % crashPoints.length] ?? 'after a commit';
    const crowdedPoint = crowded[life - crowdFrom];
    rounds.push(await (crowdedPoint ? endInCrowd(loaded, crowdedPoint, life) : endOnce(loaded, point, life)));
  }
  const shown = await finish(await next, count + 1);
  await receiver.down();

  const tables = examine(dataDir);
  const { received } = receiver;
  const archive = readArchive(readFileSync(eventsFile, 'utf8'));
  const account = accountOf({ sent: load.sent, received, accepted: moods.accepted, archive, kept: tables.kept });
  return { rounds, load, acknowledged, received, shown, archive, tables, account };

  /** One life of the server, from its start to its end at a point. */
  async function endOnce(loaded: LoadedServer, point: CrashPoint, life: number): Promise<Round> {
    moods.setMood(moodFor(point, portalIds[0] ?? ''));
    const isOften = ['after a commit', 'before the POST', 'after its response'].includes(point);
    const isRare = /PROBE|last|inside a re|inside a d|checkpoint/.test(point);
    const crash = { point, hits: isRare ? 1 : randomInt(1, isOften ? 12 : 4), eventsInGroup: randomInt(2, 4) };
    const env = { AUDITWIRE_RETENTION_DAYS: String(RETENTION_DAYS) };
    running = await loaded.open({ dataDir, eventsFile, life, crash, isHasty: true, env });
    running.arm();
    void running.exited.then(moods.forgetArrivals);
    await Promise.all([...portalIds.map((portalId) => keepRecording(portalId, point)), decide(point)]);
    return { point, exit: await running.exited, inFlight: null };
  }

  async function endInCrowd(loaded: LoadedServer, point: CrashPoint, life: number): Promise<Round> {
    moods.setMood(() => polite);
    const crash = { point, hits: randomInt(1, 21), eventsInGroup: randomInt(2, 9) };
    running = await loaded.open({ dataDir, eventsFile, life, crash, isHasty: true });
    const calls = await load.untilBroken(running, CONNECTIONS, running.arm);
    const exit = await running.exited;
    return { point, exit, inFlight: inFlight(calls, exit.hit?.at ?? 0n) };
  }

  /** Records logins of a portal, some more whenever what it recorded has arrived. */
  async function keepRecording(portalId: string, point: CrashPoint): Promise<void> {
    const isSmall = portalId === portalIds[0];
    let isAlive = true;
    while (isAlive) {
      const agents = Array.from({ length: randomInt(1, isSmall ? 10 : 4) }, () =>
        isSmall && !randomInt(40) ? INDIGESTIBLE : 'browser',
      );
      const last = await load.some(running, portalId, agents);
      isAlive = last !== null;
      // A probe is sent where no fresh login comes along.
      if (/PROBE/.test(point)) return;
      if (last) await Promise.race([moods.arrival(({ text }) => text.includes(`${last.userAgent} `)), running.exited]);
    }
  }

  /** Does what the point is about, again and again; else some of it, once. */
  async function decide(point: CrashPoint): Promise<void> {
    const what = whatFor(point);
    while (what && (await act(what))) await Promise.race([moods.arrival(() => true), running.exited]);
    if (!randomInt(3)) await act('replay');
    if (!randomInt(3)) await act('redeliver');
    if (!randomInt(20)) await act('discard');
  }

  /** False: the server has ended. */
  async function act(what: Exclude<Action['do'], 'record'>): Promise<boolean> {
    const portalId = portalIds[randomInt(PORTALS)] ?? '';
    const result = await running.act(
      what === 'replay'
        ? { do: what, portalId, logins: MAX_REPLAYED }
        : { do: what, portalId, ranges: randomInt(1, 4) },
    );
    if (result?.jobId) acknowledged.jobs.push(result.jobId);
    if (what === 'redeliver') acknowledged.redelivered += result?.ranges ?? 0;
    if (what === 'discard') acknowledged.discarded += result?.ranges ?? 0;
    return result !== null;
  }

  /** Everything that was not answered is sent again, and the server delivers until nothing is left that it could. */
  async function finish(loaded: LoadedServer, life: number) {
    moods.setMood(() => polite);
    const server = await loaded.open({ dataDir, eventsFile, life, isHasty: true });
    const client = createClient(server.url, token);
    await load.settle(server);
    await Promise.all(portalIds.map((portalId) => untilNothingIsLeft(client, portalId)));
    const pages = await Promise.all(portalIds.map((portalId) => loginsOf(client, portalId)));
    client.close();
    await server.stop();
    return pages.flat().sort((one, other) => one.position - other.position);
  }

  async function untilNothingIsLeft(client: Client, portalId: string): Promise<void> {
    for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, { portalId })) {
      const { pending, undeliveredTotal, needsActionTotal } = webhookStatusChanged.status;
      if (!pending && undeliveredTotal === needsActionTotal && !(await redeliverHeld(client, portalId))) return;
    }
  }
}

/** Has delivered again what waits for a person, but single lines that the receiver never takes; false: nothing does. */
async function redeliverHeld(client: Client, portalId: string): Promise<boolean> {
  const { undelivered } = await client.call(UndeliveredDocument, { portalId, states: ['NEEDS_ACTION'], first: 100 });
  const ids = undelivered.edges.map(({ node }) => node.id);
  if (ids.length) succeeded((await client.call(RedeliverDocument, { input: { ids } })).redeliver);
  return ids.length > 0;
}

function whatFor(point: CrashPoint): Exclude<Action['do'], 'record'> | null {
  if (/replay/i.test(point)) return 'replay';
  if (/redelivery/.test(point)) return 'redeliver';
  return /discarding/.test(point) ? 'discard' : null;
}

/** How the receiver feels while a server is to end at this point, so that it soon comes by there. */
function moodFor(point: CrashPoint, smallPortal: string): (received: Parameters<typeof purposeOf>[0]) => Mood {
  return (received) => {
    const purpose = purposeOf(received);
    const mood = moodOf(purpose);
    return received.text.includes(`portal_id=${smallPortal}`)
      ? { ...mood, maxLines: Math.min(6, mood.maxLines) }
      : mood;
  };

  function moodOf(purpose: ReturnType<typeof purposeOf>): Mood {
    if (/split/.test(point)) return { ...polite, maxLines: 2 };
    if (purpose === 'REPLAY') return /last/.test(point) ? polite : { ...polite, refused: 2, unavailable: 10 };
    if (/PROBE/.test(point) && purpose === 'FIRST') return { ...polite, refused: 100 };
    if (/redelivery|discarding/.test(point) && purpose === 'FIRST') return { ...moody, refused: 60 };
    return moody;
  }
}
