import type { z } from 'zod';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import type { CommandContext } from '../../../src/commands/context.js';
import { createHandlers, eventCount } from '../../../src/commands/handlers.js';
import { openLog as openLogWithCommands } from '../../../src/commands/open-log.js';
import { createDestination } from '../../../src/delivery/kinds/input.js';
import { loginInput } from '../../../src/domain/login-input.js';
import type { StreamName } from '../../../src/domain/stream.js';
import type { CatchUp } from '../../../src/domain/webhook.js';
import { createSecrets, MASTER_KEY_BYTES } from '../../../src/vault/secrets.js';
import { seededRandom } from '../clock/random.js';
import { CAUSE, openLog, openQueue, START } from './fixture.js';

/**
 * Every handler with a log on real files, called one by one. Everything is in one transaction that never ends, so that no call
 * waits for a disk. The events of a handler that throws stay.
 */
export function openHandlers(seed = 'handlers') {
  const { log, writer, models, sqlite, connection } = openLog();
  sqlite.exec('BEGIN');
  const random = seededRandom(seed);
  const secrets = createSecrets(connection.db, random(MASTER_KEY_BYTES), random);
  const context: CommandContext = { log, writer, models, secrets, random };
  return { ...context, handlers: createHandlers(context) };
}

/** Every command with a log on real files, through the queue. The clock is at `START` until `wait` advances it. */
export function openCommands() {
  let now = START;
  const random = seededRandom('commands');
  const masterKey = random(MASTER_KEY_BYTES);
  const fixture = openLog(undefined, (connection) =>
    openLogWithCommands({ connection, masterKey, random, now: () => now }),
  );
  const { log, connection, commit } = fixture;
  const { queue, commits } = openQueue<ReturnType<typeof createHandlers>>(commit, { eventCount });
  const { execute } = queue;

  return {
    ...fixture,
    secrets: createSecrets(connection.db, masterKey, random),
    commits,
    execute,
    now: () => now,
    wait: (ms: number): void => void (now += ms),
    registerPortal: (name = 'Portal') => execute('registerPortal', { name }, CAUSE),
    createDestination: (
      input: z.input<typeof createDestination> = { name: 'SIEM', endpoint: 'https://siem.example.com' },
    ) => execute('createDestination', createDestination.parse(input), CAUSE),
    configureWebhook: (
      portalId: string,
      input: { destinationId?: string; enabled?: boolean; catchUp?: CatchUp; since?: number },
    ) => execute('configureWebhook', { portalId, destinationId: undefined, enabled: undefined, ...input }, CAUSE),
    removeWebhook: (portalId: string) => execute('removeWebhook', { portalId }, CAUSE),
    retirePortal: (id: string) => execute('retirePortal', { id }, CAUSE),
    deleteDestination: (id: string) => execute('deleteDestination', { id }, CAUSE),
    /** Records logins, with defaults for the fields that are not given. Returns their events. */
    async record(portalId: string, ...logins: Partial<z.input<typeof loginInput>>[]) {
      const answered = await executeRecordLogins(
        queue,
        random,
        { portalId, logins: logins.map((login) => loginInput.parse({ ...BASIC, ...login })) },
        CAUSE,
      );
      return answered.map(({ isNew: _, ...event }) => event);
    },
    /** The types and data of the events of a stream. */
    stream: (stream: StreamName) =>
      log.range(stream, 1, Number.MAX_SAFE_INTEGER).map(({ type, data }) => ({ type, data })),
    /** Types of all events after a position. */
    typesAfter: (position: number) => log.after(position, 1_000).map(({ type }) => type),
  };
}

const BASIC = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
