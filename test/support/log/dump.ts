import type Database from 'better-sqlite3';

const LOG = ['events', 'streams', 'actors'];
const NOT_READ_MODELS = [...LOG, 'keys', 'meta', '__drizzle_migrations', 'sqlite_sequence', 'sqlite_stat1'];

/** Every row of every read model with all its columns, in an order that depends only on the rows. */
export function dumpReadModels(sqlite: Database.Database): Record<string, unknown[]> {
  const tables = sqlite
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all();
  return dump(
    sqlite,
    tables.filter((table) => !NOT_READ_MODELS.includes(table)),
  );
}

/** Every row of the log. */
export const dumpLog = (sqlite: Database.Database): Record<string, unknown[]> => dump(sqlite, LOG);

function dump(sqlite: Database.Database, tables: readonly string[]): Record<string, unknown[]> {
  return Object.fromEntries(
    tables.map((table) => {
      const rows = sqlite.prepare<[], unknown[]>(`SELECT * FROM ${table}`).raw().all();
      return [table, rows.map((row) => JSON.stringify(row)).sort()];
    }),
  );
}
