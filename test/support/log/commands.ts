import type { z } from 'zod';
import { createHandlers } from '../../../src/commands/handlers.js';
import { recordLogins } from '../../../src/commands/login.js';
import { createDestination } from '../../../src/domain/destination.js';
import type { StreamName } from '../../../src/domain/event.js';
import { loginInput } from '../../../src/domain/login.js';
import type { CatchUp } from '../../../src/domain/webhook.js';
import { createSecrets } from '../../../src/vault/secrets.js';
import { seededRandom } from '../clock/random.js';
import { CAUSE, openLog, START } from './fixture.js';
import { createWriter } from './queue.js';

/** Every command over a log on real files, with a clock that stands at `START` until it is told to go on. */
export function openCommands() {
  const fixture = openLog();
  const { log, models, appender, pruner: prune, connection } = fixture;
  const random = seededRandom('commands');
  const secrets = createSecrets(connection.db, random(32), random);
  const commits: number[] = [];
  let now = START;
  const writer = createWriter({
    connection,
    appender,
    handlers: createHandlers({ log, appender, prune, models, secrets, random }),
    now: () => now,
    onCommit: (head) => commits.push(head),
    onFatal: (error) => {
      throw error;
    },
  });
  const execute: typeof writer.execute = (command, input, cause) => writer.execute(command, input, cause);

  return {
    ...fixture,
    secrets,
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
    /** Records logins, each with what is given and the rest filled in. */
    record: (portalId: string, ...logins: Partial<z.input<typeof loginInput>>[]) =>
      recordLogins(
        writer,
        random,
        { portalId, logins: logins.map((login) => loginInput.parse({ ...BASIC, ...login })) },
        CAUSE,
      ),
    /** What a stream holds: types and data. */
    stream: (stream: StreamName) =>
      log.range(stream, 1, Number.MAX_SAFE_INTEGER).map(({ type, data }) => ({ type, data })),
    /** Types of all events after a position, with their streams' nouns left out. */
    typesAfter: (position: number) => log.after(position, 1_000).map(({ type }) => type),
  };
}

const BASIC = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
