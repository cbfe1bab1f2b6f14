/** Arguments and input fields that choose webhooks of a portal. */
import type { WebhookChoice } from '../src/api/webhooks.js';
import { builder } from './builder.js';

export const webhookIdDescription = 'The UUID of a webhook of the portal; by default the webhook `default`.';

export const WebhookChoiceInput = builder.inputType('WebhookChoiceInput', {
  description: 'One webhook, or all of them.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'The UUID of a webhook of the portal.' }),
    all: t.boolean({
      description: 'true: every webhook. A subscription includes those that are created later.',
    }),
  }),
});

export const webhooksDescription = 'Which webhooks of the portal; by default the webhook `default`.';

/** The choice that the arguments of a list or a subscription mean. */
export function choiceOf(args: {
  portalId?: string | null | undefined;
  webhooks?: { id?: string | null | undefined; all?: boolean | null | undefined } | null | undefined;
}): WebhookChoice {
  return { portalId: args.portalId, webhookId: args.webhooks?.id, allWebhooks: args.webhooks?.all };
}
