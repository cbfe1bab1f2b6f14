import { z } from 'zod';
import { uuid } from './input.js';
import { invalidInput, Refusal } from './refusal.js';

/**
 * `loginsThrough` is the version of the last login of the portal at that moment: it says, without a clock, which logins
 * were recorded before the change and which after.
 */
export type WebhookEvent =
  | { type: 'WebhookConfigured'; data: { destinationId: string; enabled: boolean; loginsThrough: number } }
  | { type: 'WebhookRemoved'; data: { loginsThrough: number } };

/** null: never configured, or removed. */
export type Webhook = { destinationId: string; enabled: boolean } | null;

/** A field left out stays as it is. */
export const configureWebhook = z.object({
  portalId: uuid,
  destinationId: uuid.nullish().transform((value) => value ?? undefined),
  enabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined),
});
export const removeWebhook = z.object({ portalId: uuid });

export type WebhookCommand =
  | { type: 'ConfigureWebhook'; destinationId: string | undefined; enabled: boolean | undefined; loginsThrough: number }
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
  if (webhook && webhook.destinationId === destinationId && webhook.enabled === enabled) return [];
  return [{ type: 'WebhookConfigured', data: { destinationId, enabled, loginsThrough } }];
}
