import { succeeded } from '../../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  RecordLoginsDocument,
} from '../../../src/client/generated/graphql.js';
import { type Child, startChild } from './child.js';
import { makeLogins } from './logins.js';
import { addPortal } from './portals.js';
import type { Product } from './product.js';

export interface DeadPorts {
  /** Refuses every connection. */
  closed: number;
  /** Accepts connections and never answers. */
  silent: number;
  /** Answers 503. */
  unavailable: number;
  /** PEM of the authority that issued the certificate. */
  ca: string;
}

const AT_ONCE = 16;

export const startDead = (): Promise<Child<DeadPorts>> => startChild<DeadPorts>('dead-process.js');

/** Adds `count` dead destinations, a third of each kind. Each has its own portal with `logins` waiting logins. */
export async function addDead(product: Product, ports: DeadPorts, count: number, logins: number): Promise<void> {
  const kinds = [ports.closed, ports.silent, ports.unavailable];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      await addOne(product, `https://127.0.0.1:${kinds[index % kinds.length]}/collector/${index}`, ports.ca, logins);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function addOne(product: Product, endpoint: string, caCertificate: string, count: number): Promise<void> {
  const { client } = product;
  const portalId = await addPortal(product);
  const destination = { name: `Receiver of ${portalId}`, endpoint, caCertificate };
  const created = await client.call(CreateDestinationDocument, { input: destination });
  const { id: destinationId } = succeeded(created.createDestination).destination;
  const webhook = { portalId, destinationId, enabled: true };
  succeeded((await client.call(ConfigureWebhookDocument, { input: webhook })).configureWebhook);
  succeeded((await client.call(RecordLoginsDocument, { input: { portalId, logins: makeLogins(count) } })).recordLogins);
}
