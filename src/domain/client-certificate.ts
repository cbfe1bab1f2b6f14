/** The client certificate and key of a destination, for mutual TLS. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { invalidInput } from './refusal.js';

export const MAX_CERTIFICATE_BYTES = 65_536;
const MAX_KEY_BYTES = 16_384;

const keyTypes = ['rsa', 'ec', 'ed25519'];

/** One or more certificates in PEM, without a private key. */
export const certificates = z
  .string()
  .refine((pem) => Buffer.byteLength(pem) <= MAX_CERTIFICATE_BYTES, `must be at most ${MAX_CERTIFICATE_BYTES} bytes`)
  .refine((pem) => !/-----BEGIN (?!CERTIFICATE-----)/.test(pem), 'must contain only certificates, no private key')
  .refine(isPemOfCertificates, 'must be one or more certificates in PEM (-----BEGIN CERTIFICATE----- …)');

/** A private key in PEM. No error message contains it. */
export const clientKey = z.string().superRefine((pem, context) => {
  const reason = reasonAgainstKey(pem);
  if (reason) context.addIssue({ code: 'custom', message: reason });
});

function isPemOfCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && blocks.every((pem) => new X509Certificate(pem).raw.length > 0);
  } catch {
    return false;
  }
}

function reasonAgainstKey(pem: string): string | null {
  if (Buffer.byteLength(pem) > MAX_KEY_BYTES) return `must be at most ${MAX_KEY_BYTES} bytes`;
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return 'must not be encrypted with a passphrase; decrypt it first (openssl pkey -in key.pem); it is stored encrypted';
  }
  const key = readKey(pem);
  if (!key) return 'must be one private key in PEM (-----BEGIN PRIVATE KEY----- …)';
  return keyTypes.includes(key.asymmetricKeyType ?? '') ? null : 'must be an RSA, EC or Ed25519 key';
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** Whether a key belongs to the first certificate of a chain; false if the key or the certificate cannot be read. */
function belongTogether(certificate: string, key: string): boolean {
  const privateKey = readKey(key);
  try {
    return privateKey !== null && new X509Certificate(certificate).checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

/** The pair in an update of a destination: undefined leaves a value as it is, null removes it. */
interface PairUpdate {
  clientCertificate?: string | null | undefined;
  clientKey?: string | null | undefined;
}

/** @throws Refusal unless the certificate and its key are both set, or both null */
export function assertPair(clientCertificate: string | null, key: string | null): void {
  if (clientCertificate !== null && key !== null) {
    if (belongTogether(clientCertificate, key)) return;
    throw invalidInput([
      { field: 'clientKey', reason: 'is not the key of the first certificate in clientCertificate' },
    ]);
  }
  if (clientCertificate !== null)
    throw invalidInput([{ field: 'clientKey', reason: 'is needed with clientCertificate' }]);
  if (key !== null) throw invalidInput([{ field: 'clientCertificate', reason: 'is needed with clientKey' }]);
}

/** If one of the pair is removed, both are. @throws Refusal if one is removed and the other is set */
export function pairChange(update: PairUpdate): PairUpdate {
  const { clientCertificate, clientKey: key } = update;
  if (clientCertificate !== null && key !== null) return update;
  if (clientCertificate) throw setWhileRemoved('clientCertificate', 'clientKey');
  if (key) throw setWhileRemoved('clientKey', 'clientCertificate');
  return { clientCertificate: null, clientKey: null };
}

function setWhileRemoved(field: string, removed: string) {
  return invalidInput([{ field, reason: `cannot be set while ${removed} is removed; null removes both` }]);
}
