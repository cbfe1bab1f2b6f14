/** The state of a run: the process, the receivers, the disk, the clock and the account, and what can be done with them. */
import type { Commands } from '../../src/commands/handlers.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { RetentionSettings } from '../../src/domain/retention.js';
import { type Cause, streamOf } from '../../src/domain/stream.js';
import { ENDPOINT } from '../../src/vault/secrets.js';
import { createAccount } from '../support/account/account.js';
import { MAX_LINES } from '../support/account/lane.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { createAnnouncements } from './announcements.js';
import { type Chance, createChance } from './chance.js';
import { createConduct } from './conduct.js';
import type { DiskState, Disks } from './disk.js';
import type { Invariant, Report } from './invariants.js';
import { type CrashPoint, type SimulatedProcess, startProcess } from './process.js';
import { type Arrival, createReceivers } from './receivers.js';
import type { Tally } from './tally.js';
import { createWatch } from './watch.js';

/** An invariant was violated. */
export class Violation extends Error {
  constructor(
    readonly invariant: Invariant,
    message: string,
  ) {
    super(message);
  }
}

export interface WorldOptions {
  seed: number;
  disks: Disks;
  tally: Tally;
  /** Receives a line for everything that happens. */
  trace: (line: string) => void;
}

/** More turns of the event loop than anything takes without time passing. */
const MAX_TURNS = 20_000;
/** So many turns without activity mean that nothing is in progress: a command waits one turn, and retention one more. */
const QUIET_TURNS = 3;
/** Turns after which the code of a crashed process does not touch its files any more. */
const TURNS_AFTER_CRASH = 4;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const CAUSE: Cause = { actor: 'simulation', traceId: '0af7651916cd43dd8448eb211c80319c' };

/** The kinds of recovery that runs must reach. */
export const recoveries = [
  'an attempt repeated by a new process',
  'a start that a full disk refused',
  'a stop that let all work end',
  'a stop that aborted work',
  'a portal that was pruned',
  'a redelivery through another webhook',
] as const;

