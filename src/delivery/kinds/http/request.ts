import type { DeliveryRequest, Target } from '../../transport/types.js';

/**
 * The target of the request line: everything after the origin, as the destination shows it; `/x?` keeps its question mark. A
 * fragment is not sent (RFC 9110, section 7.1), not even an empty one.
 */
export function requestTarget(endpoint: string): string {
  const { href, origin } = new URL(endpoint);
  return href.slice(origin.length).replace(/#.*$/, '');
}

/**
 * A host name without its final dot: the dot makes a name absolute for the resolver, but it is no part of the name in a
 * certificate, in SNI (RFC 6066, section 3) or in `Host`.
 */
export function withoutFinalDot(hostname: string): string {
  return hostname.replace(/\.$/, '');
}

function hostOf(endpoint: string): string {
  const { hostname, port } = new URL(endpoint);
  return withoutFinalDot(hostname) + (port && `:${port}`);
}

/** The headers of a batch. The Authorization value and the values of the destination's headers are sent exactly as they were given. */
export function headersOf(target: Target, { deliveryId, isTest }: DeliveryRequest, userAgent: string) {
  return {
    host: hostOf(target.endpoint),
    ...Object.fromEntries(target.headers.map(({ name, value }) => [name, value])),
    'content-type': 'text/plain',
    'content-encoding': 'gzip',
    'user-agent': userAgent,
    'x-auditwire-delivery': deliveryId,
    ...(isTest && { 'x-auditwire-test': 'true' }),
    ...(target.authorization !== null && { authorization: target.authorization }),
  };
}
