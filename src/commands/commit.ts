import type { Connection } from '../../db/open.js';
import type { Recorded } from '../domain/event.js';
import { createAppender } from '../log/sqlite/append.js';
import { type Commit, createCommit } from '../log/sqlite/commit.js';
import { createPruner } from '../log/sqlite/prune.js';
import { createLogReader } from '../log/sqlite/read.js';
import { createReadModels, projectInto, unprojectFrom } from '../projections/read-models.js';
import type { Random } from '../runtime/random.js';
import { createSecrets } from '../vault/secrets.js';
import { createHandlers } from './handlers.js';

/** Everything that changes anything, over the one connection that writes: commands, the log, the read models. */
export function openCommit(options: {
  connection: Connection;
  masterKey: Buffer;
  random: Random;
  now: () => number;
  /** Sees each event in the transaction that appends it, after the read models. */
  project?: ((event: Recorded) => void) | undefined;
}): Commit {
  const { connection, masterKey, random, now, project } = options;
  const log = createLogReader(connection.db);
  const models = createReadModels(connection.db);
  const projectModels = projectInto(models);
  const appender = createAppender(connection.db, log, (event) => {
    projectModels(event);
    project?.(event);
  });
  const prune = createPruner(connection.db, log, unprojectFrom(models));
  const secrets = createSecrets(connection.db, masterKey, random);
  const handlers = createHandlers({ log, appender, prune, models, secrets, random });
  return createCommit({ connection, appender, handlers, now });
}
