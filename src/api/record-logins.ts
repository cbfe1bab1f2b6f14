import type { Commands } from '../commands/handlers.js';
import type { RecordLogins } from '../commands/login.js';
import type { Recorded } from '../domain/event.js';
import { type LoginEvent, recorded } from '../domain/login.js';
import { type Cause, streamOf } from '../domain/stream.js';
import { type Random, randomTraceId } from '../runtime/random.js';

/** A login that a call recorded, or, if its idempotency key was known, the login that was recorded first. */
export type AnsweredLogin = Recorded<LoginEvent> & { isNew: boolean };

/** Records logins. @returns them in input order */
export async function executeRecordLogins(
  commands: Commands,
  random: Random,
  { portalId, logins }: Pick<RecordLogins, 'portalId' | 'logins'>,
  cause: Cause,
): Promise<AnsweredLogin[]> {
  const traceIds = logins.map(() => randomTraceId(random));
  const answer = await commands.execute('recordLogins', { portalId, logins, traceIds }, cause);
  const known = new Map(answer.known.map(({ index, first }) => [index, first]));
  let { position, version } = answer;
  return logins.map((login, index) => {
    const first = known.get(index);
    if (first) return { ...first, isNew: false };
    const { recordedAt, now } = answer;
    const event = recorded(login, now, traceIds[index] ?? '');
    const place = { position: position++, stream: streamOf('login', portalId), version: version++ };
    return { ...place, recordedAt, ...cause, ...event, isNew: true };
  });
}
