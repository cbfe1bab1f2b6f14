import { defineCommand } from 'citty';
import { type Client, createClient } from '../client/client.js';
import {
  PortalsDocument,
  type PortalsQuery,
  type StatusFieldsFragment,
  WebhookStatusChangedDocument,
} from '../client/generated/graphql.js';
import { run, UsageError } from './common.js';

const args = {
  url: {
    type: 'string',
    description: 'GraphQL of the server (AUDITWIRE_URL; http://127.0.0.1:4000/graphql)',
    valueHint: 'url',
  },
  token: {
    type: 'string',
    description: 'Your token; better in AUDITWIRE_TOKEN, where no process list shows it',
    valueHint: 'token',
  },
  watch: { type: 'boolean', description: 'Go on with every change', default: false },
} as const;

type PortalNode = PortalsQuery['portals']['edges'][number]['node'];

export const statusCommand = defineCommand({
  meta: { name: 'status', description: 'Show how delivery stands for every portal of a running server.' },
  args,
  run: (context) =>
    run(context.args, args, async () => {
      const { url, token, watch } = context.args;
      const given = token ?? process.env['AUDITWIRE_TOKEN'];
      if (!given) throw new UsageError('A token is needed: set AUDITWIRE_TOKEN or pass --token.');
      const client = createClient(url ?? process.env['AUDITWIRE_URL'] ?? 'http://127.0.0.1:4000/graphql', given);
      const portals = await everyPortal(client);
      if (!portals.length) process.stdout.write('There are no portals yet; registerPortal makes one.\n');
      for (const portal of portals) print(portal.name, portal.webhook.status);
      if (watch) await Promise.all(portals.map((portal) => follow(client, portal)));
      client.close();
    }),
});

async function everyPortal(client: Client): Promise<PortalNode[]> {
  const found: PortalNode[] = [];
  let after: string | null | undefined;
  do {
    const { portals } = await client.call(PortalsDocument, { first: 100, after });
    found.push(...portals.edges.map(({ node }) => node));
    after = portals.pageInfo.hasNextPage ? portals.pageInfo.endCursor : null;
  } while (after);
  return found;
}

async function follow(client: Client, { id, name }: PortalNode): Promise<void> {
  for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, { portalId: id })) {
    print(name, webhookStatusChanged.status);
  }
}

function print(name: string, status: StatusFieldsFragment): void {
  process.stdout.write(`${name}: ${describeStatus(status)}\n`);
}

/** A status in one line for a person. */
function describeStatus(status: StatusFieldsFragment): string {
  const { lastAttemptAt, lastResponseCode, lastResponseMessage } = status;
  const last = lastAttemptAt
    ? `last try ${lastAttemptAt}: ${[lastResponseCode, lastResponseMessage].filter(Boolean).join(' ')}`
    : 'no try yet';
  const parts = [
    `${status.state}${status.enabled ? '' : ' (off)'}`,
    `${status.deliveredTotal} delivered`,
    `${status.pending} pending${status.oldestPendingAt ? ` since ${status.oldestPendingAt}` : ''}`,
    ...(status.undeliveredTotal ? [`${status.undeliveredTotal} undelivered since ${status.oldestUndeliveredAt}`] : []),
    ...(status.needsActionTotal ? [`${status.needsActionTotal} of them wait for a person`] : []),
    last,
    ...(status.nextAttemptAt ? [`next try ${status.nextAttemptAt}`] : []),
  ];
  return parts.join(', ');
}
