import { z } from 'zod';
import { uuid } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, pruned, Refusal, reasonAgainstPruned } from './refusal.js';

/**
 * `loginsThrough` is the version of the portal's last login at that moment. It separates the logins before the change from those
 * after it, without a clock.
 */
export type WebhookEvent =
  | { type: 'WebhookConfigured'; data: { destinationId: string; enabled: boolean; loginsThrough: number } }
  | { type: 'WebhookRemoved'; data: { loginsThrough: number } };

/** null: never configured, or removed. */
export type Webhook = { destinationId: string; enabled: boolean } | null;

/** Which of the logins that were recorded while the webhook was off become due when it is turned on. */
export const catchUps = ['FROM_NOW', 'SINCE_LAST_ON', 'SINCE'] as const;
export type CatchUp = (typeof catchUps)[number];

/** A field that is left out stays as it is. */
export const configureWebhook = z.object({
  portalId: uuid,
  destinationId: uuid.nullish().transform((value) => value ?? undefined),
  enabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined),
  catchUp: z
    .enum(catchUps)
    .nullish()
    .transform((value) => value ?? undefined)
    .optional(),
  since: z
    .date()
    .nullish()
    .transform((value) => value?.getTime())
    .optional(),
});
export const removeWebhook = z.object({ portalId: uuid });

export type WebhookCommand =
  | {
      type: 'ConfigureWebhook';
      destinationId: string | undefined;
      enabled: boolean | undefined;
      catchUp?: CatchUp | undefined;
      /** ms */
      since?: number | undefined;
      /** When the newest pruned login was recorded, in ms; null if none was pruned. */
      prunedThrough?: number | null;
      loginsThrough: number;
    }
  | { type: 'RemoveWebhook'; loginsThrough: number };

/** The caller has checked that the portal exists and is not retired, and that the destination exists. */
export function decide(command: WebhookCommand, webhook: Webhook): WebhookEvent[] {
  const { loginsThrough } = command;
  if (command.type === 'RemoveWebhook') {
    if (!webhook) throw new Refusal('NOT_FOUND', 'The portal has no webhook to remove.');
    return [{ type: 'WebhookRemoved', data: { loginsThrough } }];
  }
  const destinationId = command.destinationId ?? webhook?.destinationId ?? null;
  const enabled = command.enabled ?? webhook?.enabled ?? false;
  if (!destinationId) {
    throw invalidInput([{ field: 'destinationId', reason: 'is needed: the webhook has no destination yet' }]);
  }
  refuseCatchUp(command, enabled && !webhook?.enabled);
  if (webhook && webhook.destinationId === destinationId && webhook.enabled === enabled) return [];
  return [{ type: 'WebhookConfigured', data: { destinationId, enabled, loginsThrough } }];
}

function refuseCatchUp(
  { catchUp, since, prunedThrough = null }: Extract<WebhookCommand, { type: 'ConfigureWebhook' }>,
  isTurnedOn: boolean,
): void {
  if (catchUp === 'SINCE' && since === undefined) {
    throw invalidInput([{ field: 'since', reason: 'is needed with catchUp: SINCE' }]);
  }
  if (catchUp !== 'SINCE' && since !== undefined) {
    throw invalidInput([{ field: 'since', reason: 'is allowed only with catchUp: SINCE' }]);
  }
  if (since !== undefined && prunedThrough !== null && since <= prunedThrough) {
    throw pruned(`since: ${reasonAgainstPruned(prunedThrough)}`, 'since');
  }
  if (catchUp && !isTurnedOn) {
    throw invalidInput([
      { field: 'catchUp', reason: 'is allowed only when the call turns the webhook on; use requestReplay instead' },
    ]);
  }
}

/**
 * The logins that a webhook skips when it is turned on; null if none.
 *
 * @param off the logins that were recorded while the webhook was off
 * @param recordedBefore returns the version of the last login that was recorded before a time (ms, exclusive)
 */
export function skippedAtStart(
  off: LoginRange,
  { catchUp = 'FROM_NOW', since = 0 }: { catchUp?: CatchUp | undefined; since?: number | undefined },
  recordedBefore: (time: number) => number,
): LoginRange | null {
  if (catchUp === 'SINCE_LAST_ON') return null;
  const { firstVersion } = off;
  const lastVersion = catchUp === 'FROM_NOW' ? off.lastVersion : Math.min(off.lastVersion, recordedBefore(since));
  return lastVersion >= firstVersion ? { firstVersion, lastVersion } : null;
}
