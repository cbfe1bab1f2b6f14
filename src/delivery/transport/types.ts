import type { Outcome } from '../../domain/lane/attempt.js';
import type { Service } from '../../runtime/service.js';

/** Where to send, and how to trust the receiver. Secrets are in clear. */
export interface Target {
  destinationId: string;
  /** Changes with every change of the destination. Connections of an earlier revision are not used again. */
  revision: number;
  endpoint: string;
  /** The value of the Authorization header. */
  authorization: string | null;
  /** PEM of the certificate authorities to trust instead of the public ones. */
  caCertificate: string | null;
  /** PEM of the certificate that is shown to the receiver, and of its key. */
  clientCertificate: string | null;
  clientKey: string | null;
  skipTlsVerification: boolean;
}

/** The request of one attempt. */
export interface DeliveryRequest {
  deliveryId: string;
  /** Lines, compressed with gzip. */
  body: Buffer;
  /** Marked as a test by a header. */
  isTest?: boolean;
}

/** An HTTP proxy that every request to a receiver goes through. */
export interface EgressProxy {
  host: string;
  port: number;
  /** The value of the Proxy-Authorization header, or null. It is a secret and is never shown. */
  authorization: string | null;
}

/** Its stop ends every connection: attempts in flight end as connection errors. */
export interface Sender extends Service {
  /** Sends one request, once. Never throws: every failure is an outcome. */
  send(target: Target, request: DeliveryRequest): Promise<Outcome>;
}
