import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Recorded } from '../domain/event.js';

/** A read model: tables that hold nothing but what `apply` made of the events that the log holds, one after the other. */
export interface ReadModel {
  /** What a rebuild empties first. */
  readonly tables: readonly SQLiteTable[];
  /** Uses the event and its own tables, no clock and no chance: a rebuild gives the same rows. */
  apply(event: Recorded): void;
  /** Removes what `apply` made of an event that is pruned from the log; without it, such an event leaves no rows. */
  prune?(event: Recorded): void;
}

/** A page by position: `limit` rows between two positions (both exclusive), newest last unless `inverted`. */
export interface PageRange {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
  inverted: boolean;
}
