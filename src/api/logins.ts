import type { Recorded } from '../domain/event.js';
import { parse } from '../domain/input.js';
import type { LoginEvent } from '../domain/login.js';
import { loginFilter, recordLoginInput, recordLoginsInput } from '../domain/login-input.js';
import { Refusal } from '../domain/refusal.js';
import { streamOf } from '../domain/stream.js';
import type { LoginFilter } from '../projections/login-page.js';
import type { Context } from './context.js';
import { selectEvents } from './live.js';
import { operation } from './operation.js';
import { assertRetained, decodeCursor, encodeCursor, type PageRequest, parsePosition } from './page.js';
import { existingPortal } from './portals.js';
import { executeRecordLogins } from './record-logins.js';

/** A login as it was recorded. */
export type RecordedLogin = Recorded<LoginEvent>;

export const recordLogin = operation('recordLogin', async (input: unknown, { commands, random, cause }) => {
  const { portalId, login } = parse(recordLoginInput, input);
  const [recorded] = await executeRecordLogins(commands, random, { portalId, logins: [login] }, cause).catch(
    (error: unknown) => Promise.reject(withoutIndex(error)),
  );
  if (!recorded) throw new Error('recordLogins returned no login for one input');
  return recorded;
});

/** Records all logins or none. @returns the logins in input order; for a known idempotency key, the login recorded first */
export const recordLogins = operation('recordLogins', async (input: unknown, { commands, random, cause }) =>
  executeRecordLogins(commands, random, parse(recordLoginsInput, input), cause),
);

/** Removes the index from a refusal about a list of one login. */
function withoutIndex(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const stripped = (text: string) => text.replaceAll('logins[0].', '');
  const fields = error.fields.map(({ field, reason }) => ({ field: stripped(field), reason }));
  return new Refusal(error.code, stripped(error.message), fields);
}

export const loginCursor = ({ data, position }: RecordedLogin): string => encodeCursor(data.occurredAt, position);

/** The logins of a portal, newest first by the time they happened. */
export const logins = operation(
  'logins',
  (input: PageRequest & { portalId: unknown; filter: unknown }, context): RecordedLogin[] => {
    const { limit, inverted } = input;
    const filter: LoginFilter = parse(loginFilter, input.filter ?? {}, 'filter');
    const portalId = existingPortal(input.portalId, context);
    const after = readCursor(input.after, 'after');
    const before = readCursor(input.before, 'before');
    const horizon = context.log.horizon(streamOf('login', portalId));
    assertRetained(after?.position, horizon.position, 'after');
    assertRetained(before?.position, horizon.position, 'before');
    const rows = context.models.logins.page(portalId, filter, { after, before, limit, inverted });
    return loginsAt(
      rows.map(({ position }) => position),
      context,
    );
  },
);

function readCursor(cursor: string | undefined, argument: 'after' | 'before') {
  if (cursor === undefined) return undefined;
  const [occurredAt = 0, position = 0] = decodeCursor(cursor, 2, argument);
  return { occurredAt, position };
}

/** The logins at these positions, in the same order. */
function loginsAt(positions: readonly number[], { log }: Context): RecordedLogin[] {
  const byPosition = new Map(log.at(positions).map((event) => [event.position, event]));
  return positions.flatMap((position) => {
    const event = byPosition.get(position);
    return event?.type === 'LoginRecorded' ? [event] : [];
  });
}

/** Every login of a portal, when it is recorded. */
export const recordedLogins = operation(
  'recordedLogins',
  (input: { portalId: unknown; after?: string | null | undefined }, context) => {
    const id = existingPortal(input.portalId, context);
    return selectEvents([streamOf('login', id)], parsePosition(input.after, context.tail.head()), context, (event) =>
      event.type === 'LoginRecorded' ? event : null,
    );
  },
);
