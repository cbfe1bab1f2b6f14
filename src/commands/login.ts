import type { Recorded } from '../domain/event.js';
import { isSameLogin, type LoginEvent, type LoginInput, reasonAgainstTime, recorded } from '../domain/login.js';
import { type InvalidField, invalidInput, Refusal } from '../domain/refusal.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function loginHandlers({ log, writer, models }: CommandContext) {
  /** For each login as given, the one that used its key before, or undefined. */
  function firstsOf(portalId: string, logins: readonly LoginInput[]): (Recorded<LoginEvent> | undefined)[] {
    const positions = models.logins.positionsOfKeys(
      portalId,
      logins.map(({ idempotencyKey }) => idempotencyKey),
    );
    const known = positions.filter((position) => position !== undefined);
    if (!known.length) return positions.map(() => undefined);
    // All at once: whoever sends a call again sends all of it again.
    const events = new Map(log.at(known).map((event) => [event.position, event]));
    return positions.map((position) => {
      const event = position === undefined ? undefined : events.get(position);
      return event?.type === 'LoginRecorded' ? event : undefined;
    });
  }

  return {
    /**
     * All or nothing. An entry whose key is known is answered with the login that used it first; the others are appended,
     * one behind the other.
     *
     * @param input validated logins of one portal, and a new trace id for each that may lack one
     */
    recordLogins({ portalId, logins, traceIds }: RecordLogins, cause: Cause, now: number): RecordedLogins {
      const firsts = firstsOf(portalId, logins);
      // What is recorded already is answered for a retired portal, too.
      if (firsts.includes(undefined)) assertLivingPortal(models, portalId);
      refuseReusedKeys(logins, firsts);
      refuseAhead(logins, firsts, now);
      const events = logins.flatMap((login, index) =>
        firsts[index] ? [] : [recorded(login, now, traceIds[index] ?? '')],
      );
      const [appended] = writer.append([{ stream: streamOf('login', portalId), events }], cause, now);
      const known = firsts.flatMap((first, index) => (first ? [{ index, first }] : []));
      const { position = 0, version = 0, recordedAt = now } = appended ?? {};
      return { position, version, recordedAt, now, known };
    },
  };
}

export interface RecordLogins {
  portalId: string;
  logins: readonly LoginInput[];
  traceIds: readonly string[];
}

/** What the writer knows of logins beyond what it was given: where the first that was appended stands, and the known ones. */
interface RecordedLogins {
  position: number;
  version: number;
  recordedAt: number;
  now: number;
  known: { index: number; first: Recorded<LoginEvent> }[];
}

function refuseReusedKeys(logins: readonly LoginInput[], firsts: readonly (Recorded<LoginEvent> | undefined)[]): void {
  const fields: InvalidField[] = logins.flatMap((login, index) => {
    const first = firsts[index];
    return first && !isSameLogin(first.data, login)
      ? [{ field: `logins[${index}].idempotencyKey`, reason: 'was used for a login with other content; use a new key' }]
      : [];
  });
  if (!fields.length) return;
  const message = fields.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new Refusal('IDEMPOTENCY_KEY_REUSED', message, fields);
}

function refuseAhead(logins: readonly LoginInput[], firsts: readonly unknown[], now: number): void {
  const fields = logins.flatMap((login, index): InvalidField[] => {
    const reason = firsts[index] ? null : reasonAgainstTime(login, now);
    return reason ? [{ field: `logins[${index}].occurredAt`, reason }] : [];
  });
  if (fields.length) throw invalidInput(fields);
}
