import type { Client } from '../client/client.js';
import {
  type StatusFieldsFragment,
  ViewerDocument,
  WebhookStatusChangedDocument,
} from '../client/generated/graphql.js';
import { clientCommand } from './client-command.js';
import { writeResult } from './output.js';
import { portalNameOf, portalsToWatch, stateOf, withoutPortals } from './portals.js';
import { CommandFailed } from './run.js';

/** A webhook with its portal and its status. */
interface Watched {
  portal: { id: string; name: string; retiredAt: string | null };
  webhook: { id: string; name: string; destination: { id: string; name: string } | null };
  status: StatusFieldsFragment;
}

export const statusCommand = clientCommand(
  {
    name: 'status',
    description:
      'Print the state of delivery for every webhook of every portal; of a retired portal, for those that keep undelivered logins.',
  },
  {
    watch: {
      type: 'boolean',
      description:
        'Continue with every change, also of new webhooks and portals; with --json, one JSON document in each line',
    },
  },
  async (client, { json: asJson, watch }) => {
    if (watch) {
      // Unlike a subscription, a call fails at once, with the cause, if the URL or the token is wrong.
      await client.call(ViewerDocument, {});
      await follow(client, (watched) => writeResult([asJson ? JSON.stringify(documentOf(watched)) : lineOf(watched)]));
      throw new CommandFailed('The server ended the subscription; run the command again.');
    }
    const { portals, hasRetired } = await portalsToWatch(client);
    const all = portals.flatMap(({ webhooks, ...portal }) =>
      webhooks.map((webhook): Watched => ({ portal, webhook, status: webhook.status })),
    );
    return { json: all.map(documentOf), lines: all.map(lineOf), hints: all.length ? [] : withoutPortals(hasRetired) };
  },
);

/** Writes the status of each webhook once, and then each time that it changes. */
async function follow(client: Client, write: (watched: Watched) => void): Promise<void> {
  // After a lost connection, the server sends the present statuses again.
  const written = new Map<string, string>();
  for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, {
    webhooks: { all: true },
  })) {
    const { webhook, status } = webhookStatusChanged;
    const portal = { id: webhook.portalId, name: webhook.portalName, retiredAt: webhook.portalRetiredAt };
    const watched = { portal, webhook, status };
    const text = JSON.stringify(watched);
    if (written.get(webhook.id) === text) continue;
    written.set(webhook.id, text);
    write(watched);
  }
}

/** The state as the API has it, except that a removed webhook is not UNCONFIGURED. */
function statePrinted({ portal, webhook, status }: Watched): string {
  const state = stateOf(portal.id, { ...webhook, status });
  return state === 'REMOVED' ? state : status.state;
}

const documentOf = ({ portal, webhook, status }: Watched) => ({
  portalId: portal.id,
  portalName: portal.name,
  portalRetiredAt: portal.retiredAt,
  webhookId: webhook.id,
  webhookName: webhook.name,
  destination: webhook.destination && { id: webhook.destination.id, name: webhook.destination.name },
  ...status,
  state: statePrinted({ portal, webhook, status }),
});

/** The id of the portal tells apart portals of one name; the webhook `default` has the same id. */
function lineOf({ portal, webhook, status }: Watched): string {
  const ids = webhook.id === portal.id ? webhook.id : `${webhook.id}, portal ${portal.id}`;
  const state = stateOf(portal.id, { ...webhook, status });
  return `${portalNameOf(portal)} / ${webhook.name} (${ids}): ${describeStatus(status, state)}`;
}

/** A status as one line for a person. */
function describeStatus(status: StatusFieldsFragment, state: string): string {
  const { lastAttemptAt, lastResponseCode, lastResponseMessage } = status;
  const last = lastAttemptAt
    ? `last attempt ${lastAttemptAt}: ${[lastResponseCode, lastResponseMessage].filter(Boolean).join(' ')}`
    : 'no attempt yet';
  const parts = [
    state,
    `${status.deliveredTotal} delivered`,
    `${status.pending} pending${status.oldestPendingAt ? ` since ${status.oldestPendingAt}` : ''}`,
    ...(status.undeliveredTotal ? [`${status.undeliveredTotal} undelivered since ${status.oldestUndeliveredAt}`] : []),
    ...(status.needsActionTotal ? [`${status.needsActionTotal} of them in state NEEDS_ACTION`] : []),
    ...(status.discardedTotal ? [`${status.discardedTotal} discarded or expired`] : []),
    last,
    ...(status.warning ? [`warning: ${status.warning}`] : []),
    ...(status.nextAttemptAt ? [`next attempt ${status.nextAttemptAt}`] : []),
  ];
  return parts.join(', ');
}
