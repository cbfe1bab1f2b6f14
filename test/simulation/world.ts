/** Everything of a run: the process and its lives, the receivers, the time, what was asked for and what came of it. */

import type { Commands } from '../../src/commands/handlers.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { RetentionSettings } from '../../src/domain/retention.js';
import type { Cause } from '../../src/domain/stream.js';
import type { LogReader } from '../../src/log/event-log.js';
import { createAccount } from '../support/account/account.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { type Chance, createChance } from './chance.js';
import { createConduct } from './conduct.js';
import type { DiskState, Disks } from './disk.js';
import type { Invariant, Report } from './invariants.js';
import { type CrashPoint, type Life, startLife } from './life.js';
import { type Arrival, createReceivers } from './receivers.js';
import type { Tally } from './tally.js';
import { createWatch } from './watch.js';

/** Something that must hold did not. */
export class Violation extends Error {
  constructor(
    readonly invariant: Invariant,
    words: string,
  ) {
    super(words);
  }
}

export interface WorldOptions {
  seed: number;
  disks: Disks;
  tally: Tally;
  /** Told of everything that happens, in a line each. */
  trace: (line: string) => void;
}

/** More turns of the event loop without time passing than anything takes. */
const MOST_TURNS = 20_000;
/** A command waits for the next turn, and retention for one more before it gives one: then nothing is on its way. */
const QUIET_TURNS = 3;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const CAUSE: Cause = { actor: 'simulation', traceId: '0af7651916cd43dd8448eb211c80319c' };

/** How runs get over what befell them. */
export const recoveries = [
  'a try repeated by a new process',
  'a start that a full disk refused',
  'a stop that let all end',
  'a stop that cut something off',
  'a portal that was pruned',
] as const;

