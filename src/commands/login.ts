import type { Cause, Recorded } from '../domain/event.js';
import { isSameLogin, type LoginEvent, type LoginInput, reasonAgainstTime, recorded } from '../domain/login.js';
import { assertLiving } from '../domain/portal.js';
import { type InvalidField, invalidInput, Refusal } from '../domain/refusal.js';
import { randomTraceId } from '../random.js';
import type { Deps } from './deps.js';

export function loginHandlers({ log, appender, models, random }: Deps) {
  /** For each login as given, the one that used its key before, or undefined. */
  function firstsOf(portalId: string, logins: readonly LoginInput[]): (Recorded<LoginEvent> | undefined)[] {
    const positions = models.logins.positionsOfKeys(
      portalId,
      logins.map(({ idempotencyKey }) => idempotencyKey),
    );
    return positions.map((position) => {
      const event = position === undefined ? undefined : log.at([position])[0];
      return event?.type === 'LoginRecorded' ? event : undefined;
    });
  }

  return {
    /**
     * All or nothing. An entry whose key is known answers with the login that used it first.
     *
     * @param input validated logins of one portal
     * @returns a login for each entry, in the order given
     */
    recordLogins(
      { portalId, logins }: { portalId: string; logins: readonly LoginInput[] },
      cause: Cause,
      now: number,
    ): Recorded<LoginEvent>[] {
      const firsts = firstsOf(portalId, logins);
      const portal = models.portals.get(portalId);
      // What is recorded already is answered for a retired portal, too.
      if (firsts.includes(undefined)) assertLiving(portal ? { retired: portal.retiredAt !== null } : null, portalId);
      refuseReusedKeys(logins, firsts);
      refuseAhead(logins, firsts, now);
      const events = logins
        .filter((_, index) => !firsts[index])
        .map((login) => recorded(login, now, () => randomTraceId(random)));
      const appended = appender.append([{ stream: `login-${portalId}`, events }], cause, now).values();
      return firsts.map((first) => first ?? (appended.next().value as Recorded<LoginEvent>));
    },
  };
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
