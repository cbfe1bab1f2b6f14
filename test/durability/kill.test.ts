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
import { type CrashAccount, crashAccountOf, readArchive } from '../support/crash/account.js';
import type { Action } from '../support/crash/actions.js';
import { addWebhook, createLoad, inFlight, loginsOf, registerPortals } from '../support/crash/load.js';
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
import {
  type FailureRates,
  makeUnreliable,
  purposeOf,
  reliable,
  TOO_LARGE_AGENT,
  unreliable,
} from '../support/crash/unreliable-receiver.js';
import { RETENTION } from '../support/log/fixture.js';
import { type Received, startReceiver } from '../support/receiver/receiver.js';

/** Kills in all data directories together. */
const ROUNDS = Number(process.env['AUDITWIRE_TEST_CRASH_ROUNDS'] ?? 200);
/** They are used at the same time. Each has one server that runs and one that is loaded. */
const DIRECTORIES = 2;
const PORTALS = 3;

/** In the last rounds many connections record logins at the same time. These are their crash points. */
const CROWDED_POINTS: CrashPoint[] = [
  'before the POST',
  'after its response',
  'inside a group commit',
  'after a commit',
];
const CONNECTIONS = 64;
/** One minute. Only the rounds about pruning prune. */
const RETENTION_DAYS = 1 / 1_440;
/** About as many logins as a replay sends. */
const MAX_REPLAYED = 15;

const TIMEOUT_MS = 60_000 + ROUNDS * 2_000;

type Webhook = { portalId: string; webhookId: string };

interface Round {
  point: CrashPoint;
  exit: Exit;
  /** Unanswered calls when the server ended; null: not a crowded round. */
  inFlight: number | null;
}

