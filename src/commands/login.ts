import type { Recorded } from '../domain/event.js';
import { isSameLogin, type LoginEvent, type LoginInput, recorded } from '../domain/login.js';
import { type InvalidField, Refusal } from '../domain/refusal.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function loginHandlers({ log, writer, models }: CommandContext) {
  /** For each login, the recorded login that used its idempotency key first, or undefined. */
  function firstsOf(portalId: string, logins: readonly LoginInput[]): (Recorded<LoginEvent> | undefined)[] {
    const positions = models.logins.positionsOfKeys(
      portalId,
      logins.map(({ idempotencyKey }) => idempotencyKey),
    );
    const known = positions.filter((position) => position !== undefined);
    if (!known.length) return positions.map(() => undefined);
    // One read for all: a repeated call repeats all its logins.
    const events = new Map(log.at(known).map((event) => [event.position, event]));
    return positions.map((position) => {
      const event = position === undefined ? undefined : events.get(position);
      return event?.type === 'LoginRecorded' ? event : undefined;
    });
  }

  return {
    /**
     * Records all logins or none. For a login whose key is known, returns the login that used the key first. The others get
     * consecutive positions.
     *
     * @param input validated logins of one portal, and a new trace id for each login
     */
    recordLogins({ portalId, logins, traceIds }: RecordLogins, cause: Cause, now: number): RecordedLogins {
      const firsts = firstsOf(portalId, logins);
      // A repeated call is answered even if the portal has been retired since.
      if (firsts.includes(undefined)) assertLivingPortal(models, portalId);
      refuseReusedKeys(logins, firsts);
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

/** `position`, `version` and `recordedAt` are those of the first appended login. `known`: the logins whose keys were known. */
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
