import type { Logger } from 'pino';
import { type Connection, lockDataDirectory, openReader, openWriter } from '../db/open.js';
import type { Services } from '../schema/builder.js';
import { type Clock, systemClock } from './clock.js';
import { createHandlers } from './commands/handlers.js';
import { type Config, VERSION } from './config.js';
import { type AddressGuard, createAddressGuard, type Resolve } from './delivery/address-guard.js';
import { compressInThread, compressOnPool } from './delivery/batch.js';
import { createEngine } from './delivery/engine.js';
import { createSender, type Sender } from './delivery/send.js';
import { createSigners } from './delivery/sign.js';
import type { Cause, Recorded } from './domain/event.js';
import { makeToken } from './http/auth.js';
import { createHttpServer } from './http/server.js';
import { createAppender } from './log/append.js';
import { createLogReader } from './log/read.js';
import { createTail } from './log/tail.js';
import { createWriter } from './log/write.js';
import { readMasterKey } from './master-key.js';
import { createReadModels, projectInto } from './projections/read-models.js';
import { isRebuildUnfinished } from './projections/rebuild.js';
import { type Random, randomTraceId, systemRandom } from './random.js';
import { createSecrets } from './secrets.js';
import { logAttempts } from './telemetry.js';

/** Where time, chance and the network come in, and what a test puts in their place. */
export interface Surroundings {
  clock?: Clock;
  random?: Random;
  resolve?: Resolve;
  createSender?: (options: { guard: AddressGuard; clock: Clock; userAgent: string }) => Sender;
  /** true: lines are signed and compressed in this thread, so that the same inputs give the same log. */
  inThread?: boolean;
  /** false: nothing is delivered, for a command that only looks or changes something. */
  deliver?: boolean;
  /** Sees each event in the transaction that appends it, after the read models. */
  project?: (event: Recorded) => void;
  /** What is on disk is not known any more; must end the process. */
  onFatal?: (error: unknown) => void;
}

export interface App {
  services: Services;
  /** The administrator's token, where `listen` has issued the first one of the data directory; it is stored nowhere. */
  readonly firstToken: string | null;
  organizationId: string;
  /** @returns the port */
  listen(): Promise<number>;
  /** Finishes what is under way, within the deadline of the settings, and closes the data directory. */
  close(): Promise<void>;
}

/** A rebuild of this data directory did not end. */
export class RebuildUnfinished extends Error {}

export const SYSTEM = 'system';

/**
 * All the wiring of a server over a data directory, which it holds until it is closed.
 *
 * @throws DataDirectoryError, MasterKeyError, WrongMasterKey, RebuildUnfinished
 */
export async function createApp(config: Config, logger: Logger, surroundings: Surroundings = {}): Promise<App> {
  const { clock = systemClock, random = systemRandom, onFatal = endProcess(logger) } = surroundings;
  const unlock = lockDataDirectory(config.dataDir);
  let writing: Connection | undefined;
  let reading: Connection | undefined;
  const closeFiles = () => {
    reading?.sqlite.close();
    writing?.sqlite.close();
    unlock();
  };
  try {
    writing = openWriter(config.dataDir);
    reading = openReader(config.dataDir);
    return await wire(writing, reading);
  } catch (error) {
    closeFiles();
    throw error;
  }

  async function wire(writing: Connection, reading: Connection): Promise<App> {
    if (isRebuildUnfinished(writing.db)) {
      throw new RebuildUnfinished('A rebuild of this data directory was interrupted; run "auditwire rebuild" again.');
    }
    const log = createLogReader(reading.db);
    const isNew = log.head() === 0;
    const masterKey = config.masterKey ?? readMasterKey(config.masterKeyFile, isNew, random);
    const secrets = createSecrets(reading.db, masterKey, random);
    secrets.verify();

    const models = createReadModels(reading.db);
    const tail = createTail(log);
    const commands = createCommands(writing, masterKey, tail.wake);
    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    const organizationId = await commands.execute(
      'identifyOrganization',
      { organizationId: config.organizationId },
      cause,
    );
    await commands.execute('ensureSigningKey', {}, cause);
    let firstToken: string | null = null;

    const guard = createAddressGuard(config.allowedAddresses, surroundings.resolve);
    const makeSender = surroundings.createSender ?? createSender;
    const sender = makeSender({ guard, clock, userAgent: `Auditwire/${VERSION}` });
    const engine = createEngine({
      commands,
      tail,
      log,
      models,
      secrets,
      signerOf: createSigners(models.identity, secrets, surroundings.inThread),
      compress: surroundings.inThread ? compressInThread : compressOnPool,
      sender,
      clock,
      random,
      line: config.line,
      onFault: (error, portalId) => logger.error({ err: error, portalId }, 'delivery paused for a moment'),
    });
    const services: Services = { commands, log, tail, models, guard, clock };
    const http = createHttpServer(services, random, logger);
    void logAttempts(tail.from('all', tail.head()), logger);
    if (surroundings.deliver !== false) engine.start();

    return {
      services,
      get firstToken() {
        return firstToken;
      },
      organizationId,
      async listen() {
        const port = await http.listen(config.host, config.port);
        // Not before: where the port is taken nobody would be shown the token.
        if (!models.tokens.all().length) {
          const { token, hash } = makeToken(random);
          await commands.execute('issueToken', { name: 'admin', hash, revokeOthers: false }, cause);
          firstToken = token;
        }
        return port;
      },
      async close() {
        const late = deadline(config.shutdownMs);
        await Promise.race([Promise.all([http.close(), engine.stop()]), late.passed]);
        late.cancel();
        tail.close();
        // The log before the network: a try that is cut off here has no outcome, and is made again at the next start.
        await commands.close();
        await sender.close();
        closeFiles();
      },
    };
  }

  function createCommands(connection: Connection, masterKey: Buffer, onCommit: (head: number) => void) {
    const log = createLogReader(connection.db);
    const models = createReadModels(connection.db);
    const project = projectInto(models);
    const appender = createAppender(connection.db, log, (event) => {
      project(event);
      surroundings.project?.(event);
    });
    const secrets = createSecrets(connection.db, masterKey, random);
    const handlers = createHandlers({ log, appender, models, secrets, random });
    return createWriter({ connection, appender, handlers, now: () => clock.now(), onCommit, onFatal });
  }
}

/** Exit code of an input/output error in sysexits.h. */
const EXIT_IO_ERROR = 74;

function endProcess(logger: Logger) {
  return (error: unknown): never => {
    logger.fatal({ err: error }, 'the log could not be written; what is on disk is read again at the next start');
    logger.flush();
    process.exit(EXIT_IO_ERROR);
  };
}

function deadline(ms: number): { passed: Promise<void>; cancel: () => void } {
  let cancel = () => {};
  const passed = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    cancel = () => clearTimeout(timer);
  });
  return { passed, cancel };
}
