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
import { createWebhookFeed } from './queries/webhook-feed.js';
import { type Clock, systemClock } from './runtime/clock.js';
import { type Random, randomTraceId, systemRandom } from './runtime/random.js';
import { createService, type Service, stopAll } from './runtime/service.js';
import { USER_AGENT } from './runtime/version.js';
import { runHere, startThreads } from './threads/workers.js';
import { makeToken } from './vault/access-tokens.js';
import { readMasterKey } from './vault/master-key.js';
import { createSecrets } from './vault/secrets.js';
import { createSigners } from './vault/signing-keys.js';

/** Time, randomness, the network and other parts that a test can replace. */
export interface AppOptions {
  /**
   * true: the writer, the delivery and the signing run in their own threads, as in `auditwire start`, with the clock, the
   * randomness and the network of the system. false: everything runs in this thread, and the same inputs give the same log.
   */
  threads?: boolean;
  clock?: Clock;
  random?: Random;
  resolve?: Resolve;
  createSender?: typeof createSender;
  /** false: nothing is delivered or pruned. For a command that only reads or changes data. */
  deliver?: boolean;
  /** false: there is no automatic pruning. */
  prune?: boolean;
  /** true: lines have no signature, to measure the cost of signing. */
  unsigned?: boolean;
  /** Called with each event in the transaction that appends it, after the read models. */
  project?: (event: Recorded) => void;
  /** Must end the process: it is not known what is on disk, or a thread has ended. */
  onFatal?: (error: unknown) => void;
}

export interface App extends Service {
  services: Services;
  /** The admin token, if `start` issued the first token of the data directory; else null. It is not stored. */
  readonly firstToken: string | null;
  organizationId: string;
  /** The port of the HTTP server. Call it after `start`. */
  port(): number;
}

/**
 * Wires a server over a data directory, which it locks until `stop`.
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
      onStale: () => logger.warn('the read models are of another version or incomplete: they are rebuilt first'),
      onProgress: (applied, total) => logger.info({ applied, total }, 'rebuilding the read models'),
    });

    const models = createReadModels(db);
    const signers = createSigners(models.issuer.signingKey, secrets);
    const tail = createTail(log);
    const guard = createAddressGuard(config.allowedAddresses, appOptions.resolve);
    const options = { config, masterKey, tail, logger, onFatal };
    const workers = appOptions.threads
      ? startThreads({ ...options, writing, unsigned: appOptions.unsigned ?? false })
      : runHere({
          ...options,
          ...appOptions,
          writing,
          reading: { log, models, secrets, signers },
          guard,
          clock,
          random,
        });
    const { commands, delivery } = workers;

    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    const { organizationId: configuredId } = config;
    const organizationId = await commands.execute('identifyOrganization', { organizationId: configuredId }, cause);
    await commands.execute('ensureSigningKey', {}, cause);
    let firstToken: string | null = null;

    // Tests of destinations are sent from this thread, because their callers wait here for the outcome.
    const { egressProxy } = config;
    const sender = (appOptions.createSender ?? createSender)({ guard, clock, userAgent: USER_AGENT, egressProxy });
    const testDestination = createDestinationTest({
      models,
      secrets,
      signers,
      sender,
      clock,
      random,
      line: config.line,
    });
    const statusOf = createStatuses({ models, log, retention: config.retention, now: () => clock.now() }, tail.head);
    const reasonAgainstEndpoint = async (url: URL) =>
      egressProxy ? reasonThroughProxy(url, guard) : guard.reasonAgainstSaving(url);
    const webhookFeed = createWebhookFeed(tail, models);
    const shared = { commands, log, tail, models, secrets, statusOf, webhookFeed, clock, random };
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
        // Only after the port is open: if that fails, the token would not be shown.
        if (models.tokens.all().length) return;
        const { token, hash } = makeToken(random);
        await commands.execute('issueToken', { name: 'admin', hash, revokeOthers: false }, cause);
        firstToken = token;
      },
      /** Waits for calls and attempts in flight, up to `shutdownMs`, and closes the data directory. */
      async stop() {
        const late = await stopAll([http, delivery.engine, retention], config.shutdownMs);
        if (late.length) logger.warn({ late }, 'some parts did not stop in time');
        await tail.stop();
        // The log before the network: then an attempt that is cut off records no outcome, and the next start makes it again.
        await commands.stop();
        await stopAll([delivery.sender, sender]);
        signers.close();
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
    logger.fatal({ err: error }, 'the server cannot continue; the next start continues from the event log');
    logger.flush();
    process.exit(EXIT_IO_ERROR);
  };
}