describe('servers that are killed many times', () => {
  let directories: Awaited<ReturnType<typeof killManyTimes>>[];
  let rounds: Round[];

  beforeAll(async () => {
    const perDirectory = Math.ceil(ROUNDS / DIRECTORIES);
    const all = Array.from({ length: DIRECTORIES }, (_, index) => killManyTimes(index, perDirectory));
    directories = await Promise.all(all);
    rounds = directories.flatMap((directory) => directory.rounds);
    process.stdout.write(`${figures()}\n`);
  }, TIMEOUT_MS);

  function figures(): string {
    const count = (point: CrashPoint) => rounds.filter(({ exit }) => exit.hit?.point === point).length;
    const sum = (of: (account: CrashAccount) => number) =>
      directories.reduce((total, { account }) => total + of(account), 0);
    const sent = directories.flatMap(({ load }) => load.sent);
    const pruned = directories.map(({ archive, tables }) => archive.length - tables.events.length);
    const repeats = directories.flatMap(({ account }) => account.repeats);
    const listed = directories.map(({ account }) => JSON.stringify(account.undelivered)).join(' and ');
    const decided = (action: 'redelivered' | 'discarded') =>
      directories.reduce((total, { acknowledged }) => total + acknowledged[action], 0);
    return [
      `${rounds.length} kills: ${crashPoints.map((point) => `${count(point)} ${point}`).join(', ')}`,
      `${sent.length} logins, ${sent.filter(({ attempts }) => attempts > 1).length} sent again by portals, ${sum(({ lost }) => lost.length)} lost`,
      `${repeats.length} batches twice, with ${repeats.reduce((lines, repeat) => lines + repeat.lines, 0)} lines (${tally(repeats.map(({ purpose }) => purpose))})`,
      `${sum(({ acceptedAgain }) => acceptedAgain.length)} lines in two deliveries, ${sum(({ disordered }) => disordered.length)} out of order`,
      `${sum(({ replays }) => replays.completed)} replays completed, ${decided('redelivered')} ranges redelivered, ${decided('discarded')} discarded; listed at the end: ${listed}; ${pruned.join(' and ')} events pruned`,
    ].join('\n');
  }

  it('end at the chosen point every time', () => {
    expect(rounds.length).toBeGreaterThanOrEqual(ROUNDS);
    for (const { point, exit } of rounds) expect(exit).toMatchObject({ signal: 'SIGKILL', hit: { point } });
    if (ROUNDS >= crashPoints.length) expect(new Set(rounds.map(({ point }) => point)).size).toBe(crashPoints.length);
  });

  it('have at least 32 calls in flight in each crowded round', () => {
    const crowded = rounds.flatMap((round) => round.inFlight ?? []);

    expect(crowded.length).toBeGreaterThan(0);
    for (const calls of crowded) expect(calls).toBeGreaterThanOrEqual(32);
  });

  it('record every acknowledged login at its position, and once while it is retained', () => {
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
      // A call without an answer was sent again after its login was pruned.
      expect(others.filter(({ key, position }) => isKept.has(position) || !known.has(key ?? ''))).toEqual([]);
      expect(shown).toEqual(
        logins.flatMap(({ traceId, position }) => (isKept.has(position) ? [{ position, traceId }] : [])),
      );
    }
    expect(directories.flatMap(({ load }) => load.sent).some(({ recordedBefore }) => recordedBefore)).toBe(true);
  });

  it('leave events that break no rule', () => {
    for (const { account } of directories) expect(account.violations).toEqual([]);
  });

  it('lose no login: each was delivered, or is undelivered or discarded', () => {
    for (const { account } of directories) {
      expect(account.lost).toEqual([]);
      expect(account.notAccepted).toEqual([]);
      // Only lines that are too large, and ranges that a person discarded, are left.
      expect(Object.keys(account.undelivered).filter((state) => !/TOO_LARGE|DISCARDED/.test(state))).toEqual([]);
    }
  });

  it('send again at most the batch that was in flight, with the same bytes', () => {
    for (const { account } of directories) {
      for (const repeat of account.repeats) expect(repeat).toMatchObject({ isSame: true, wasInFlight: true });
      expect(account.acceptedAgain).toEqual([]);
    }
    expect(directories.flatMap(({ account }) => account.repeats)).not.toEqual([]);
  });

  it('send again each batch whose response was not recorded, and send each batch that was started', () => {
    for (const { rounds: ofDirectory, received } of directories) {
      const timesOf = (id: string | undefined) => received.filter(({ deliveryId }) => deliveryId === id).length;
      const ended = (point: CrashPoint) =>
        ofDirectory.flatMap(({ exit }) => (exit.hit?.point === point ? [exit.hit.deliveryId] : []));

      for (const deliveryId of ended('after its response')) expect(timesOf(deliveryId)).toBeGreaterThan(1);
      for (const deliveryId of ended('before the POST')) expect(timesOf(deliveryId)).toBeGreaterThan(0);
    }
  });

  it('keep the order of the first deliveries of each webhook', () => {
    for (const { account } of directories) expect(account.disordered).toEqual([]);
  });

  it('make every acknowledged replay, completely', () => {
    for (const { account, acknowledged, archive } of directories) {
      const requested = archive.flatMap(({ type, data }) => (type === 'ReplayRequested' ? [data.jobId] : []));

      expect(requested).toEqual(expect.arrayContaining(acknowledged.jobs));
      expect(account.replays).toMatchObject({ missing: 0 });
    }
  });

  it('leave logs without gaps, except the oldest logins and attempts, which were pruned', () => {
    for (const { archive, tables } of directories) {
      expect(archive.map(({ position }) => position)).toEqual(archive.map((_, at) => at + 1));
      expect(archive.at(-1)).toEqual(tables.events.at(-1));
      const isKept = new Set(tables.events.map(({ position }) => position));
      const pruned = archive.filter(({ position }) => !isKept.has(position));

      expect(pruned.filter(({ stream }) => !/^(login|delivery|health)-/.test(stream))).toEqual([]);
      for (const [stream, events] of groupBy(archive, (event) => event.stream)) {
        const kept = events.filter(({ position }) => isKept.has(position));
        expect(kept, stream).toEqual(events.slice(events.length - kept.length));
      }
    }
    if (ROUNDS >= crashPoints.length)
      expect(directories.some(({ archive, tables }) => archive.length > tables.events.length)).toBe(true);
  });

  it('leave read models that have the same rows after a rebuild', () => {
    for (const { tables } of directories) {
      const logins = tables.events.filter(({ type }) => type === 'LoginRecorded');

      expect(tables.kept['logins']).toHaveLength(logins.length);
      expect(tables.rebuilt).toEqual(tables.kept);
    }
  });
});

const tally = (words: readonly string[]) =>
  [...groupBy(words, (word) => word)].map(([word, found]) => `${found.length} ${word}`).join(', ');

