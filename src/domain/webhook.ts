import { z } from 'zod';
import { uuid } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, pruned, Refusal, reasonAgainstPruned } from './refusal.js';

/**
 * `loginsThrough` is the version of the last login of the portal at that moment: it says, without a clock, which logins
 * were recorded before the change and which after.
 */
export type WebhookEvent =
  | { type: 'WebhookConfigured'; data: { destinationId: string; enabled: boolean; loginsThrough: number } }
  | { type: 'WebhookRemoved'; data: { loginsThrough: number } };

/** null: never configured, or removed. */
export type Webhook = { destinationId: string; enabled: boolean } | null;

/** What is due of the logins that were recorded while the webhook was off, once it is turned on. */
export const catchUps = ['FROM_NOW', 'SINCE_LAST_ON', 'SINCE'] as const;
export type CatchUp = (typeof catchUps)[number];

/** A field left out stays as it is. */
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
      /** When the newest login was recorded that is not retained any more, in ms; null if all are. */
      prunedThrough?: number | null;
      loginsThrough: number;
    }
  | { type: 'RemoveWebhook'; loginsThrough: number };

/** The portal is known to live and the destination to exist. */
export function decide(command: WebhookCommand, webhook: Webhook): WebhookEvent[] {
  const { loginsThrough } = command;
  if (command.type === 'RemoveWebhook') {
    if (!webhook) throw new Refusal('NOT_FOUND', 'The portal has no webhook to remove.');
    return [{ type: 'WebhookRemoved', data: { loginsThrough } }];
  }
  const destinationId = command.destinationId ?? webhook?.destinationId ?? null;
  const enabled = command.enabled ?? webhook?.enabled ?? false;
  if (!destinationId) {
    throw invalidInput([{ field: 'destinationId', reason: 'is needed: the webhook points at no destination yet' }]);
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
    throw invalidInput([{ field: 'since', reason: 'means something with catchUp: SINCE only' }]);
  }
  if (since !== undefined && prunedThrough !== null && since <= prunedThrough) {
    throw pruned(`since: ${reasonAgainstPruned(prunedThrough)}`, 'since');
  }
  if (catchUp && !isTurnedOn) {
    throw invalidInput([
      { field: 'catchUp', reason: 'means something when the webhook is turned on only; use requestReplay instead' },
    ]);
  }
}

/**
 * The logins that a webhook skips when it is turned on, of those that were recorded while it was off.
 *
 * @param off the logins that were recorded while it was off
 * @param recordedBefore the version of the last login that was recorded before a time (ms)
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
