/** Pages of lists. A cursor is opaque to callers: base64url of the numbers that locate an entry in its list. */
import { invalidInput, pruned } from '../domain/refusal.js';
import type { PageRange } from '../projections/read-model.js';

/** The entries to return: at most `limit` between two cursors (exclusive), in list order, or in reverse if `inverted`. */
export interface PageRequest {
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  inverted: boolean;
}

/** @param parts whole numbers that locate the entry */
export function encodeCursor(...parts: number[]): string {
  return Buffer.from(parts.join('.')).toString('base64url');
}

/** @throws Refusal INVALID_INPUT if it is not a cursor of `count` numbers */
export function decodeCursor(cursor: string, count: number, argument: 'after' | 'before'): number[] {
  const parts = Buffer.from(cursor, 'base64url').toString().split('.');
  if (parts.length === count && parts.every((part) => /^\d{1,15}$/.test(part))) return parts.map(Number);
  throw invalidInput([
    { field: argument, reason: 'is not a cursor of this list; pass an endCursor or startCursor of this list' },
  ]);
}

/**
 * @param entry the position or version of the entry that a cursor marks
 * @param horizon the position or version of the last pruned entry
 * @throws Refusal PRUNED if the entry is pruned
 */
export function assertRetained(entry: number | undefined, horizon: number, argument: 'after' | 'before'): void {
  if (entry === undefined || entry > horizon) return;
  throw pruned('The cursor marks an entry that was pruned; start again at the first page.', argument);
}

export const positionCursor = ({ position }: { position: number }): string => encodeCursor(position);

/** The range of a page, for lists whose cursors are single numbers. @throws Refusal INVALID_INPUT if a cursor is not valid */
export function rangeOf({ after, before, limit, inverted }: PageRequest): PageRange {
  return {
    after: after === undefined ? undefined : decodeCursor(after, 1, 'after')[0],
    before: before === undefined ? undefined : decodeCursor(before, 1, 'before')[0],
    limit,
    inverted,
  };
}

/** Parses a position that a caller passes. @throws Refusal INVALID_INPUT if it is not a position up to `head` (inclusive) */
export function parsePosition(after: string | null | undefined, head: number): number | undefined {
  if (after == null) return undefined;
  const position = /^\d{1,15}$/.test(after) ? Number(after) : Number.NaN;
  if (!(position <= head)) {
    throw invalidInput([
      { field: 'after', reason: 'is not a position of this log; pass the position of a payload, or leave it out' },
    ]);
  }
  return position;
}
