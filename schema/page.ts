import { type ResolveCursorConnectionArgs, resolveCursorConnection } from '@pothos/plugin-relay';
import type { PageRequest } from '../src/api/page.js';
import { invalidInput } from '../src/domain/refusal.js';

/** Makes a Relay page from the entries that `read` returns. @throws Refusal INVALID_INPUT if `first` or `last` is negative */
export async function pageOf<T>(
  args: { first?: number | null; last?: number | null; after?: string | null; before?: string | null },
  maxSize: number,
  toCursor: (entry: T) => string,
  read: (page: PageRequest) => T[],
) {
  for (const [field, size] of Object.entries({ first: args.first, last: args.last })) {
    if (size != null && size < 0) throw invalidInput([{ field, reason: 'must not be negative' }]);
  }
  const page = await resolveCursorConnection(
    { args, maxSize, toCursor },
    ({ after, before, limit, inverted }: ResolveCursorConnectionArgs) => read({ after, before, limit, inverted }),
  );
  const { startCursor, endCursor, ...more } = page.pageInfo;
  return { ...page, pageInfo: { ...more, startCursor: startCursor || null, endCursor: endCursor || null } };
}
