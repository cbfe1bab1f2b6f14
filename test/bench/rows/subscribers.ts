import { execFileSync } from 'node:child_process';
import { succeeded } from '../../../src/client/client.js';
import { ConfigureWebhookDocument, CreateDestinationDocument } from '../../../src/client/generated/graphql.js';
import { type Row, type Scale, spread } from '../row.js';
import { type Child, startChild } from '../support/child.js';
import { owning } from '../support/owning.js';
import { addPortal } from '../support/portals.js';
import { type Product, startProduct } from '../support/product.js';

/** The argument of subscribers-process.ts. */
export interface Audience {
  url: string;
  token: string;
  portalId: string;
  subscribers: number;
}

const SUBSCRIBERS: Record<Scale, number> = { default: 5_000, full: 5_000, smoke: 20 };
/** Changes in a round. The number is even, so that every round begins with the webhook off. */
const CHANGES = 4;
/** Files that a process opens besides the sockets. */
const OTHER_FILES = 100;

/**
 * Measures from the call that turns the webhook on or off, commit included, until the last subscriber has the new status. The
 * comparison answers the same calls of the same contract. Both sides execute the selection once for each subscriber.
 */
export const subscribers: Row = {
  name: 'subscribers',
  work: 'a status change reaches the last of 5,000 subscribers, half WebSocket, half server-sent events',
  comparedWith: 'graphql-ws and node:http over graphql-js, from memory',
  aims: [{ figure: 'last', unit: 'ms', goal: { ratioAtMost: 1.5 } }],
  async prepare(scale) {
    const count = SUBSCRIBERS[scale];
    const files = fileLimit();
    if (files < count + OTHER_FILES)
      return { skipped: `needs ulimit -n ${count + OTHER_FILES}; the limit is ${files}` };
    return owning(async (own) => {
      const product = own(await startProduct());
      const portalId = await portalWithWebhook(product);
      const bare = own(await startChild<{ port: number }>('bare-subscriptions-process.js'));
      const bareUrl = `http://127.0.0.1:${bare.ready.port}/graphql`;
      const follow = async (url: string, token: string) => {
        const audience: Audience = { url, token, portalId, subscribers: count };
        const clients = own(await startChild('subscribers-process.js', JSON.stringify(audience)));
        return () => changes(clients);
      };
      const ours = await follow(product.url, product.token);
      const theirs = await follow(bareUrl, 'none');
      await ours();
      await theirs();
      return { ours, theirs };
    });
  },
};

async function changes(clients: Child<unknown>): Promise<{ last: number }> {
  const times: number[] = [];
  while (times.length < CHANGES) times.push((await clients.ask<{ ms: number }>({})).ms);
  return { last: spread(times).median };
}

async function portalWithWebhook(product: Product): Promise<string> {
  const portalId = await addPortal(product);
  const destination = {
    name: 'SIEM',
    endpoint: 'https://127.0.0.1:444/',
    authorization: 'Bench',
    logFormat: 'CEF' as const,
  };
  const { createDestination } = await product.client.call(CreateDestinationDocument, { input: destination });
  const destinationId = succeeded(createDestination).destination.id;
  const input = { portalId, destinationId, enabled: false };
  succeeded((await product.client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  return portalId;
}

/** How many files a process may open. Node raises its soft limit to the hard limit. */
function fileLimit(): number {
  const hard = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
