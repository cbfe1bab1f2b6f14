import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import type { Resolve } from '../../../src/delivery/egress/resolver.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import type { DeliveryRequest, EgressProxy, Sender, Target } from '../../../src/delivery/transport/types.js';
import { WatchedClock } from '../clock/watched-clock.js';

export const AUTHORIZATION = 'Splunk 8a6b2f0c-secret';
export const aPost: DeliveryRequest = {
  deliveryId: '3b241101-e2bb-4255-8caf-4136c566a962',
  body: gzipSync('one line\n'),
};

interface TestSender extends Sender {
  clock: WatchedClock;
}

/** The real sender with a fake clock; `allowed` is the operator's allow-list. */
export function startSender(
  options: { allowed?: string[]; resolve?: Resolve; egressProxy?: EgressProxy } = {},
): TestSender {
  const clock = new WatchedClock();
  const guard = createAddressGuard(options.allowed ?? ['127.0.0.0/8'], options.resolve);
  const sender = createSender({ guard, clock, userAgent: 'Auditwire/test', egressProxy: options.egressProxy ?? null });
  onTestFinished(() => sender.stop());
  return { ...sender, clock };
}

/** A destination that trusts an authority. */
export function aTarget(endpoint: string, caCertificate: string | null, given: Partial<Target> = {}): Target {
  const destinationId = 'a90c6a1c-7b1f-4b49-8d3c-6f2a3c1f0001';
  return {
    destinationId,
    revision: 1,
    endpoint,
    authorization: AUTHORIZATION,
    headers: [],
    caCertificate,
    clientCertificate: null,
    clientKey: null,
    skipTlsVerification: false,
    ...given,
  };
}
