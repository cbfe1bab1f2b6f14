import type { Client } from '../client/client.js';
import { type StatusFieldsFragment, WebhookStatusChangedDocument } from '../client/generated/graphql.js';
import { clientCommand } from './client-command.js';
import { everyPortal, NO_PORTALS, type PortalNode } from './portals.js';

type Write = (portal: PortalNode, status: StatusFieldsFragment) => void;

export const statusCommand = clientCommand(
  { name: 'status', description: 'Print the state of delivery for every portal.' },
  {
    watch: { type: 'boolean', description: 'Continue with every change; with --json, one JSON document in each line' },
  },
  async (client, { json: asJson, watch }) => {
    const portals = await everyPortal(client);
    if (!watch || !portals.length) {
      const lines = portals.map((portal) => lineOf(portal, portal.webhook.status));
      const json = portals.map((portal) => documentOf(portal, portal.webhook.status));
      return { json, lines: lines.length ? lines : [NO_PORTALS] };
    }
    const write: Write = (portal, status) => {
      const text = asJson ? JSON.stringify(documentOf(portal, status)) : lineOf(portal, status);
      process.stdout.write(`${text}\n`);
    };
    for (const portal of portals) write(portal, portal.webhook.status);
    await Promise.all(portals.map((portal) => follow(client, portal, write)));
    return undefined;
  },
);

async function follow(client: Client, portal: PortalNode, write: Write): Promise<void> {
  for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, {
    portalId: portal.id,
  })) {
    write(portal, webhookStatusChanged.status);
  }
}

const documentOf = ({ id, name }: PortalNode, status: StatusFieldsFragment) => ({
  portalId: id,
  portalName: name,
  ...status,
});

const lineOf = ({ name }: PortalNode, status: StatusFieldsFragment) => `${name}: ${describeStatus(status)}`;

/** A status as one line for a person. */
function describeStatus(status: StatusFieldsFragment): string {
  const { lastAttemptAt, lastResponseCode, lastResponseMessage } = status;
  const last = lastAttemptAt
    ? `last attempt ${lastAttemptAt}: ${[lastResponseCode, lastResponseMessage].filter(Boolean).join(' ')}`
    : 'no attempt yet';
  const parts = [
    `${status.state}${status.enabled ? '' : ' (off)'}`,
    `${status.deliveredTotal} delivered`,
    `${status.pending} pending${status.oldestPendingAt ? ` since ${status.oldestPendingAt}` : ''}`,
    ...(status.undeliveredTotal ? [`${status.undeliveredTotal} undelivered since ${status.oldestUndeliveredAt}`] : []),
    ...(status.needsActionTotal ? [`${status.needsActionTotal} of them in state NEEDS_ACTION`] : []),
    last,
    ...(status.nextAttemptAt ? [`next attempt ${status.nextAttemptAt}`] : []),
  ];
  return parts.join(', ');
}
