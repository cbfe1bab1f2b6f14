import { getTableName } from 'drizzle-orm';
import { type Connection, openWriter } from '../../../db/open.js';
import type { Recorded } from '../../../src/domain/event.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createReadModels, projectionsOf } from '../../../src/projections/read-models.js';
import { rebuild } from '../../../src/projections/rebuild.js';

/** The rows of each read-model table, by its name. They are sorted, so that two tables with the same rows are equal. */
export type Tables = Record<string, string[]>;

/** The events of a data directory, and its read models before and after a rebuild. No server may have it open. */
export function examine(dataDir: string): { events: Recorded[]; kept: Tables; rebuilt: Tables } {
  const connection = openWriter(dataDir);
  try {
    const log = createLogReader(connection.db);
    const events = log.after(0, Number.MAX_SAFE_INTEGER);
    const kept = tablesOf(connection);
    rebuild(connection, log, createReadModels(connection.db), () => {});
    return { events, kept, rebuilt: tablesOf(connection) };
  } finally {
    connection.sqlite.close();
  }
}

function tablesOf({ db }: Connection): Tables {
  const models = projectionsOf(createReadModels(db));
  return Object.fromEntries(
    models
      .flatMap(({ tables }) => tables)
      .map((table) => {
        const rows = db.select().from(table).all();
        return [getTableName(table), rows.map((row) => JSON.stringify(row)).sort()];
      }),
  );
}
