import type { DestinationFieldsFragment } from '../client/generated/graphql.js';
import { count } from '../runtime/count.js';
import { table } from './table.js';

/** The settings of a destination, and the warnings of the call that gave them, as lines for a person. */
export function describeDestination(destination: DestinationFieldsFragment, warnings: readonly string[]): string[] {
  const { endpoint, logFormat, hasAuthorization, headerNames, maxInFlight, linesPerSecond } = destination;
  const { maxBatchLines, maxBatchBytes } = destination;
  const lines = linesPerSecond === null ? '' : `, ${count(linesPerSecond, 'line', 'a second')}`;
  const rows = [
    ['endpoint', endpoint],
    ['log format', logFormat],
    ['authorization', hasAuthorization ? 'set' : 'none'],
    ...(headerNames.length ? [['headers', headerNames.join(', ')]] : []),
    ['TLS', describeTls(destination)],
    ['limits', `${count(maxInFlight, 'request', 'in flight')}${lines}`],
    ...((maxBatchLines ?? maxBatchBytes) ? [['batches', batchLimits(maxBatchLines, maxBatchBytes)]] : []),
  ];
  return [
    ...table(rows.map(([name = '', value = '']) => [`  ${name}`, value])),
    ...warnings.map((text) => `Warning: ${text}`),
  ];
}

function batchLimits(lines: number | null, bytes: number | null): string {
  return [lines === null ? [] : count(lines, 'line'), bytes === null ? [] : count(bytes, 'byte')].flat().join(', ');
}

/** Which certificates Auditwire trusts, and whether it presents one. */
function describeTls({ skipTlsVerification, caCertificate, clientCertificate }: DestinationFieldsFragment): string {
  const trust = skipTlsVerification ? 'NOT VERIFIED' : caCertificate ? 'custom CA' : 'public CAs';
  return clientCertificate ? `${trust}, client certificate` : trust;
}

/** A table of destinations, with the ids that other commands need. */
export function tableOfDestinations(destinations: readonly DestinationFieldsFragment[]): string[] {
  const rows = destinations.map((destination) => [
    destination.id,
    destination.name,
    destination.logFormat,
    destination.hasAuthorization ? 'set' : 'none',
    describeTls(destination),
    destination.health.state,
    destination.endpoint,
  ]);
  return table([['ID', 'NAME', 'FORMAT', 'AUTHORIZATION', 'TLS', 'HEALTH', 'ENDPOINT'], ...rows]);
}
