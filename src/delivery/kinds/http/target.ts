import { streamOf } from '../../../domain/stream.js';
import type { DestinationRow } from '../../../projections/destinations.js';
import { AUTHORIZATION, CLIENT_KEY, ENDPOINT, headerSecret, type Secrets } from '../../../vault/secrets.js';
import type { Target } from '../../transport/types.js';

/** A destination as it is now, with its secrets in clear. @throws Error if their data key was destroyed */
export function targetOf(destination: DestinationRow, secrets: Secrets): Target {
  const { id, endpoint, authorization, clientKey, headers } = destination;
  const open = (name: string, sealed: string) => secrets.open(streamOf('destination', id), name, sealed);
  return {
    ...destination,
    destinationId: id,
    revision: destination.changedPosition,
    endpoint: open(ENDPOINT, endpoint),
    authorization: authorization === null ? null : open(AUTHORIZATION, authorization),
    clientKey: clientKey === null ? null : open(CLIENT_KEY, clientKey),
    headers: headers.map(({ name, value }) => ({ name, value: open(headerSecret(name), value) })),
  };
}
