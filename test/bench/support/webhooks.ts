import { succeeded } from '../../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  CreateWebhookDocument,
} from '../../../src/client/generated/graphql.js';
import type { Product } from './product.js';

/** A receiver, or something that behaves like one. */
interface Endpoint {
  url: string;
  ca: string;
}

/** @returns the id of a new destination */
export async function addDestination({ client }: Product, { url, ca }: Endpoint, name: string): Promise<string> {
  const input = { name, endpoint: url, caCertificate: ca };
  return succeeded((await client.call(CreateDestinationDocument, { input })).createDestination).destination.id;
}

/** Another webhook of a portal, on. @returns its id */
export async function addWebhook(
  product: Product,
  portalId: string,
  endpoint: Endpoint,
  name: string,
): Promise<string> {
  const destinationId = await addDestination(product, endpoint, `${name} of ${portalId}`);
  const input = { portalId, name, destinationId, enabled: true };
  return succeeded((await product.client.call(CreateWebhookDocument, { input })).createWebhook).webhook.id;
}

export async function moveWebhook(
  { client }: Product,
  portalId: string,
  webhookId: string,
  destinationId: string,
): Promise<void> {
  const input = { portalId, webhookId, destinationId };
  succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
}