export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld({ seed, disks, tally, trace }: WorldOptions) {
  const clock = new FakeClock();
  const start = clock.now();
  const chance = createChance(seed, 'actions');
  const unsigned = !createChance(seed, 'signatures').happens(0.2);
  const retention = retentionOf(createChance(seed, 'retention'));
  const violations: Violation[] = [];
  const state = { disk: 'working' as DiskState, directory: disks.fresh(), processes: 0, activity: 0 };
  let running: SimulatedProcess | null = null;
  /** The files of the crashed process, as they were at the crash. */
  let copied: string | null = null;

  const note = (line: () => string) => trace(`${((clock.now() - start) / 1_000).toFixed(3).padStart(11)}  ${line()}`);
  const report: Report = (invariant, message) => {
    note(() => `VIOLATION ${invariant}: ${message}`);
    violations.push(new Violation(invariant, message));
  };
  const throwFirst = () => {
    const [first] = violations;
    if (first) throw first;
  };

  let openedBy: SimulatedProcess['secrets'] | null = null;
  const account = createAccount(report, {
    openEndpoint: (id, sealed) => openedBy?.openIfKept(streamOf('destination', id), ENDPOINT, sealed) ?? '',
    undeliveredAgeMs: retention.undeliveredAgeMs,
    onAttempt: (attempt, delivered) => conduct.onAttempt(attempt, delivered),
  });
  const conduct = createConduct(account, report, readLog, () =>
    tally.hit('recoveries', 'an attempt repeated by a new process'),
  );
  const watch = createWatch(
    account,
    report,
    clock,
    (webhookId) => !running || state.disk !== 'working' || conduct.inFlight.has(webhookId),
  );
  const announcements = createAnnouncements(
    account,
    report,
    clock,
    retention,
    () => conduct.inFlight.size > 0,
    (webhookId) => {
      const { webhook } = account.lanes.get(webhookId) ?? {};
      const limits = account.destinations.get(webhook?.destinationId ?? '');
      return !webhook || !limits || limits.wasLimited;
    },
  );
  const chances = { receivers: createChance(seed, 'receivers'), connections: createChance(seed, 'connections') };
  const receivers = createReceivers(clock, chances, report, {
    onArrival(arrival) {
      state.activity += 1;
      conduct.read();
      const webhookId = account.deliveries.all.get(arrival.deliveryId)?.webhookId ?? '';
      announcements.sent(webhookId);
      conduct.onArrival(arrival);
      watch.sent(webhookId);
    },
    onReply(arrival, { answer, accepts, early }, fault) {
      note(() => `${describe(arrival)}: ${early ? 'early ' : ''}${answer}${accepts ? '' : ', not accepted'}`);
      tally.hit('answers', String(answer));
      if (fault) tally.hit('faults', fault);
    },
    onNoConnection(host, fault) {
      note(() => `no connection to ${host}: ${fault}`);
      tally.hit('faults', fault);
    },
    onAccepted: conduct.onAccepted,
    onEnd: (arrival, known) => conduct.onEnd(arrival, known, clock.now()),
    onManner(manner) {
      note(() => `  ${manner}`);
      tally.hit('manners', manner);
    },
    onActivity: () => void (state.activity += 1),
  });

  /** Applies all committed events to the account. */
  function readLog(): void {
    if (running) readFrom(running);
  }

  function readFrom({ log, secrets }: Pick<SimulatedProcess, 'log' | 'secrets'>): void {
    openedBy = secrets;
    for (const event of log.after(account.position(), 100_000)) {
      note(() => `  ${event.position} ${event.stream} ${event.type} ${JSON.stringify(event.data).slice(0, 160)}`);
      tally.hit('events', event.type);
      if (event.type === 'BatchStarted') tally.hit('purposes', event.data.purpose ?? 'FIRST');
      account.apply(event);
    }
  }

  /** Lets everything run that needs no time, for at most so many turns of the event loop. */
  async function settle(turns = MAX_TURNS): Promise<void> {
    let quiet = 0;
    for (let turn = 0; turn < turns && quiet < QUIET_TURNS; turn += 1) {
      const before = state.activity;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = state.activity === before && !receivers.areStarting() ? quiet + 1 : 0;
      if (turn === MAX_TURNS - 1) report('progress', 'the process does not become idle while no time passes');
    }
    if (running && !running.hasEnded()) {
      readLog();
      watch.memory(running);
    }
    throwFirst();
    if (running?.hasEnded()) await removeCrashed(running);
  }

  async function removeCrashed(crashed: SimulatedProcess): Promise<void> {
    running = null;
    for (let turn = 0; turn < TURNS_AFTER_CRASH; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    crashed.closeFiles();
    disks.discard(crashed.directory);
    state.directory = copied ?? state.directory;
    conduct.onProcessEnd();
  }

  /** Starts a process, unless one is running. */
  async function startNext(): Promise<void> {
    if (running) return;
    state.processes += 1;
    const number = state.processes;
    note(() => `process ${number} starts`);
    try {
      running = await startProcess({
        number,
        directory: state.directory,
        clock,
        random: createChance(seed, `process ${number}`).bytes,
        unsigned,
        retention,
        onCommitted: readFrom,
        createSender: receivers.senderOf,
        diskState: () => state.disk,
        onCrash(where) {
          note(() => `process ${number} crashes: ${where}`);
          tally.hit('crashes', where);
          copied = disks.copyOf(state.directory);
          if (state.disk === 'sync fails') state.disk = 'working';
        },
        onGroup: () => void (state.activity += 1),
        onError(line) {
          // A command that a full disk refused is repeated.
          if (!line.includes('"type":"Refusal"')) report('healthy', line);
        },
        onReadLogins(count) {
          if (count > MAX_LINES) report('memory', `${count} logins are read at once`);
        },
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.hit('recoveries', 'a start that a full disk refused');
    }
    await settle();
  }

  function idle(): void {
    watch.idle();
    if (running && !running.hasEnded() && state.disk === 'working') announcements.idle(running);
    else announcements.disturb();
  }

  /** Lets time pass, with everything that happens meanwhile. */
  async function pass(ms: number): Promise<void> {
    await settle();
    idle();
    const until = clock.now() + ms;
    for (;;) {
      const next = clock.nextTimer;
      if (next === null || next > until) break;
      clock.advanceTo(next);
      await settle();
      idle();
    }
    clock.advanceTo(until);
    await settle();
    idle();
    throwFirst();
  }

  return {
    seed,
    /** When the run began, in ms. */
    start,
    clock,
    chance,
    account,
    conduct,
    receivers,
    retention,
    tally,
    state,
    note,
    report,
    throwFirst,
    settle,
    startNext,
    pass,
    /** Sends a command to the process, and does not wait. `onAnswer` gets the answer, unless the process crashes before. */
    ask<T>(what: string, ask: (commands: Commands) => Promise<T>, onAnswer: (answer: T) => void = () => {}): void {
      if (!running) return;
      const answering = running;
      state.activity += 1;
      note(() => `> ${what}`);
      ask(answering.commands).then(
        (answer) => {
          if (!answering.hasEnded()) onAnswer(answer);
        },
        (error: unknown) => {
          if (answering.hasEnded()) return;
          if (!(error instanceof Refusal)) return report('healthy', `${what}: ${String(error)}`);
          note(() => `  refused: ${error.message}`);
          tally.hit('refusals', error.code);
        },
      );
    },
    /** Crashes the process when it reaches this point for the nth time. */
    crashAt: (point: CrashPoint, nth: number): void => running?.crashAt(point, nth),
    cancelCrash: (): void => running?.crashAt('while nothing happens', Number.POSITIVE_INFINITY),
    running: (): SimulatedProcess | null => running,
    isRunning: (): boolean => running !== null,
    /** Stops the process normally: the work in progress has some time to end, and is then aborted. */
    async stop(graceMs: number): Promise<void> {
      const stopping = running;
      if (!stopping) return;
      let isDone = false;
      void stopping.stop().then(() => (isDone = true));
      const until = clock.now() + graceMs;
      await settle();
      while (!isDone && !stopping.hasEnded() && clock.now() < until) {
        await pass(Math.min(until, clock.nextTimer ?? until) - clock.now());
      }
      if (stopping.hasEnded()) return;
      tally.hit('recoveries', isDone ? 'a stop that let all work end' : 'a stop that aborted work');
      note(() => `process ${stopping.number} stops`);
      if (!(await stopping.close())) return settle();
      running = null;
      conduct.onProcessEnd();
    },
    /** Crashes the process now. */
    async crash(): Promise<void> {
      running?.crashAt('while nothing happens', 1);
      running?.reach('while nothing happens');
      await settle();
    },
    /** Ends the run and deletes its files. */
    discard(): void {
      running?.end();
      running?.closeFiles();
      disks.discard(state.directory);
    },
  };
}

/** Half of the runs keep everything. The others keep logins for minutes or hours, and some of them limit the size. */
function retentionOf(chance: Chance): RetentionSettings {
  if (chance.happens(0.5)) return { ageMs: 365 * DAY_MS, undeliveredAgeMs: 365 * DAY_MS, sizeBytes: null };
  const ageMs = chance.pick([1, 10, 60]) * MINUTE_MS;
  const undeliveredAgeMs = ageMs * chance.pick([1, 5, 100]);
  return { ageMs, undeliveredAgeMs, sizeBytes: chance.pick([null, null, 300_000]) };
}

function describe({ deliveryId, logins, target }: Arrival): string {
  const [first, last] = [logins[0], logins.at(-1)];
  return `POST ${deliveryId.slice(0, 8)} portal ${first?.portal} ${first?.number} to ${last?.number} -> ${target.endpoint}`;
}
