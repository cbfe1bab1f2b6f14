import { createSecureContext } from 'node:tls';
import { assertPair } from '../domain/client-certificate.js';
import { invalidInput } from '../domain/refusal.js';

/**
 * Checks a client certificate and its key, both in PEM, or null for none.
 *
 * @throws Refusal unless they are a pair with which TLS works: OpenSSL also refuses what can be read, such as a short key
 */
export function assertUsablePair(certificate: string | null, key: string | null): void {
  assertPair(certificate, key);
  if (certificate === null || key === null) return;
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const reason = `cannot be used for TLS: OpenSSL refuses it, probably because its key or signature is too weak${code}`;
    throw invalidInput([{ field: 'clientCertificate', reason }]);
  }
}
