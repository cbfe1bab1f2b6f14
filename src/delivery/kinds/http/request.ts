import type { DeliveryRequest, Target } from '../../transport/types.js';

/** The headers of a batch. The Authorization value is sent exactly as it was given. */
export function headersOf(target: Target, { deliveryId, isTest }: DeliveryRequest, userAgent: string) {
  return {
    'content-type': 'text/plain',
    'content-encoding': 'gzip',
    'user-agent': userAgent,
    'x-auditwire-delivery': deliveryId,
    ...(isTest && { 'x-auditwire-test': 'true' }),
    ...(target.authorization !== null && { authorization: target.authorization }),
  };
}