/** Starts and kills servers over one data directory, while portals record and people decide. */
async function killManyTimes(index: number, count: number) {
  const directory = crashDirectory();
  const [dataDir, eventsFile] = [join(directory, 'data'), join(directory, 'events')];
  const receiver = await startReceiver();
  let running: CrashServer;
  const siem = makeUnreliable(receiver, () => void running.kill());

  const first = await startCrashServer({ dataDir, eventsFile });
  const token = first.firstToken ?? '';
  const portalIds = await registerPortals(createClient(first.url, token), receiver, PORTALS);
  // The first portal has three webhooks, the second has two.
  const webhooks = portalIds.map((portalId) => ({ portalId, webhookId: portalId }));
  const paths = new Map(portalIds.map((portalId) => [portalId, new URL(receiver.url).pathname]));
  for (const [portalId = '', name] of [
    [portalIds[0], 'archive'],
    [portalIds[0], 'third'],
    [portalIds[1], 'archive'],
  ] as const) {
    const webhookId = await addWebhook(createClient(first.url, token), receiver, portalId, name);
    webhooks.push({ portalId, webhookId });
    paths.set(webhookId, `/${name}`);
  }
  const load = createLoad(portalIds, token);
  const acknowledged = { jobs: [] as string[], redelivered: 0, discarded: 0 };
  await first.kill();

  const rounds: Round[] = [];
  // Each directory has its share of the crowded points.
  const crowded = CROWDED_POINTS.filter((_, place) => place % DIRECTORIES === index);
  const crowdFrom = count - crowded.length + 1;
  const loadFor = (round: number) => loadCrashServer({ hasApi: round >= crowdFrom });
  let next = loadFor(1);
  for (let round = 1; round <= count; round += 1) {
    const loaded = await next;
    next = loadFor(round + 1);
    const point = crashPoints[((round - 1) * DIRECTORIES + index) % crashPoints.length] ?? 'after a commit';
    const crowdedPoint = crowded[round - crowdFrom];
    rounds.push(await (crowdedPoint ? endInCrowd(loaded, crowdedPoint, round) : endOnce(loaded, point, round)));
  }
  const shown = await finish(await next, count + 1);
  await receiver.down();

  const tables = examine(dataDir);
  const { received } = receiver;
  const archive = readArchive(readFileSync(eventsFile, 'utf8'));
  const account = crashAccountOf({
    sent: load.sent,
    received,
    accepted: siem.accepted,
    archive,
    kept: tables.kept,
    undeliveredAgeMs: RETENTION.undeliveredAgeMs,
    paths,
  });
  return { rounds, load, acknowledged, received, shown, archive, tables, account };

  /** Runs one server until it kills itself at a point. */
  async function endOnce(loaded: LoadedServer, point: CrashPoint, processNumber: number): Promise<Round> {
    siem.setRates(ratesFor(point, portalIds[0] ?? ''));
    const isOften = ['after a commit', 'before the POST', 'after its response'].includes(point);
    const isRare = /PROBE|last|inside a re|inside a d|snapshot/.test(point);
    const crash = { point, hits: isRare ? 1 : randomInt(1, isOften ? 12 : 4), eventsInGroup: randomInt(2, 4) };
    const env = { AUDITWIRE_RETENTION_DAYS: String(RETENTION_DAYS) };
    running = await loaded.open({ dataDir, eventsFile, processNumber, crash, isHasty: true, env });
    running.arm();
    void running.exited.then(siem.forgetArrivals);
    await Promise.all([...portalIds.map((portalId) => keepRecording(portalId, point)), decide(point)]);
    return { point, exit: await running.exited, inFlight: null };
  }

  /** The same, while many connections record logins. */
  async function endInCrowd(loaded: LoadedServer, point: CrashPoint, processNumber: number): Promise<Round> {
    siem.setRates(() => reliable);
    const crash = { point, hits: randomInt(1, 21), eventsInGroup: randomInt(2, 9) };
    running = await loaded.open({ dataDir, eventsFile, processNumber, crash, isHasty: true });
    const calls = await load.untilBroken(running, CONNECTIONS, running.arm);
    const exit = await running.exited;
    return { point, exit, inFlight: inFlight(calls, exit.hit?.at ?? 0n) };
  }

  /** Records logins of a portal, and more each time the last one has arrived at the receiver. */
  async function keepRecording(portalId: string, point: CrashPoint): Promise<void> {
    const isSmall = portalId === portalIds[0];
    for (let isRunning = true; isRunning; ) {
      const agents = Array.from({ length: randomInt(1, isSmall ? 10 : 4) }, () =>
        isSmall && !randomInt(40) ? TOO_LARGE_AGENT : 'browser',
      );
      const last = await load.recordSome(running, portalId, agents);
      isRunning = last !== null;
      // A probe is sent only if no new login is recorded.
      if (/PROBE/.test(point)) return;
      if (last) await Promise.race([siem.arrival(({ text }) => text.includes(`${last.userAgent} `)), running.exited]);
    }
  }

  /** Repeats the action that leads to the crash point until the server ends. Else takes some actions once, at random. */
  async function decide(point: CrashPoint): Promise<void> {
    const action = actionFor(point);
    while (action && (await act(action))) await Promise.race([siem.arrival(() => true), running.exited]);
    if (!randomInt(3)) await act('replay');
    if (!randomInt(3)) await act('redeliver');
    if (!randomInt(20)) await act('discard');
  }

  /** False: the server has ended. */
  async function act(action: Exclude<Action['do'], 'record'>): Promise<boolean> {
    const { portalId, webhookId } = webhooks[randomInt(webhooks.length)] ?? { portalId: '', webhookId: '' };
    const result = await running.act(
      action === 'replay'
        ? { do: action, portalId, webhookId, logins: MAX_REPLAYED }
        : { do: action, portalId, webhookId, ranges: randomInt(1, 4) },
    );
    if (result?.jobId) acknowledged.jobs.push(result.jobId);
    if (action === 'redeliver') acknowledged.redelivered += result?.ranges ?? 0;
    if (action === 'discard') acknowledged.discarded += result?.ranges ?? 0;
    return result !== null;
  }

  /** Sends all unanswered calls again, and lets the server deliver everything that it can. */
  async function finish(loaded: LoadedServer, processNumber: number) {
    siem.setRates(() => reliable);
    const server = await loaded.open({ dataDir, eventsFile, processNumber, isHasty: true });
    const client = createClient(server.url, token);
    await load.settle(server);
    await Promise.all(webhooks.map((webhook) => untilNothingIsLeft(client, webhook)));
    const pages = await Promise.all(portalIds.map((portalId) => loginsOf(client, portalId)));
    client.close();
    await server.stop();
    return pages.flat().sort((one, other) => one.position - other.position);
  }

  async function untilNothingIsLeft(client: Client, webhook: Webhook): Promise<void> {
    for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, chosen(webhook))) {
      const { pending, undeliveredTotal, needsActionTotal } = webhookStatusChanged.status;
      if (!pending && undeliveredTotal === needsActionTotal && !(await redeliverFailed(client, webhook))) return;
    }
  }
}

