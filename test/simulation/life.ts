/** One life of the process: the product as it runs in one thread, over files, a clock, chance and a network of the simulation. */

import { type Connection, openReader, openWriter, usedBytes } from '../../db/open.js';
import type { Commands } from '../../src/commands/handlers.js';
import { loadConfig } from '../../src/config.js';
import { createAddressGuard } from '../../src/delivery/egress/address-guard.js';
import type { Sender } from '../../src/delivery/transport/types.js';
import type { RetentionSettings } from '../../src/domain/retention.js';
import type { LogReader } from '../../src/log/event-log.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createTail } from '../../src/log/tail.js';
import { createRetention } from '../../src/maintenance/retention.js';
import { createReadModels, type ReadModels } from '../../src/projections/read-models.js';
import { areUpToDate } from '../../src/projections/rebuild.js';
import type { Clock } from '../../src/runtime/clock.js';
import { createLogger } from '../../src/runtime/logger.js';
import type { Random } from '../../src/runtime/random.js';
import { runHere } from '../../src/threads/workers.js';
import { createSecrets } from '../../src/vault/secrets.js';
import { type DiskState, withHooks } from './disk.js';

const MASTER_KEY = Buffer.alloc(32, 3);
const CAUSE = { actor: 'system', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
const config = loadConfig({ AUDITWIRE_LOG_LEVEL: 'error' });

/** Where a process may end without a warning. */
export const crashPoints = [
  'while nothing happens',
  'before a commit',
  'inside a commit',
  'after a commit',
  'before a POST',
  'while a POST is under way',
  'after its response',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface LifeOptions {
  number: number;
  directory: string;
  clock: Clock;
  random: Random;
  unsigned: boolean;
  retention: RetentionSettings;
  /** What is committed, from the life before on. */
  onCommitted: (log: LogReader) => void;
  createSender: (mortal: Mortal) => Sender;
  diskState: () => DiskState;
  /** The process is gone: what it leaves is what its files hold now. */
  onDeath: (where: string) => void;
  /** A group of commands begins. */
  onGroup: () => void;
  /** The product said that something is wrong with itself. */
  onFault: (line: string) => void;
  onReadLogins: (count: number) => void;
}

/** What ends with a process. */
export interface Mortal {
  /** Of the life, from 1. */
  readonly number: number;
  /** Nothing that it does any more has happened. */
  isOver(): boolean;
  /** It has come to a point, and maybe dies there. */
  reach(point: CrashPoint): void;
}

export interface Life extends Mortal {
  readonly directory: string;
  readonly commands: Commands;
  readonly log: LogReader;
  readonly models: ReadModels;
  /** Timers that are set. */
  timers(): number;
  /** It dies when it comes to this point for the nth time, from 1. */
  dieAt(point: CrashPoint, nth: number): void;
  /** Lets what is under way end; resolves when nothing is. */
  stop(): Promise<void>;
  /** Cuts off what is still under way, and closes the files as a server does. False: it died of it. */
  close(): Promise<boolean>;
  /** Nothing that it does from here on has happened. */
  end(): void;
  /** Lets go of the files of a life that is over. */
  bury(): void;
}

/** @throws Refusal if the log cannot be written, as a server does that is started then */
export async function startLife(options: LifeOptions): Promise<Life> {
  const { number, directory, random, onDeath } = options;
  const writing = openWriter(directory);
  const reading = openReader(directory);
  const clock = clockOfLife(options.clock);
  let isOver = false;
  let death: { point: CrashPoint; left: number } | null = null;

  let tellDeath = () => {};
  const died = new Promise<void>((resolve) => {
    tellDeath = resolve;
  });

  function die(where: string): void {
    if (isOver) return;
    onDeath(where);
    end();
    tellDeath();
  }

  function end(): void {
    isOver = true;
    clock.end();
  }

  const mortal: Mortal = {
    number,
    isOver: () => isOver,
    reach(point) {
      if (death?.point !== point || --death.left > 0) return;
      death = null;
      die(point);
    },
  };

  const hooked = withHooks(writing, {
    onBegin: options.onGroup,
    state: () => (isOver ? 'well' : options.diskState()),
    before: () => mortal.reach('before a commit'),
    after() {
      if (!isOver) options.onCommitted(log);
      mortal.reach('after a commit');
    },
  });
  const log = createLogReader(reading.db);
  const models = createReadModels(reading.db);
  if (!areUpToDate(reading.db)) options.onFault('the read models are not up to date');
  options.onCommitted(log);
  const tail = createTail(log);
  const logger = createLogger('error', { write: (line) => void (isOver || options.onFault(line)) });
  const { commands, delivery } = runHere({
    config,
    masterKey: MASTER_KEY,
    writing: hooked,
    reading: {
      log: { ...log, data: counted(log, options.onReadLogins) },
      models,
      secrets: createSecrets(reading.db, MASTER_KEY, random),
    },
    tail,
    guard: createAddressGuard([]),
    clock,
    random,
    unsigned: options.unsigned,
    logger,
    createSender: () => options.createSender(mortal),
    project: () => mortal.reach('inside a commit'),
    onFatal: () => die('a sync that failed'),
  });

  const retention = createRetention({
    commands,
    log,
    models,
    tail,
    clock,
    random,
    logger,
    settings: options.retention,
    usedBytes: () => usedBytes(reading),
  });

  const life: Life = {
    ...mortal,
    directory,
    commands,
    log,
    models,
    timers: clock.count,
    dieAt: (point, nth) => void (death = { point, left: nth }),
    async stop() {
      await Promise.all([delivery.engine.stop(), retention.stop()]);
    },
    async close() {
      void tail.stop();
      await Promise.race([commands.stop(), died]);
      if (isOver) return false;
      await delivery.sender.stop();
      end();
      reading.sqlite.close();
      writing.sqlite.close();
      return true;
    },
    end,
    bury: () => closeWithoutCheckpoint(writing, reading),
  };

  try {
    const identified = commands.execute('identifyOrganization', { organizationId: null }, CAUSE);
    await Promise.race([Promise.all([identified, commands.execute('ensureSigningKey', {}, CAUSE)]), died]);
  } catch (error) {
    end();
    life.bury();
    throw error;
  }
  if (isOver) return life;
  await delivery.engine.start();
  await retention.start();
  return life;
}

function counted(log: LogReader, onRead: (count: number) => void): LogReader['data'] {
  return (stream, first, last) => {
    const data = log.data(stream, first, last);
    onRead(data.length);
    return data;
  };
}

/** The reader goes last: what only reads copies nothing from the write-ahead log into the database. */
function closeWithoutCheckpoint(writing: Connection, reading: Connection): void {
  writing.sqlite.close();
  reading.sqlite.close();
}

/** The clock of a process: its timers are gone when it is. */
function clockOfLife(clock: Clock): Clock & { count(): number; end(): void } {
  const timers = new Set<() => void>();
  let ended = false;
  return {
    now: () => clock.now(),
    at(time, callback) {
      if (ended) return () => {};
      const cancel = clock.at(time, () => {
        timers.delete(cancel);
        callback();
      });
      timers.add(cancel);
      return () => {
        timers.delete(cancel);
        cancel();
      };
    },
    count: () => timers.size,
    end() {
      ended = true;
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
