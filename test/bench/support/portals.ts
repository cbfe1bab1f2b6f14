import { succeeded } from '../../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  RegisterPortalDocument,
} from '../../../src/client/generated/graphql.js';
import type { Product } from './product.js';
import type { Receiver } from './receiver.js';

/** @returns the id of a new portal without a webhook */
export async function addPortal({ client }: Product): Promise<string> {
  const input = { name: 'Developer portal' };
  return succeeded((await client.call(RegisterPortalDocument, { input })).registerPortal).portal.id;
}

/** @returns the id of a new portal that delivers to the receiver */
export async function addDeliveringPortal(product: Product, receiver: Receiver): Promise<string> {
  const portalId = await addPortal(product);
  const { client } = product;
  const created = await client.call(CreateDestinationDocument, {
    input: {
      name: `Receiver of ${portalId}`,
      endpoint: receiver.url,
      authorization: 'Splunk 00000000-0000-0000-0000-000000000000',
      logFormat: 'CEF',
      caCertificate: receiver.ca,
    },
  });
  const { destination } = succeeded(created.createDestination);
  const input = { portalId, destinationId: destination.id, enabled: true };
  succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  return portalId;
}
