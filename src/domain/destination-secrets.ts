/** A stored secret goes only to the place that it was given for: this origin, verified in this way. */
import type { DestinationChange, DestinationSettings } from './destination.js';
import { type InvalidField, Refusal } from './refusal.js';

const REASON = 'is needed again, or null to remove it: a stored secret is not sent to another place';

/** What of a change decides where requests go, and who can read them. */
type PlaceChange = Pick<DestinationChange, 'endpoint' | 'caCertificate' | 'skipTlsVerification'>;
type SecretChange = Pick<DestinationChange, 'authorization' | 'clientKey' | 'headers'>;

/**
 * If the scheme, host, port, CA or verification changes, the call must give each stored secret again, or remove it.
 *
 * @param storedEndpoint in clear
 * @throws Refusal SECRET_NEEDED with the secrets that are missing
 */
export function assertSecretsGiven(
  stored: DestinationSettings,
  storedEndpoint: string,
  change: PlaceChange & SecretChange,
): void {
  const moved = movedBy(stored, storedEndpoint, change);
  const missing = moved.length ? missingIn(stored, change) : [];
  if (!missing.length) return;
  throw new Refusal(
    'SECRET_NEEDED',
    `The change of ${moved.join(', ')} would send stored secrets to another place than they were given for. Give them in the ` +
      `same call, or remove them: ${missing.join(', ')}.`,
    missing.map((field): InvalidField => ({ field, reason: REASON })),
  );
}

/** The fields that move the destination to another place. Another path or query of the same origin is the same place. */
function movedBy(stored: DestinationSettings, storedEndpoint: string, change: PlaceChange): string[] {
  const { endpoint, caCertificate, skipTlsVerification } = change;
  const isOther = {
    endpoint: endpoint !== undefined && new URL(endpoint).origin !== new URL(storedEndpoint).origin,
    caCertificate: caCertificate !== undefined && caCertificate !== stored.caCertificate,
    skipTlsVerification: skipTlsVerification !== undefined && skipTlsVerification !== stored.skipTlsVerification,
  };
  return Object.entries(isOther).flatMap(([field, isMoved]) => (isMoved ? [field] : []));
}

function missingIn(stored: DestinationSettings, { authorization, clientKey, headers }: SecretChange): string[] {
  return [
    ...(stored.authorization !== null && authorization === undefined ? ['authorization'] : []),
    ...(stored.clientKey !== null && clientKey === undefined ? ['clientKey'] : []),
    ...(stored.headers.length && headers === undefined ? ['headers'] : []),
    ...(headers ?? []).flatMap(({ value }, index) => (value === null ? [`headers[${index}].value`] : [])),
  ];
}
