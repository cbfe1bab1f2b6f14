import type { DestinationFieldsFragment } from '../client/generated/graphql.js';
import { table } from './table.js';

/** The settings of a destination for a person, with what is dangerous about them. */
export function describeDestination(destination: DestinationFieldsFragment): string[] {
  const { endpoint, logFormat, hasAuthorization, maxInFlight, linesPerSecond, warnings } = destination;
  const lines = linesPerSecond === null ? '' : `, ${linesPerSecond} lines a second`;
  const rows = [
    ['endpoint', endpoint],
    ['log format', logFormat],
    ['authorization', hasAuthorization ? 'set' : 'none'],
    ['TLS', describeTls(destination)],
    ['at most', `${maxInFlight} requests at a time${lines}`],
  ];
  return [
    ...table(rows.map(([name = '', value = '']) => [`  ${name}`, value])),
    ...warnings.map((text) => `Warning: ${text}`),
  ];
}

/** Whom the destination trusts, and what it shows. */
function describeTls({ skipTlsVerification, caCertificate, clientCertificate }: DestinationFieldsFragment): string {
  const trust = skipTlsVerification ? 'NOT VERIFIED' : caCertificate ? 'own authorities' : 'public authorities';
  return clientCertificate ? `${trust}, client certificate` : trust;
}

/** Destinations in a table, with ids for the next command. */
export function tableOfDestinations(destinations: readonly DestinationFieldsFragment[]): string[] {
  const rows = destinations.map((destination) => [
    destination.id,
    destination.name,
    destination.logFormat,
    destination.hasAuthorization ? 'set' : 'none',
    describeTls(destination),
    destination.endpoint,
  ]);
  return table([['ID', 'NAME', 'FORMAT', 'AUTHORIZATION', 'TLS', 'ENDPOINT'], ...rows]);
}
