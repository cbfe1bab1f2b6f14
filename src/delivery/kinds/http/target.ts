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

/** The targets of attempts. Those that are in flight at the same time share one, so that its secrets are not opened for each. */
export function createTargets(secrets: Secrets) {
  const inUse = new Map<string, { target: Target; attempts: number }>();
  return {
    /** Calls `attempt` at once. @throws as `targetOf` */
    async use<T>(destination: DestinationRow, attempt: (target: Target) => Promise<T>): Promise<T> {
      const key = `${destination.id} ${destination.changedPosition}`;
      const shared = inUse.get(key) ?? { target: targetOf(destination, secrets), attempts: 0 };
      inUse.set(key, shared);
      shared.attempts += 1;
      try {
        return await attempt(shared.target);
      } finally {
        shared.attempts -= 1;
        if (!shared.attempts) inUse.delete(key);
      }
    },
  };
}
