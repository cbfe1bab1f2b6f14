import { getTableColumns, Param, Placeholder } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Db } from './open.js';

interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

/**
 * Prepares a statement of the hot path: drizzle writes the SQL once, and a call only binds and runs. Drizzle's own prepared queries
 * examine every parameter again at each call, which takes longer than SQLite takes for such a statement.
 *
 * @param names the names of the query's placeholders, in the order of the values of a call
 */
export function prepareRun(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => void {
  const { statement, order } = prepare(db, names, query);
  if (order.every((from, to) => from === to)) return (...values) => void statement.run(...values);
  return (...values) => void statement.run(...order.map((from) => values[from]));
}

/** Like `prepareRun`, for a query of one column: returns the value of the first row, or undefined if there is no row. */
export function prepareValue(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => unknown {
  const { statement, order } = prepare(db, names, query);
  statement.pluck();
  return (...values) => statement.get(...order.map((from) => values[from]));
}

/** Like `prepareValue`, but returns the values of all rows. */
export function prepareValues(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => unknown[] {
  const { statement, order } = prepare(db, names, query);
  statement.pluck();
  return (...values) => statement.all(...order.map((from) => values[from]));
}

/** Like `prepareRun`, but returns the first row. The columns of the query must have the names of the result's fields. */
export function prepareRow<T>(
  db: Db,
  names: readonly string[],
  query: Query & { get(): T },
): (...values: unknown[]) => T {
  const { statement, order } = prepare(db, names, query);
  return (...values) => statement.get(...order.map((from) => values[from])) as T;
}

/** Like `prepareRow`, for a query of all columns of a table. The fields of the result are those of the table. */
export function prepareEntity<T extends SQLiteTable>(
  db: Db,
  names: readonly string[],
  table: T,
  query: Query,
): (...values: unknown[]) => T['$inferSelect'] | undefined {
  const { statement, order } = prepare(db, names, query);
  const columns = Object.entries(getTableColumns(table));
  statement.raw();
  return (...values) => {
    const row = statement.get(...order.map((from) => values[from])) as unknown[] | undefined;
    if (!row) return undefined;
    const entity: Record<string, unknown> = {};
    for (const [index, [field, column]] of columns.entries()) {
      const value = row[index];
      entity[field] = value === null ? null : column.mapFromDriverValue(value);
    }
    return entity;
  };
}

function prepare(db: Db, names: readonly string[], query: Query) {
  const { sql, params } = query.toSQL();
  const order = params.map((param) => {
    const placeholder = param instanceof Param ? param.value : param;
    const index = placeholder instanceof Placeholder ? names.indexOf(placeholder.name) : -1;
    if (index < 0) throw new Error(`A parameter of ${sql} is not among ${names.join(', ')}`);
    return index;
  });
  return { statement: db.$client.prepare(sql), order };
}
