/** The certificate and key that a destination may show to its receiver (mutual TLS). */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { invalidInput } from './refusal.js';

export const MAX_CERTIFICATE_BYTES = 65_536;
const MAX_KEY_BYTES = 16_384;

const keyTypes = ['rsa', 'ec', 'ed25519'];

/** Certificates in PEM, one or more, and nothing else. */
export const certificates = z
  .string()
  .refine((pem) => Buffer.byteLength(pem) <= MAX_CERTIFICATE_BYTES, `must be at most ${MAX_CERTIFICATE_BYTES} bytes`)
  .refine(
    (pem) => !/-----BEGIN (?!CERTIFICATE-----)/.test(pem),
    'must hold nothing but certificates: a private key does not belong here',
  )
  .refine(isPemOfCertificates, 'must be one or more certificates in PEM (-----BEGIN CERTIFICATE----- …)');

/** A private key in PEM. The reasons never repeat it. */
export const clientKey = z.string().superRefine((pem, context) => {
  const reason = reasonAgainstKey(pem);
  if (reason) context.addIssue({ code: 'custom', message: reason });
});

function isPemOfCertificates(text: string): boolean {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return found.length > 0 && found.every((pem) => new X509Certificate(pem).raw.length > 0);
  } catch {
    return false;
  }
}

function reasonAgainstKey(pem: string): string | null {
  if (Buffer.byteLength(pem) > MAX_KEY_BYTES) return `must be at most ${MAX_KEY_BYTES} bytes`;
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return 'must not be encrypted with a passphrase; decrypt it first (openssl pkey -in key.pem): it is sealed here';
  }
  const key = readKey(pem);
  if (!key) return 'must be one private key in PEM (-----BEGIN PRIVATE KEY----- …)';
  return keyTypes.includes(key.asymmetricKeyType ?? '') ? null : 'must be a key of RSA, of EC or of Ed25519';
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** Whether a key belongs to the first certificate of a chain; false if either cannot be read. */
function belongTogether(certificate: string, key: string): boolean {
  const privateKey = readKey(key);
  try {
    return privateKey !== null && new X509Certificate(certificate).checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

/** What a destination would be changed to, as far as it says something of them: null removes. */
interface Given {
  clientCertificate?: string | null | undefined;
  clientKey?: string | null | undefined;
}

/** @throws Refusal unless there are both a certificate and its key, or neither */
export function assertPair(clientCertificate: string | null, key: string | null): void {
  if (clientCertificate !== null && key !== null) {
    if (belongTogether(clientCertificate, key)) return;
    throw invalidInput([
      { field: 'clientKey', reason: 'is not the key of the (first) certificate in clientCertificate' },
    ]);
  }
  if (clientCertificate !== null)
    throw invalidInput([{ field: 'clientKey', reason: 'is needed with clientCertificate' }]);
  if (key !== null) throw invalidInput([{ field: 'clientCertificate', reason: 'is needed with clientKey' }]);
}

/** Removing one removes both. @throws Refusal if one is to be removed and the other to be set */
export function pairChange(given: Given): Given {
  const { clientCertificate, clientKey: key } = given;
  if (clientCertificate !== null && key !== null) return given;
  if (clientCertificate) throw removedAlone('clientCertificate', 'clientKey');
  if (key) throw removedAlone('clientKey', 'clientCertificate');
  return { clientCertificate: null, clientKey: null };
}

function removedAlone(field: string, removed: string) {
  return invalidInput([{ field, reason: `cannot be set while ${removed} is removed; null removes both` }]);
}
