import type { Commands } from '../commands/handlers.js';
import type { RecordLogins } from '../commands/login.js';
import type { Recorded } from '../domain/event.js';
import { type LoginEvent, recorded } from '../domain/login.js';
import { type Cause, streamOf } from '../domain/stream.js';
import { type Random, randomTraceId } from '../runtime/random.js';

/** Records logins. @returns their events in input order; for a known idempotency key, the event recorded first */
export async function executeRecordLogins(
  commands: Commands,
  random: Random,
  { portalId, logins }: Pick<RecordLogins, 'portalId' | 'logins'>,
  cause: Cause,
): Promise<Recorded<LoginEvent>[]> {
  const traceIds = logins.map(() => randomTraceId(random));
  const answer = await commands.execute('recordLogins', { portalId, logins, traceIds }, cause);
  const known = new Map(answer.known.map(({ index, first }) => [index, first]));
  let { position, version } = answer;
  return logins.map((login, index) => {
    const first = known.get(index);
    if (first) return first;
    const { recordedAt, now } = answer;
    const event = recorded(login, now, traceIds[index] ?? '');
    return {
      position: position++,
      stream: streamOf('login', portalId),
      version: version++,
      recordedAt,
      ...cause,
      ...event,
    };
  });
}
