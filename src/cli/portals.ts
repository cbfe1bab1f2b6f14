import type { Client } from '../client/client.js';
import { PortalsDocument, type PortalsQuery, PortalWebhooksDocument } from '../client/generated/graphql.js';
import { everyNode } from './pages.js';
import { CommandFailed, PROGRAM } from './run.js';

/** The argument of each command for one portal. */
export const portalArgs = {
  'portal-id': { type: 'positional', description: 'The UUID of the portal', required: true },
} as const;

const NO_PORTALS = `There are no portals yet. Next: ${PROGRAM} portal register NAME`;
const ALL_RETIRED = `There is no portal in use. "${PROGRAM} portal list --include-retired" shows the retired ones.`;

/** A portal with its webhooks and their statuses. */
export type PortalNode = PortalsQuery['portals']['edges'][number]['node'];

/** The portals in the order of their registration. */
export function everyPortal(client: Client, includeRetired = false): Promise<PortalNode[]> {
  return everyNode(async (page) => (await client.call(PortalsDocument, { includeRetired, ...page })).portals);
}

/** What to say where no portal is shown. */
export function withoutPortals(hasRetired: boolean): string[] {
  return [hasRetired ? ALL_RETIRED : NO_PORTALS];
}

/** The portals in use, and the retired ones that keep undelivered logins, which a person must discard; and whether any is retired. */
export async function portalsToWatch(client: Client): Promise<{ portals: PortalNode[]; hasRetired: boolean }> {
  const all = await everyPortal(client, true);
  const hasLogins = ({ status }: PortalNode['webhooks'][number]) => status.undeliveredTotal + status.pending > 0;
  const portals = all.map((portal) =>
    portal.retiredAt === null ? portal : { ...portal, webhooks: portal.webhooks.filter(hasLogins) },
  );
  return {
    portals: portals.filter(({ webhooks }) => webhooks.length > 0),
    hasRetired: all.some(({ retiredAt }) => retiredAt !== null),
  };
}

export const portalNameOf = ({ name, retiredAt }: Pick<PortalNode, 'name' | 'retiredAt'>): string =>
  retiredAt === null ? name : `${name} (retired)`;

/** The option that names a webhook of a portal. */
export const webhookArg = {
  webhook: {
    type: 'string',
    description: 'The name or the UUID of the webhook; the webhook "default" without it',
    valueHint: 'webhook',
  },
} as const;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The id of a webhook.
 *
 * @param nameOrId undefined: the webhook `default`, for which the server needs no id
 * @throws CommandFailed if the portal has no webhook of that name, as the server refuses an unknown id
 */
export async function webhookIdOf(
  client: Client,
  portalId: string,
  nameOrId: string | undefined,
): Promise<string | undefined> {
  if (nameOrId === undefined || UUID.test(nameOrId)) return nameOrId;
  const { portal } = await client.call(PortalWebhooksDocument, { portalId });
  if (!portal) throw new CommandFailed(`There is no portal with the id ${portalId}.`);
  const found = portal.webhooks.find(({ name }) => name === nameOrId);
  if (found) return found.id;
  const names = portal.webhooks.map(({ name }) => `"${name}"`).join(', ');
  throw new CommandFailed(`The portal has no webhook "${nameOrId}"; it has ${names}.`);
}

/**
 * The state of a webhook for a person. A webhook that is off sends nothing, whatever its last attempt said; a removed one is not
 * told from an unconfigured one by its state alone.
 */
export function stateOf(
  portalId: string,
  { id, destination, status }: { id: string; destination: unknown; status: { enabled: boolean; state: string } },
): string {
  if (destination) return status.enabled ? status.state : 'OFF';
  return id === portalId ? status.state : 'REMOVED';
}

/** A webhook by its name and id. The webhook `default` has the id of its portal. */
export function nameOf(portalId: string, { id, name }: { id: string; name: string }): string {
  return id === portalId ? `"${name}"` : `"${name}" (${id})`;
}
