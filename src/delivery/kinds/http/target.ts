import { streamOf } from '../../../domain/stream.js';
import type { DestinationRow } from '../../../projections/destinations.js';
import { AUTHORIZATION, CLIENT_KEY, headerSecret, type Secrets } from '../../../vault/secrets.js';
import type { Target } from '../../transport/types.js';

/** A destination as it is now, with its secrets in clear. @throws Error if their data key was destroyed */
export function targetOf(destination: DestinationRow, secrets: Secrets): Target {
  const { id, authorization, clientKey, headers } = destination;
  const open = (name: string, sealed: string | null) =>
    sealed === null ? null : secrets.open(streamOf('destination', id), name, sealed);
  return {
    ...destination,
    destinationId: id,
    revision: destination.changedPosition,
    authorization: open(AUTHORIZATION, authorization),
    clientKey: open(CLIENT_KEY, clientKey),
    headers: headers.map(({ name, value }) => ({
      name,
      value: secrets.open(streamOf('destination', id), headerSecret(name), value),
    })),
  };
}
