/** The key of a client certificate, and the pair of both, for mutual TLS. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { nameOfBlock, pemBlocks, writePem } from './pem.js';
import { invalidInput } from './refusal.js';

const MAX_KEY_BYTES = 16_384;

const keyTypes = ['rsa', 'ec', 'ed25519'];

const NOT_A_KEY = 'must be one private key in PEM (-----BEGIN PRIVATE KEY----- …)';

/** A private key in PEM. Other blocks, such as the certificate, are left out. No error message contains a part of the key. */
export const clientKey = z.string().transform((text, context) => {
  const [block, second] = pemBlocks(text).filter(({ label }) => label.endsWith('PRIVATE KEY'));
  const pem = block ? writePem(block.label, block.base64) : '';
  const reason = reasonAgainstText(text) ?? (block?.fault && `${NOT_A_KEY}: ${nameOfBlock(block)} ${block.fault}`);
  const message = reason ?? (second ? `${NOT_A_KEY}, not several` : reasonAgainstKey(pem));
  if (message) context.addIssue({ code: 'custom', message });
  return pem;
});

function reasonAgainstText(text: string): string | null {
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return `must be at most ${MAX_KEY_BYTES} bytes`;
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)
    ? 'must not be encrypted with a passphrase; decrypt it first (openssl pkey -in key.pem); it is stored encrypted'
    : null;
}

function reasonAgainstKey(pem: string): string | null {
  const key = readKey(pem);
  if (!key) return NOT_A_KEY;
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

/** @throws Refusal unless the certificate and its key are both set and match, or both null */
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
