/** Cursors of pages: opaque to clients, base64url of where an entry stands. */
import { type ResolveCursorConnectionArgs, resolveCursorConnection } from '@pothos/plugin-relay';
import { invalidInput, pruned } from '../src/domain/refusal.js';
import type { PageRange } from '../src/projections/read-model.js';

/** @param parts whole numbers that say where an entry stands */
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

/** @throws Refusal PRUNED if a cursor stands for an entry that is gone: `place` of it is not behind the horizon. */
export function assertKept(place: number | undefined, horizon: number, argument: 'after' | 'before'): void {
  if (place === undefined || place > horizon) return;
  throw pruned('stands for an entry that is older than the server keeps them; begin at the first page', argument);
}

export const positionCursor = ({ position }: { position: number }): string => encodeCursor(position);

/** A Relay page of what `read` gives for a place in the list. */
export async function pageOf<T>(
  args: { first?: number | null; last?: number | null; after?: string | null; before?: string | null },
  maxSize: number,
  toCursor: (entry: T) => string,
  read: (place: ResolveCursorConnectionArgs) => T[],
) {
  for (const [field, size] of Object.entries({ first: args.first, last: args.last })) {
    if (size != null && size < 0) throw invalidInput([{ field, reason: 'must not be negative' }]);
  }
  const page = await resolveCursorConnection({ args, maxSize, toCursor }, (place: ResolveCursorConnectionArgs) =>
    read(place),
  );
  const { startCursor, endCursor, ...more } = page.pageInfo;
  return { ...page, pageInfo: { ...more, startCursor: startCursor || null, endCursor: endCursor || null } };
}

/** The page of a list whose cursors are single numbers. */
export function positionRange({ after, before, limit, inverted }: ResolveCursorConnectionArgs): PageRange {
  return {
    after: after === undefined ? undefined : decodeCursor(after, 1, 'after')[0],
    before: before === undefined ? undefined : decodeCursor(before, 1, 'before')[0],
    limit,
    inverted,
  };
}
