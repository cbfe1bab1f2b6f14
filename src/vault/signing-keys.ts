import { createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto';
import type { ReadModels } from '../projections/read-models.js';
import { PRIVATE_KEY, type Secrets } from './secrets.js';

/** Signs the UTF-8 bytes of a line with Ed25519 (RFC 8032): base64url without padding, 86 characters. */
export type Sign = (line: string) => string;

/** A public key as in RFC 8037, and as the original publishes it. */
export interface Jwk {
  kty: 'OKP';
  alg: 'EdDSA';
  crv: 'Ed25519';
  use: 'sig';
  kid: string;
  x: string;
}

/** Gives the signer of a signing key, whose private half it opens once. */
export function createSigners(identity: ReadModels['issuer'], secrets: Secrets): (signingKeyId: string) => Sign {
  const keys = new Map<string, KeyObject>();

  function keyOf(id: string): KeyObject {
    const known = keys.get(id);
    if (known) return known;
    const row = identity.signingKey(id);
    if (!row) throw new Error(`There is no signing key ${id}`);
    const der = Buffer.from(secrets.open(`signing-${id}`, PRIVATE_KEY, row.privateKey), 'base64');
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    keys.set(id, key);
    return key;
  }

  return (signingKeyId) => {
    const key = keyOf(signingKeyId);
    return (line) => signBytes(null, Buffer.from(line), key).toString('base64url');
  };
}

/** Every key that may have signed a line, newest first. */
export function jwkSet(identity: ReadModels['issuer']): { keys: Jwk[] } {
  return {
    keys: identity.signingKeys().map(({ id, publicKey }) => ({
      kty: 'OKP',
      alg: 'EdDSA',
      crv: 'Ed25519',
      use: 'sig',
      kid: id,
      x: publicKey,
    })),
  };
}
