/** The webhooks of a portal that can be read: all that are configured, `default`, and removed ones with undelivered logins. */
import { notFound } from '../domain/refusal.js';
import { DEFAULT_WEBHOOK, defaultWebhookId, isDefault } from '../domain/webhook.js';
import type { ReadModels } from '../projections/read-models.js';
import type { WebhookRow } from '../projections/webhooks.js';

/** The webhooks of a portal: `default` first, the others in the order of their creation. */
export function webhooksOf(portalId: string, models: ReadModels): WebhookRow[] {
  const rows = models.webhooks.ofPortal(portalId);
  return rows[0] && isDefault(rows[0]) ? rows : [unconfiguredDefault(portalId), ...rows];
}

/** A webhook by its id; undefined if there is none, or no portal. */
export function webhookById(id: string, models: ReadModels): WebhookRow | undefined {
  const row = models.webhooks.get(id);
  if (row) return row.isGone ? undefined : row;
  return models.portals.get(id) && unconfiguredDefault(id);
}

/**
 * The webhook of a portal that a call means.
 *
 * @param portalId the id of a portal that exists
 * @param webhookId undefined: the webhook `default`
 * @param field the path of the webhook's id in the input
 * @throws Refusal NOT_FOUND if the portal has no such webhook
 */
export function webhookOf(
  portalId: string,
  webhookId: string | undefined,
  models: ReadModels,
  field = 'webhookId',
): WebhookRow {
  const id = webhookId ?? defaultWebhookId(portalId);
  const webhook = webhookById(id, models);
  if (webhook?.portalId !== portalId) throw notFound('webhook of the portal', id, field);
  return webhook;
}

function unconfiguredDefault(portalId: string): WebhookRow {
  const id = defaultWebhookId(portalId);
  return {
    id,
    portalId,
    name: DEFAULT_WEBHOOK,
    destinationId: null,
    enabled: false,
    configuredAt: null,
    position: 0,
    isGone: false,
  };
}
