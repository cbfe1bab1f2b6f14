/** Arguments and input fields that choose webhooks of a portal. */
import type { WebhookChoice } from '../src/api/webhooks.js';

export const webhookIdDescription = 'The UUID of a webhook of the portal; by default the webhook `default`.';

export const allWebhooksDescription = 'Whether to include every webhook of the portal, instead of one.';

/** The part of the arguments that chooses webhooks. */
export function choiceOf({ portalId, webhookId, allWebhooks }: WebhookChoice): WebhookChoice {
  return { portalId, webhookId, allWebhooks };
}
