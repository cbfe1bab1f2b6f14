import { uuid } from '../domain/input.js';
import { invalidInput, Refusal } from '../domain/refusal.js';
import { isWebhookNodeId } from '../domain/webhook.js';
import type { Context } from './context.js';
import { type Destination, destination } from './destinations.js';
import { operation } from './operation.js';
import { type Portal, portal } from './portals.js';
import { type UndeliveredRange, undeliveredRange } from './undelivered.js';
import { type Webhook, webhook } from './webhooks.js';

const MAX_IDS = 100;

/** What has an id of its own, with the name of its type. */
export type Node =
  | { type: 'Portal'; value: Portal }
  | { type: 'Webhook'; value: Webhook }
  | { type: 'Destination'; value: Destination }
  | { type: 'UndeliveredRange'; value: UndeliveredRange };

/** null if it does not exist. @throws Refusal INVALID_INPUT */
export const node = operation('node', (id: string, context): Node | null => nodeOf(id, 'id', context));

/** In the order of the ids; null for each that does not exist. @throws Refusal INVALID_INPUT */
export const nodes = operation('nodes', (ids: readonly string[], context): (Node | null)[] => {
  if (ids.length > MAX_IDS) {
    throw invalidInput([{ field: 'ids', reason: `must hold at most ${MAX_IDS} ids; split the call` }]);
  }
  return ids.map((id, index) => nodeOf(id, `ids[${index}]`, context));
});

function nodeOf(id: string, field: string, context: Context): Node | null {
  try {
    return find(id, context);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw invalidInput([{ field, reason: 'is not an id of a node; pass the field id of one' }]);
  }
}

function find(id: string, context: Context): Node | null {
  if (isWebhookNodeId(id)) {
    const value = webhook(id, context);
    return value ? { type: 'Webhook', value } : null;
  }
  if (!uuid.safeParse(id).success) {
    const value = undeliveredRange(id, context);
    return value ? { type: 'UndeliveredRange', value } : null;
  }
  const ofPortal = portal(id, context);
  if (ofPortal) return { type: 'Portal', value: ofPortal };
  const value = destination(id, context);
  return value ? { type: 'Destination', value } : null;
}
