import { z } from 'zod';
import { name, optionalEnum, optionalTime, optionalUuid, uuid } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, pruned, Refusal, reasonAgainstPruned, refusedField } from './refusal.js';

/** The name of the webhook that every portal has. An operation that names only a portal means this webhook. */
export const DEFAULT_WEBHOOK = 'default';

/** Most webhooks of a portal, with `default`. A removed one counts while it has undelivered logins. */
export const MAX_WEBHOOKS = 10;

/** The id of the webhook `default` of a portal: the id of the portal. All other webhooks have ids of their own. */
export function defaultWebhookId(portalId: string): string {
  return portalId;
}

const NODE_PREFIX = 'webhook:';

/**
 * The id of a webhook among all nodes of the API. It is not the UUID: the webhook `default` has the UUID of its portal, and two nodes
 * must never have the same id, because clients keep them in one store.
 */
export function webhookNodeId(id: string): string {
  return NODE_PREFIX + id;
}

export function isWebhookNodeId(id: string): boolean {
  return id.startsWith(NODE_PREFIX);
}

/** The UUID of a webhook, given as such or as the id of its node. */
export const webhookUuid = z
  .string()
  .transform((id) => (isWebhookNodeId(id) ? id.slice(NODE_PREFIX.length) : id))
  .pipe(uuid);
export const optionalWebhookUuid = webhookUuid.nullish().transform((value) => value ?? undefined);

export function isDefault({ id, portalId }: { id: string; portalId: string }): boolean {
  return id === defaultWebhookId(portalId);
}

/**
 * `loginsThrough` is the version of the portal's last login at that moment. It separates the logins before the change from those
 * after it, without a clock.
 */
export type WebhookEvent =
  /** The webhook `default` has no such event. `loginsThrough`: the portal's last login that was pruned; 0 if none was. */
  | { type: 'WebhookCreated'; data: { portalId: string; name: string; loginsThrough: number } }
  | { type: 'WebhookRenamed'; data: { name: string } }
  | { type: 'WebhookConfigured'; data: { destinationId: string; enabled: boolean; loginsThrough: number } }
  | { type: 'WebhookRemoved'; data: { loginsThrough: number } };

/** null: never configured, or removed. */
export type Webhook = { destinationId: string; enabled: boolean } | null;

/** Which of the logins that were recorded while the webhook was off become due when it is turned on. */
export const catchUps = ['FROM_NOW', 'SINCE_LAST_ON', 'SINCE'] as const;
export type CatchUp = (typeof catchUps)[number];

const settings = {
  enabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined),
  catchUp: optionalEnum(catchUps).optional(),
  since: optionalTime.optional(),
};

/** A field that is left out stays as it is. Without `webhookId`: the webhook `default`. */
export const configureWebhook = z.object({
  portalId: uuid,
  webhookId: optionalWebhookUuid.optional(),
  destinationId: optionalUuid,
  ...settings,
});
// The command line takes a name or an id.
const webhookName = name.refine((value) => !uuid.safeParse(value).success, 'must not be a UUID');

export const createWebhook = z.object({ portalId: uuid, name: webhookName, destinationId: uuid, ...settings });
export const renameWebhook = z.object({ portalId: uuid, webhookId: webhookUuid, name: webhookName });
export const removeWebhook = z.object({ portalId: uuid, webhookId: optionalWebhookUuid.optional() });

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

/** A webhook of a portal, as other webhooks of that portal see it. */
export interface Sibling {
  id: string;
  name: string;
  /** null: never configured, or removed. */
  destinationId: string | null;
  enabled: boolean;
}

/**
 * The caller has checked that the portal exists and is not retired, and that the destination exists.
 *
 * @param siblings the other webhooks of the portal
 */
export function decide(
  command: WebhookCommand,
  webhook: Webhook,
  siblings: readonly Sibling[] = [],
): Extract<WebhookEvent, { type: 'WebhookConfigured' | 'WebhookRemoved' }>[] {
  const { loginsThrough } = command;
  if (command.type === 'RemoveWebhook') {
    if (!webhook) {
      throw refusedField('NOT_FOUND', 'webhookId', 'the webhook is not configured, so there is nothing to remove');
    }
    return [{ type: 'WebhookRemoved', data: { loginsThrough } }];
  }
  const destinationId = command.destinationId ?? webhook?.destinationId ?? null;
  const enabled = command.enabled ?? webhook?.enabled ?? false;
  if (!destinationId) {
    throw invalidInput([
      {
        field: 'destinationId',
        reason: 'is needed: the webhook has no destination, because it was never configured or was removed',
      },
    ]);
  }
  refuseCatchUp(command, enabled && !webhook?.enabled);
  if (webhook && webhook.destinationId === destinationId && webhook.enabled === enabled) return [];
  if (enabled) refuseSharedDestination(destinationId, siblings);
  return [{ type: 'WebhookConfigured', data: { destinationId, enabled, loginsThrough } }];
}

/** Two webhooks of a portal that are on must not send to one destination: every login would arrive twice. */
function refuseSharedDestination(destinationId: string, siblings: readonly Sibling[]): void {
  const other = siblings.find((sibling) => sibling.enabled && sibling.destinationId === destinationId);
  if (!other) return;
  const reason = `is used by the webhook "${other.name}" (${other.id}) of the same portal, which is on; use another destination, or turn that webhook off first`;
  throw refusedField('DESTINATION_IN_USE_BY_PORTAL', 'destinationId', reason);
}

/**
 * Which webhook a new name gives: one that was removed and has the name, or a new one (null).
 *
 * @param webhooks of the portal, with the removed ones that have undelivered logins
 * @throws Refusal NAME_TAKEN or TOO_MANY_WEBHOOKS
 */
export function webhookToCreate<W extends Sibling>(webhooks: readonly W[], newName: string): W | null {
  const namesake = webhooks.find((webhook) => webhook.name === newName);
  if (namesake?.destinationId) throw nameIsTaken(newName);
  if (!namesake && webhooks.length >= MAX_WEBHOOKS) {
    const reason = `a portal has at most ${MAX_WEBHOOKS} webhooks. Remove one first; a removed webhook counts until its undelivered logins are delivered or discarded.`;
    throw refusedField('TOO_MANY_WEBHOOKS', 'portalId', reason);
  }
  return namesake ?? null;
}

/** @param siblings the other webhooks of the portal @throws Refusal INVALID_INPUT or NAME_TAKEN */
export function decideRename(
  webhook: { id: string; portalId: string; name: string },
  newName: string,
  siblings: readonly Sibling[],
): WebhookEvent[] {
  if (isDefault(webhook)) {
    const reason = `cannot be renamed: the webhook "${DEFAULT_WEBHOOK}" keeps its name; create another webhook instead`;
    throw invalidInput([{ field: 'webhookId', reason }]);
  }
  if (siblings.some((sibling) => sibling.name === newName)) throw nameIsTaken(newName);
  return webhook.name === newName ? [] : [{ type: 'WebhookRenamed', data: { name: newName } }];
}

/** @param field the path in the input that names the webhook @param more another way than to configure it */
export function webhookUnconfigured(field: string, more = ''): Refusal {
  const reason = `the webhook is not configured; give it a destination with configureWebhook first${more}`;
  return refusedField('WEBHOOK_UNCONFIGURED', field, reason);
}

function nameIsTaken(taken: string): Refusal {
  return new Refusal(
    'NAME_TAKEN',
    `The portal has a webhook named "${taken}" already; choose another name, or configure that webhook.`,
    [{ field: 'name', reason: 'is taken by another webhook of the portal' }],
  );
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
