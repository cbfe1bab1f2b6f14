/** Pages of lists. A cursor is opaque to callers: base64url of numbers that say where an entry is in its list. */
import { invalidInput, pruned } from '../domain/refusal.js';
import type { PageRange } from '../projections/read-model.js';

/** Which entries a caller asks for: `limit` between two cursors (exclusive), in list order unless `inverted`. */
export interface PageRequest {
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  inverted: boolean;
}

/** @param parts whole numbers that say where an entry is */
export function encodeCursor(...parts: number[]): string {
  return Buffer.from(parts.join('.')).toString('base64url');
}

/** @throws Refusal unless it is a cursor of `count` numbers */
export function decodeCursor(cursor: string, count: number, argument: 'after' | 'before'): number[] {
  const parts = Buffer.from(cursor, 'base64url').toString().split('.');
  if (parts.length === count && parts.every((part) => /^\d{1,15}$/.test(part))) return parts.map(Number);
  throw invalidInput([
    { field: argument, reason: 'is no cursor of this list; pass an endCursor or startCursor of it' },
  ]);
}

/** @throws Refusal PRUNED if a cursor names an entry that is pruned: its place is not after the horizon. */
export function assertRetained(place: number | undefined, horizon: number, argument: 'after' | 'before'): void {
  if (place === undefined || place > horizon) return;
  throw pruned('names an entry that is older than the server keeps them; begin at the first page', argument);
}

export const positionCursor = ({ position }: { position: number }): string => encodeCursor(position);

/** The range of a list whose cursors are single numbers. */
export function rangeOf({ after, before, limit, inverted }: PageRequest): PageRange {
  return {
    after: after === undefined ? undefined : decodeCursor(after, 1, 'after')[0],
    before: before === undefined ? undefined : decodeCursor(before, 1, 'before')[0],
    limit,
    inverted,
  };
}

/** A position of the log as a caller passes it back. */
export function parsePosition(after: string | null | undefined, head: number): number | undefined {
  if (after == null) return undefined;
  const position = /^\d{1,15}$/.test(after) ? Number(after) : Number.NaN;
  if (!(position <= head)) {
    throw invalidInput([
      { field: 'after', reason: 'is no position of this log; pass one that a payload had, or leave it out' },
    ]);
  }
  return position;
}