export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld({ seed, disks, tally, trace }: WorldOptions) {
  const clock = new FakeClock();
  const start = clock.now();
  const chance = createChance(seed, 'actions');
  const unsigned = !createChance(seed, 'signatures').happens(0.2);
  const retention = retentionOf(createChance(seed, 'retention'));
  const violations: Violation[] = [];
  const state = { disk: 'well' as DiskState, directory: disks.fresh(), lives: 0, activity: 0 };
  let life: Life | null = null;
  let heir: string | null = null;

  const note = (line: () => string) => trace(`${((clock.now() - start) / 1_000).toFixed(3).padStart(11)}  ${line()}`);
  const report: Report = (invariant, words) => {
    note(() => `VIOLATION ${invariant}: ${words}`);
    violations.push(new Violation(invariant, words));
  };
  const throwFirst = () => {
    const [first] = violations;
    if (first) throw first;
  };

  const account = createAccount(report, {
    undeliveredAgeMs: retention.undeliveredAgeMs,
    onAttempt: (attempt, delivered) => conduct.onAttempt(attempt, delivered),
  });
  const conduct = createConduct(account, report, readLog, () =>
    tally.hit('recoveries', 'a try repeated by a new process'),
  );
  const watch = createWatch(
    account,
    report,
    clock,
    (portalId) => !life || state.disk !== 'well' || conduct.inFlight.has(portalId),
  );
  const receivers = createReceivers(clock, createChance(seed, 'receivers'), {
    onArrival(arrival) {
      state.activity += 1;
      conduct.onArrival(arrival);
      watch.sent(account.deliveries.all.get(arrival.deliveryId)?.portalId ?? '');
    },
    onReply(arrival, reply, fault) {
      note(() => `${describe(arrival)}: ${reply.code ?? reply.error}${reply.accepts ? '' : ', not accepted'}`);
      tally.hit('answers', reply.code === null ? reply.error : String(reply.code));
      if (fault) tally.hit('faults', fault);
      conduct.onReply(arrival, reply);
    },
    onEnd: (arrival, reply) => conduct.onEnd(arrival, reply, clock.now()),
  });

  /** Brings the account up to what is committed. */
  function readLog(): void {
    if (life) readFrom(life.log);
  }

  function readFrom(log: LogReader): void {
    for (const event of log.after(account.position(), 100_000)) {
      note(() => `  ${event.position} ${event.stream} ${event.type} ${JSON.stringify(event.data).slice(0, 160)}`);
      tally.hit('events', event.type);
      if (event.type === 'BatchStarted') tally.hit('purposes', event.data.purpose ?? 'FIRST');
      account.apply(event);
    }
  }

  /** Lets everything run that needs no time, or so many turns of it. */
  async function settle(turns = MOST_TURNS): Promise<void> {
    let quiet = 0;
    for (let turn = 0; turn < turns && quiet < QUIET_TURNS; turn += 1) {
      const before = state.activity;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = state.activity === before ? quiet + 1 : 0;
      if (turn === MOST_TURNS - 1) report('progress', 'the process works on and on without time passing');
    }
    if (life && !life.isOver()) {
      readLog();
      watch.memory(life);
    }
    throwFirst();
    if (life?.isOver()) await bury(life);
  }

  async function bury(dead: Life): Promise<void> {
    life = null;
    for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    dead.bury();
    disks.discard(dead.directory);
    state.directory = heir ?? state.directory;
    conduct.onProcessEnd();
  }

  /** Starts a process, unless there is one. */
  async function live(): Promise<void> {
    if (life) return;
    state.lives += 1;
    note(() => `life ${state.lives} begins`);
    try {
      life = await startLife({
        number: state.lives,
        directory: state.directory,
        clock,
        random: createChance(seed, `life ${state.lives}`).bytes,
        unsigned,
        retention,
        onCommitted: readFrom,
        createSender: receivers.senderOf,
        diskState: () => state.disk,
        onDeath(where) {
          note(() => `life ${state.lives} ends: ${where}`);
          tally.hit('crashes', where);
          heir = disks.copyOf(state.directory);
          if (state.disk === 'fails') state.disk = 'well';
        },
        onGroup: () => void (state.activity += 1),
        onFault(line) {
          // What a full disk refused is tried again.
          if (!line.includes('"type":"Refusal"')) report('healthy', line);
        },
        onReadLogins(count) {
          if (count > 500) report('memory', `${count} logins are read at once`);
        },
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.hit('recoveries', 'a start that a full disk refused');
    }
    await settle();
  }

  /** Lets time pass, with all that happens meanwhile. */
  async function pass(ms: number): Promise<void> {
    await settle();
    const until = clock.now() + ms;
    for (;;) {
      const next = clock.nextTimer;
      if (next === null || next > until) break;
      clock.advanceTo(next);
      await settle();
      watch.idle();
    }
    clock.advanceTo(until);
    await settle();
    watch.idle();
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
    live,
    pass,
    /** Asks the process for something; what it answers is told if it lives to say it. Nothing is awaited. */
    ask<T>(what: string, ask: (commands: Commands) => Promise<T>, onAnswer: (answer: T) => void = () => {}): void {
      if (!life) return;
      const asked = life;
      state.activity += 1;
      note(() => `> ${what}`);
      ask(asked.commands).then(
        (answer) => {
          if (!asked.isOver()) onAnswer(answer);
        },
        (error: unknown) => {
          if (asked.isOver()) return;
          if (!(error instanceof Refusal)) return report('healthy', `${what}: ${String(error)}`);
          note(() => `  refused: ${error.message}`);
          tally.hit('refusals', error.code);
        },
      );
    },
    /** The process dies when it comes to this point for the nth time. */
    dieAt: (point: CrashPoint, nth: number): void => life?.dieAt(point, nth),
    /** It does not die any more where it was to. */
    spare: (): void => life?.dieAt('while nothing happens', Number.POSITIVE_INFINITY),
    life: (): Life | null => life,
    isLiving: (): boolean => life !== null,
    /** Ends the process in order: what is under way gets some time to end, and is then cut off. */
    async stop(graceMs: number): Promise<void> {
      const stopping = life;
      if (!stopping) return;
      let isDone = false;
      void stopping.stop().then(() => (isDone = true));
      const until = clock.now() + graceMs;
      await settle();
      while (!isDone && !stopping.isOver() && clock.now() < until) {
        await pass(Math.min(until, clock.nextTimer ?? until) - clock.now());
      }
      if (stopping.isOver()) return;
      tally.hit('recoveries', isDone ? 'a stop that let all end' : 'a stop that cut something off');
      note(() => `life ${stopping.number} is stopped`);
      if (!(await stopping.close())) return settle();
      life = null;
      conduct.onProcessEnd();
    },
    /** The process ends without a warning, now. */
    async crash(): Promise<void> {
      life?.dieAt('while nothing happens', 1);
      life?.reach('while nothing happens');
      await settle();
    },
    /** Lets go of everything. */
    discard(): void {
      life?.end();
      life?.bury();
      disks.discard(state.directory);
    },
  };
}

/** Half of the runs keep everything; the others little, and some of these no more than fits. */
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
