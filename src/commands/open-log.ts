import type { Connection } from '../../db/open.js';
import type { Recorded } from '../domain/event.js';
import type { EventLog } from '../log/event-log.js';
import { openSqliteLog } from '../log/sqlite/event-log.js';
import { createReadModels, projectInto, unprojectFrom } from '../projections/read-models.js';
import type { Random } from '../runtime/random.js';
import { createSecrets } from '../vault/secrets.js';
import { createHandlers } from './handlers.js';

/** Opens the log with its read models and all commands, on the only connection that writes. */
export function openLog(options: {
  connection: Connection;
  masterKey: Buffer;
  random: Random;
  /** ms since the epoch */
  now: () => number;
  /** Called for each event in the transaction that appends it, after the read models. */
  project?: ((event: Recorded) => void) | undefined;
}): EventLog {
  const { connection, masterKey, random, now, project } = options;
  const { db } = connection;
  const models = createReadModels(db);
  const projectModels = projectInto(models);
  const secrets = createSecrets(db, masterKey, random);
  return openSqliteLog({
    connection,
    project(event) {
      projectModels(event);
      project?.(event);
    },
    unproject: unprojectFrom(models),
    handlers: (log, writer) => createHandlers({ log, writer, models, secrets, random }),
    now,
  });
}
