import type { Outcome } from '../../domain/lane/attempt.js';
import type { Service } from '../../runtime/service.js';

/** Where to send, and how to verify the receiver. Secrets are in clear. */
export interface Target {
  destinationId: string;
  /** Differs after every change of the destination. Connections of an earlier revision are not used again. */
  revision: number;
  endpoint: string;
  /** The value of the Authorization header. */
  authorization: string | null;
  /** Headers that are sent with every request. Their values are secrets. */
  headers: readonly { name: string; value: string }[];
  /** PEM of the certificate authorities to trust instead of the public ones. */
  caCertificate: string | null;
  /** PEM of the client certificate, and of its key. */
  clientCertificate: string | null;
  clientKey: string | null;
  skipTlsVerification: boolean;
}

/** The request of one attempt. */
export interface DeliveryRequest {
  deliveryId: string;
  /** The lines, compressed with gzip. */
  body: Buffer;
  /** A header marks the request as a test. */
  isTest?: boolean;
}

/** An HTTP proxy for every request to a receiver. */
export interface EgressProxy {
  host: string;
  port: number;
  /** The value of the Proxy-Authorization header, or null. It is a secret and is never shown. */
  authorization: string | null;
}

/** Its stop ends every connection. Attempts in flight end as connection errors. */
export interface Sender extends Service {
  /** Sends one request, without retries. Never throws: every failure is an outcome. */
  send(target: Target, request: DeliveryRequest): Promise<Outcome>;
}
