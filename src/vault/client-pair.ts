import { createSecureContext } from 'node:tls';
import { assertPair } from '../domain/client-certificate.js';
import { invalidInput } from '../domain/refusal.js';

/**
 * Checks a client certificate and its key, both in PEM, or null for none.
 *
 * @throws Refusal unless they are a pair with which TLS can work: OpenSSL also refuses what can be read, such as a key that is too short
 */
export function assertUsablePair(certificate: string | null, key: string | null): void {
  assertPair(certificate, key);
  if (certificate === null || key === null) return;
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const words = code
      .replace(/^ERR_(SSL|OSSL)_/, '')
      .replaceAll('_', ' ')
      .toLowerCase();
    throw invalidInput([
      { field: 'clientCertificate', reason: `cannot be used for TLS: ${words || 'OpenSSL refuses it'}` },
    ]);
  }
}
