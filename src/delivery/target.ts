import type { DestinationRow } from '../projections/destinations.js';
import { AUTHORIZATION, type Secrets } from '../secrets.js';
import type { Target } from './send.js';

/** A destination with its secrets opened, for one try. */
export function targetOf(destination: DestinationRow, secrets: Secrets): Target {
  const { id, authorization } = destination;
  return {
    ...destination,
    destinationId: id,
    revision: destination.changedPosition,
    authorization: authorization === null ? null : secrets.open(`destination-${id}`, AUTHORIZATION, authorization),
  };
}
