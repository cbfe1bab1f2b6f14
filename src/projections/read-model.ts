import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Recorded } from '../domain/event.js';

/** A read model: tables whose rows are computed by `apply` from the events in the log, in order. */
export interface ReadModel {
  /** A rebuild empties these tables first. */
  readonly tables: readonly SQLiteTable[];
  /** Uses only the event and its own tables, no clock and no random numbers, so that a rebuild gives the same rows. */
  apply(event: Recorded): void;
  /** Removes the rows that `apply` made of a pruned event. Left out if `apply` makes no rows of events that can be pruned. */
  prune?(event: Recorded): void;
}

/** A page by position: `limit` rows between two positions (both exclusive), newest last unless `inverted`. */
export interface PageRange {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
  inverted: boolean;
}
