import type { Client } from '../client/client.js';
import { PortalsDocument, type PortalsQuery } from '../client/generated/graphql.js';
import { everyNode } from './pages.js';
import { PROGRAM } from './run.js';

/** The argument of each command for one portal. */
export const portalArgs = {
  'portal-id': { type: 'positional', description: 'The UUID of the portal', required: true },
} as const;

export const NO_PORTALS = `There are no portals yet. Next: ${PROGRAM} portal register NAME`;

/** A portal with its webhook and the status of the webhook. */
export type PortalNode = PortalsQuery['portals']['edges'][number]['node'];

/** The portals in the order of their registration. */
export function everyPortal(client: Client, includeRetired = false): Promise<PortalNode[]> {
  return everyNode(async (page) => (await client.call(PortalsDocument, { includeRetired, ...page })).portals);
}
