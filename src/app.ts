import type { Logger } from 'pino';
import { type Connection, lockDataDirectory, openReader, openWriter, usedBytes } from '../db/open.js';
import type { Services } from './api/context.js';
import { type Config } from './config.js';
import { createDestinationTest } from './delivery/destination-test.js';
import { createAddressGuard } from './delivery/egress/address-guard.js';
import type { Resolve } from './delivery/egress/resolver.js';
import { reasonThroughProxy } from './delivery/transport/proxy.js';
import { createSender } from './delivery/transport/sender.js';
import type { Recorded } from './domain/event.js';
import { type Cause, SYSTEM } from './domain/stream.js';
import { createHttpServer } from './http/server.js';
import { createLogReader } from './log/sqlite/read.js';
import { createTail } from './log/tail.js';
import { createRetention } from './maintenance/retention.js';
import { createReadModels } from './projections/read-models.js';
import { bringUpToDate } from './projections/rebuild.js';
import { createStatuses } from './queries/status.js';
import { type Clock, systemClock } from './runtime/clock.js';
import { type Random, randomTraceId, systemRandom } from './runtime/random.js';
import { createService, type Service, stopAll } from './runtime/service.js';
import { USER_AGENT } from './runtime/version.js';
import { runHere, startThreads } from './threads/workers.js';
import { makeToken } from './vault/access-tokens.js';
import { readMasterKey } from './vault/master-key.js';
import { createSecrets } from './vault/secrets.js';

/** Where time, chance and the network come in, and what a test puts in their place. */
export interface AppOptions {
  /**
   * true: the writer, the delivery and the signing each run in threads of their own, as `auditwire start` has it, with the
   * clock, chance and network of the system. false: all of it runs in this thread, and the same inputs give the same log.
   */
  threads?: boolean;
  clock?: Clock;
  random?: Random;
  resolve?: Resolve;
  createSender?: typeof createSender;
  /** false: nothing is delivered or pruned, for a command that only looks or changes something. */
  deliver?: boolean;
  /** false: nothing is pruned by itself. */
  prune?: boolean;
  /** true: lines go without a signature, to measure what it costs. */
  unsigned?: boolean;
  /** Sees each event in the transaction that appends it, after the read models. */
  project?: (event: Recorded) => void;
  /** What is on disk is not known any more, or a thread has ended; must end the process. */
  onFatal?: (error: unknown) => void;
}

export interface App extends Service {
  services: Services;
  /** The administrator's token, if `start` has issued the first one of the data directory; it is stored nowhere. */
  readonly firstToken: string | null;
  organizationId: string;
  /** The port that it listens on, once it has started. */
  port(): number;
}

/**
 * All the wiring of a server over a data directory, which it holds until it is closed.
 *
 * @throws DataDirectoryError, MasterKeyError, WrongMasterKey
 */
export async function createApp(config: Config, logger: Logger, appOptions: AppOptions = {}): Promise<App> {
  const { clock = systemClock, random = systemRandom, onFatal = endProcess(logger) } = appOptions;
  const unlock = lockDataDirectory(config.dataDir);
  const open: Connection[] = [];
  const closeFiles = () => {
    for (const { sqlite } of open.reverse()) sqlite.close();
    unlock();
  };
  try {
    open.push(openWriter(config.dataDir), openReader(config.dataDir));
    const [writing, reading] = open as [Connection, Connection];
    return await wire(writing, reading);
  } catch (error) {
    closeFiles();
    throw error;
  }

  async function wire(writing: Connection, reading: Connection): Promise<App> {
    const { db, sqlite } = reading;
    const log = createLogReader(db);
    const isNew = log.head() === 0;
    const masterKey = config.masterKey ?? readMasterKey(config.masterKeyFile, isNew, random);
    const secrets = createSecrets(db, masterKey, random);
    secrets.verify();
    bringUpToDate(writing, createLogReader(writing.db), createReadModels(writing.db), {
      onStale: () => logger.warn('the read models are those of another version, or not whole: they are rebuilt first'),
      onProgress: (applied, total) => logger.info({ applied, total }, 'rebuilding the read models'),
    });

    const models = createReadModels(db);
    const tail = createTail(log);
    const guard = createAddressGuard(config.allowedAddresses, appOptions.resolve);
    const options = { config, masterKey, tail, logger, onFatal };
    const workers = appOptions.threads
      ? startThreads({ ...options, writing, unsigned: appOptions.unsigned ?? false })
      : runHere({ ...options, ...appOptions, writing, reading: { log, models, secrets }, guard, clock, random });
    const { commands, delivery } = workers;

    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    const { organizationId: wanted } = config;
    const organizationId = await commands.execute('identifyOrganization', { organizationId: wanted }, cause);
    await commands.execute('ensureSigningKey', {}, cause);
    let firstToken: string | null = null;

    // Tests of destinations are sent from here, next to whoever waits for them.
    const { egressProxy } = config;
    const sender = (appOptions.createSender ?? createSender)({ guard, clock, userAgent: USER_AGENT, egressProxy });
    const testDestination = createDestinationTest({ models, secrets, sender, clock, random, line: config.line });
    const statusOf = createStatuses({ models, log, retention: config.retention, now: () => clock.now() }, tail.head);
    const reasonAgainstEndpoint = async (url: URL) =>
      egressProxy ? reasonThroughProxy(url, guard) : guard.reasonAgainstSaving(url);
    const shared = { commands, log, tail, models, statusOf, clock, random };
    const services: Services = { ...shared, reasonAgainstEndpoint, testDestination };
    const http = createHttpServer(services, config, logger);
    const retention = createRetention({
      ...services,
      logger,
      settings: config.retention,
      usedBytes: () => usedBytes(reading),
    });
    if (appOptions.deliver !== false) {
      await delivery.engine.start();
      if (appOptions.prune !== false) await retention.start();
    }

    const service = createService('app', {
      async start() {
        await http.start();
        // After listening: if the port is taken, nobody would be shown the token.
        if (models.tokens.all().length) return;
        const { token, hash } = makeToken(random);
        await commands.execute('issueToken', { name: 'admin', hash, revokeOthers: false }, cause);
        firstToken = token;
      },
      /** Lets calls and attempts in flight end, within the deadline of the settings, and closes the data directory. */
      async stop() {
        const late = await stopAll([http, delivery.engine, retention], config.shutdownMs);
        if (late.length) logger.warn({ late }, 'did not stop in time');
        tail.close();
        // The log before the network: an attempt that is cut off has no outcome, and is made again at the next start.
        await commands.close();
        await stopAll([delivery.sender, sender]);
        // Readers before the writer: the last connection to close copies the write-ahead log into the database.
        sqlite.close();
        await workers.writer.stop();
        closeFiles();
      },
    });
    return {
      ...service,
      services,
      get firstToken() {
        return firstToken;
      },
      organizationId,
      port: () => http.port(),
    };
  }
}

/** Exit code of an input/output error in sysexits.h. */
const EXIT_IO_ERROR = 74;

function endProcess(logger: Logger) {
  return (error: unknown): never => {
    logger.fatal({ err: error }, 'the server cannot go on; what is on disk is read again at the next start');
    logger.flush();
    process.exit(EXIT_IO_ERROR);
  };
}
