import { onTestFinished } from 'vitest';
import { openWriter } from '../../../db/open.js';
import { createHandlers } from '../../../src/commands/handlers.js';
import type { Cause } from '../../../src/domain/event.js';
import { createAppender } from '../../../src/log/sqlite/append.js';
import { createPruner } from '../../../src/log/sqlite/prune.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createReadModels, projectInto, unprojectFrom } from '../../../src/projections/read-models.js';
import { createSecrets, MASTER_KEY_BYTES } from '../../../src/vault/secrets.js';
import { seededRandom } from '../clock/random.js';
import { temporaryDirectory } from '../server/app.js';

export const cause: Cause = { actor: 'token-test', traceId: '0af7651916cd43dd8448eb211c80319c' };

/**
 * The commands over a real data directory, called as the writer calls them but one by one. All of it is one transaction that
 * never ends, so that nothing waits for a disk.
 */
export function openHandlers(seed = 'handlers') {
  const { db, sqlite } = openWriter(temporaryDirectory());
  onTestFinished(() => {
    sqlite.close();
  });
  sqlite.exec('BEGIN');
  const random = seededRandom(seed);
  const log = createLogReader(db);
  const models = createReadModels(db);
  const appender = createAppender(db, log, projectInto(models));
  const prune = createPruner(db, log, unprojectFrom(models));
  const secrets = createSecrets(db, random(MASTER_KEY_BYTES), random);
  return {
    log,
    models,
    secrets,
    appender,
    handlers: createHandlers({ log, appender, prune, models, secrets, random }),
  };
}
