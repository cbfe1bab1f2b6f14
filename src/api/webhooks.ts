import { parse } from '../domain/input.js';
import { invalidInput } from '../domain/refusal.js';
import {
  configureWebhook as configureInput,
  createWebhook as createInput,
  defaultWebhookId,
  removeWebhook as removeInput,
  renameWebhook as renameInput,
  webhookUuid,
} from '../domain/webhook.js';
import type { WebhookRow } from '../projections/webhooks.js';
import type { StatusAt, WebhookStatus } from '../queries/status.js';
import { webhookById, webhookOf, webhooksOf } from '../queries/webhooks.js';
import type { Context } from './context.js';
import { statesOfWebhooks } from './live.js';
import { operation } from './operation.js';
import { parsePosition } from './page.js';
import { existingPortal } from './portals.js';

/** A webhook. Without a configuration it has no destination. */
export type Webhook = Omit<WebhookRow, 'position'>;

/** @returns the webhook as it is now */
export const configureWebhook = operation('configureWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('configureWebhook', parse(configureInput, input), context.cause), context),
);

/** @returns the webhook as it is now */
export const createWebhook = operation('createWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('createWebhook', parse(createInput, input), context.cause), context),
);

/** @returns the webhook as it is now */
export const renameWebhook = operation('renameWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('renameWebhook', parse(renameInput, input), context.cause), context),
);

/** @returns the webhook as it is now */
export const removeWebhook = operation('removeWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('removeWebhook', parse(removeInput, input), context.cause), context),
);

/** undefined if there is no such webhook, or if it was removed and has no undelivered logins. */
export const webhook = operation('webhook', (id: unknown, { models }): Webhook | undefined =>
  webhookById(parse(webhookUuid, id, 'id'), models),
);

/** The webhook `default` of a portal that exists. */
export const defaultWebhook = operation(
  'defaultWebhook',
  (portalId: string, context): Webhook => view(defaultWebhookId(portalId), context),
);

/** The webhooks of a portal that exists: `default` first, the others in the order of their creation. */
export const webhooks = operation('webhooks', (portalId: string, { models }): Webhook[] =>
  webhooksOf(portalId, models),
);

/** The webhook of a portal that holds back most logins from being pruned; undefined if none does. */
export const holdsBackMost = operation(
  'holdsBackMost',
  (portalId: string, { models, statusOf }): Webhook | undefined => {
    const since = ({ id }: Webhook) => statusOf(id).status.holdsLoginsSince;
    return webhooksOf(portalId, models)
      .filter((row) => since(row) !== null)
      .sort((one, other) => (since(one) ?? 0) - (since(other) ?? 0))[0];
  },
);

export const webhookStatus = operation(
  'webhookStatus',
  (webhookId: string, { statusOf }): WebhookStatus => statusOf(webhookId).status,
);

/** Which webhooks a list or a subscription is about: one of a portal (`default` if none is named), or all. Never both. */
export interface WebhookChoice {
  portalId?: unknown;
  webhookId?: unknown;
  allWebhooks?: boolean | null | undefined;
}

/**
 * For reading. A removed webhook is found by its id even if nothing of it is undelivered: what happened stays readable while it is
 * retained.
 *
 * @param field the name of the argument that has the id
 * @throws Refusal INVALID_INPUT or NOT_FOUND
 */
export function existingWebhook(
  { portalId, webhookId }: WebhookChoice,
  context: Context,
  field = 'webhookId',
): WebhookRow {
  const portal = existingPortal(portalId, context);
  const id = webhookId == null ? undefined : parse(webhookUuid, webhookId, field);
  const removed = id === undefined ? undefined : context.models.webhooks.get(id);
  return removed?.portalId === portal ? removed : webhookOf(portal, id, context.models, field);
}

/** @throws Refusal INVALID_INPUT: `all: false` names no webhook */
function refuseNone({ allWebhooks }: WebhookChoice): void {
  if (allWebhooks !== false) return;
  throw invalidInput([{ field: 'webhooks.all', reason: 'must be true; for one webhook, give its id instead' }]);
}

/** @throws Refusal INVALID_INPUT or NOT_FOUND */
export function chosenWebhooks(choice: WebhookChoice, context: Context): WebhookRow[] {
  refuseNone(choice);
  if (!choice.allWebhooks) return [existingWebhook(choice, context, 'webhooks.id')];
  return webhooksOf(existingPortal(choice.portalId, context), context.models);
}

/** The status of each chosen webhook now, and again after every change. */
export const webhookStatusChanges = operation(
  'webhookStatusChanges',
  (
    input: WebhookChoice & { after?: string | null | undefined },
    context,
  ): AsyncIterableIterator<StatusAt & { webhook: Webhook }> =>
    statesOfWebhooks(
      chosenScope(input, context),
      parsePosition(input.after, context.tail.head()),
      context,
      (webhookId) => ({ ...context.statusOf(webhookId), webhook: view(webhookId, context) }),
      ({ status, webhook: { name, portalId } }) => {
        const portal = context.models.portals.get(portalId);
        return { status, name, portal: portal?.name, retiredAt: portal?.retiredAt };
      },
    ),
);

/** The scope of a subscription: one webhook; all of a portal; or, if no portal is named, all of all portals. */
export function chosenScope(choice: WebhookChoice, context: Context): { webhookId?: string; portalId?: string } {
  refuseNone(choice);
  if (!choice.allWebhooks) {
    if (choice.portalId == null) {
      throw invalidInput([{ field: 'portalId', reason: 'is needed; only webhooks: { all: true } can leave it out' }]);
    }
    return { webhookId: existingWebhook(choice, context, 'webhooks.id').id };
  }
  return choice.portalId == null ? {} : { portalId: existingPortal(choice.portalId, context) };
}

function view(id: string, { models }: Context): Webhook {
  const webhook = models.webhooks.get(id) ?? webhookById(id, models);
  if (!webhook) throw new Error(`The webhook ${id} does not exist`);
  return webhook;
}