const chosen = ({ portalId, webhookId }: Webhook) => ({ portalId, webhooks: { id: webhookId } });

/** Requests a redelivery of all ranges that need action, except lines that are too large. False: there is none. */
async function redeliverFailed(client: Client, webhook: Webhook): Promise<boolean> {
  const only = { ...chosen(webhook), states: ['NEEDS_ACTION' as const], first: 100 };
  const { undelivered } = await client.call(UndeliveredDocument, only);
  // A line that is too large would be refused again and again.
  const failed = undelivered.edges.filter(({ node }) => node.reason !== 'TOO_LARGE');
  const ids = failed.map(({ node }) => node.id);
  if (ids.length) succeeded((await client.call(RedeliverDocument, { input: { ids } })).redeliver);
  return ids.length > 0;
}

function actionFor(point: CrashPoint): Exclude<Action['do'], 'record'> | null {
  if (/replay/i.test(point)) return 'replay';
  if (/redelivery/.test(point)) return 'redeliver';
  return /discard/.test(point) ? 'discard' : null;
}

/** Failure rates with which a server soon reaches a crash point. The batches of one portal stay small. */
function ratesFor(point: CrashPoint, smallPortal: string): (received: Received) => FailureRates {
  return (received) => {
    const purpose = purposeOf(received);
    const rates = ratesOf(purpose);
    return received.text.includes(`portal_id=${smallPortal}`)
      ? { ...rates, maxLines: Math.min(6, rates.maxLines) }
      : rates;
  };

  function ratesOf(purpose: ReturnType<typeof purposeOf>): FailureRates {
    if (/split/.test(point)) return { ...reliable, maxLines: 2 };
    if (purpose === 'REPLAY') return /last/.test(point) ? reliable : { ...reliable, refused: 2, unavailable: 10 };
    if (/PROBE/.test(point) && purpose === 'FIRST') return { ...reliable, refused: 100 };
    if (/redelivery|discard/.test(point) && purpose === 'FIRST') return { ...unreliable, refused: 60 };
    return unreliable;
  }
}
