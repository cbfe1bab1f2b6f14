import type { DeliveryRequest, Target } from '../../transport/types.js';

/** The headers of a batch. The Authorization value and the values of the destination's headers are sent exactly as they were given. */
export function headersOf(target: Target, { deliveryId, isTest }: DeliveryRequest, userAgent: string) {
  return {
    ...Object.fromEntries(target.headers.map(({ name, value }) => [name, value])),
    'content-type': 'text/plain',
    'content-encoding': 'gzip',
    'user-agent': userAgent,
    'x-auditwire-delivery': deliveryId,
    ...(isTest && { 'x-auditwire-test': 'true' }),
    ...(target.authorization !== null && { authorization: target.authorization }),
  };
}
