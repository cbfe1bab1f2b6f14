/** One simulated process: the product in one thread, with files, a clock, randomness and a network of the simulation. */
import { type Connection, openReader, openWriter, usedBytes } from '../../db/open.js';
import type { Commands } from '../../src/commands/handlers.js';
import { loadConfig } from '../../src/config.js';
import { createAddressGuard } from '../../src/delivery/egress/address-guard.js';
import type { createSender } from '../../src/delivery/transport/sender.js';
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
import { createSecrets, type Secrets } from '../../src/vault/secrets.js';
import { createSigners } from '../../src/vault/signing-keys.js';
import { type DiskState, withHooks } from './disk.js';

const MASTER_KEY = Buffer.alloc(32, 3);
const CAUSE = { actor: 'system', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
const config = loadConfig({ AUDITWIRE_LOG_LEVEL: 'error' });

/** Where a process can crash. */
export const crashPoints = [
  'while nothing happens',
  'before a commit',
  'inside a commit',
  'after a commit',
  'before a POST',
  'while a POST is in flight',
  'after its response',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface ProcessOptions {
  /** From 1. */
  number: number;
  directory: string;
  clock: Clock;
  random: Random;
  unsigned: boolean;
  retention: RetentionSettings;
  /** Called at the start, and after each commit. */
  onCommitted: (committed: Pick<SimulatedProcess, 'log' | 'secrets'>) => void;
  createSender: (process: Crashable, options: Parameters<typeof createSender>[0]) => Sender;
  diskState: () => DiskState;
  /** The process crashed. Its files must be copied now: what it writes later does not count. */
  onCrash: (where: string) => void;
  /** A group of commands begins. */
  onGroup: () => void;
  /** The product logged an error. */
  onError: (line: string) => void;
  onReadLogins: (count: number) => void;
}

/** What the sender may know of its process. */
export interface Crashable {
  readonly number: number;
  /** The process has ended: whatever its code still does has no effect. */
  hasEnded(): boolean;
  /** The process reaches a crash point, and may crash there. */
  reach(point: CrashPoint): void;
}

export interface SimulatedProcess extends Crashable {
  readonly directory: string;
  readonly commands: Commands;
  readonly log: LogReader;
  readonly models: ReadModels;
  readonly secrets: Secrets;
  /** How many timers are set, without those of the sender. */
  timers(): number;
  /** Crashes the process when it reaches a point for the nth time, from 1. */
  crashAt(point: CrashPoint, nth: number): void;
  /** Stops the services. Resolves when the work in progress has ended. */
  stop(): Promise<void>;
  /** Stops the rest of the work, and closes the files as a server does. False: the process crashed meanwhile. */
  close(): Promise<boolean>;
  /** Ends the process: whatever its code does from now on has no effect. */
  end(): void;
  /** Closes the files of a process that has ended. */
  closeFiles(): void;
}

/** @throws Refusal if the log cannot be written, as a server does at its start */
export async function startProcess(options: ProcessOptions): Promise<SimulatedProcess> {
  const { number, directory, random, onCrash } = options;
  const writing = openWriter(directory);
  const reading = openReader(directory);
  const clock = clockOfProcess(options.clock);
  const clockOfSender = clockOfProcess(options.clock);
  let ended = false;
  let planned: { point: CrashPoint; left: number } | null = null;

  let resolveCrashed = () => {};
  const crashed = new Promise<void>((resolve) => {
    resolveCrashed = resolve;
  });

  function crash(where: string): void {
    if (ended) return;
    onCrash(where);
    end();
    resolveCrashed();
  }

  function end(): void {
    ended = true;
    clock.end();
    clockOfSender.end();
  }

  const crashable: Crashable = {
    number,
    hasEnded: () => ended,
    reach(point) {
      if (planned?.point !== point || --planned.left > 0) return;
      planned = null;
      crash(point);
    },
  };

  const hooked = withHooks(writing, {
    onBegin: options.onGroup,
    state: () => (ended ? 'working' : options.diskState()),
    before: () => crashable.reach('before a commit'),
    after() {
      if (!ended) options.onCommitted({ log, secrets });
      crashable.reach('after a commit');
    },
  });
  const log = createLogReader(reading.db);
  const models = createReadModels(reading.db);
  const secrets = createSecrets(reading.db, MASTER_KEY, random);
  if (!areUpToDate(reading.db)) options.onError('the read models are not up to date');
  options.onCommitted({ log, secrets });
  const tail = createTail(log);
  const logger = createLogger('error', { write: (line) => void (ended || options.onError(line)) });
  const signers = createSigners(models.issuer.signingKey, secrets);
  const { commands, delivery } = runHere({
    config,
    masterKey: MASTER_KEY,
    writing: hooked,
    reading: {
      log: { ...log, data: counted(log, options.onReadLogins) },
      models,
      secrets,
      signers,
    },
    tail,
    guard: createAddressGuard([]),
    clock,
    random,
    unsigned: options.unsigned,
    logger,
    createSender: (given) => options.createSender(crashable, { ...given, clock: clockOfSender }),
    project: () => crashable.reach('inside a commit'),
    onFatal: () => crash('a sync that failed'),
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

  const simulated: SimulatedProcess = {
    ...crashable,
    directory,
    commands,
    log,
    models,
    secrets,
    timers: clock.count,
    crashAt: (point, nth) => void (planned = { point, left: nth }),
    async stop() {
      await Promise.all([delivery.engine.stop(), retention.stop()]);
    },
    async close() {
      void tail.stop();
      await Promise.race([commands.stop(), crashed]);
      if (ended) return false;
      await delivery.sender.stop();
      end();
      signers.close();
      reading.sqlite.close();
      writing.sqlite.close();
      return true;
    },
    end,
    closeFiles() {
      signers.close();
      closeWithoutCheckpoint(writing, reading);
    },
  };

  try {
    const identified = commands.execute('identifyOrganization', { organizationId: null }, CAUSE);
    await Promise.race([Promise.all([identified, commands.execute('ensureSigningKey', {}, CAUSE)]), crashed]);
  } catch (error) {
    end();
    simulated.closeFiles();
    throw error;
  }
  if (ended) return simulated;
  await delivery.engine.start();
  await retention.start();
  return simulated;
}

function counted(log: LogReader, onRead: (count: number) => void): LogReader['data'] {
  return (stream, first, last) => {
    const data = log.data(stream, first, last);
    onRead(data.length);
    return data;
  };
}

/** Closes the reader last: a connection that only reads does not copy the write-ahead log into the database. */
function closeWithoutCheckpoint(writing: Connection, reading: Connection): void {
  writing.sqlite.close();
  reading.sqlite.close();
}

/** The clock of a process. When the process ends, its timers are cancelled. */
function clockOfProcess(clock: Clock): Clock & { count(): number; end(): void } {
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
