import { Param, Placeholder } from 'drizzle-orm';
import type { Db } from './open.js';

interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

/**
 * Statements of the hot path: drizzle writes the SQL once, and a call does nothing but bind and run. Drizzle's own prepared
 * queries look every parameter through again at each call, which costs more than SQLite does for such a statement.
 *
 * @param names of the query's placeholders, in the order in which a call gives their values
 */
export function prepareRun(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => void {
  const { statement, order } = prepare(db, names, query);
  if (order.every((from, to) => from === to)) return (...values) => void statement.run(...values);
  return (...values) => void statement.run(...order.map((from) => values[from]));
}

/** As `prepareRun`, for a query of one column: gives its value in the first row, or undefined without a row. */
export function prepareValue(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => unknown {
  const { statement, order } = prepare(db, names, query);
  statement.pluck();
  return (...values) => statement.get(...order.map((from) => values[from]));
}

/** As `prepareValue`, for the values of all rows. */
export function prepareValues(db: Db, names: readonly string[], query: Query): (...values: unknown[]) => unknown[] {
  const { statement, order } = prepare(db, names, query);
  statement.pluck();
  return (...values) => statement.all(...order.map((from) => values[from]));
}

/** As `prepareRun`, for a query whose columns have the names that the result shall have. */
export function prepareRow<T>(
  db: Db,
  names: readonly string[],
  query: Query & { get(): T },
): (...values: unknown[]) => T {
  const { statement, order } = prepare(db, names, query);
  return (...values) => statement.get(...order.map((from) => values[from])) as T;
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
