import { createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto';
import type { Sealed } from '../domain/destination.js';
import { streamOf } from '../domain/stream.js';
import { type Random, randomUuid } from '../runtime/random.js';
import { PRIVATE_KEY, type Secrets } from './secrets.js';

/** Signs the UTF-8 bytes of a line with Ed25519 (RFC 8032): base64url without padding, 86 characters. */
export type Sign = (line: string) => string;

/** A public key as in RFC 8037, and as Kong Konnect publishes it. */
export interface Jwk {
  kty: 'OKP';
  alg: 'EdDSA';
  crv: 'Ed25519';
  use: 'sig';
  kid: string;
  x: string;
}

/** A stored signing key: the public key in clear, the private key sealed. */
export interface StoredKey {
  id: string;
  /** 32 bytes, base64url: the `x` of its JWK. */
  publicKey: string;
  privateKey: Sealed;
}

// In PKCS #8, an Ed25519 private key is this prefix and its 32 bytes (RFC 8410, section 7).
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Makes a key pair, and seals its private key. */
export function makeSigningKey(secrets: Secrets, random: Random): StoredKey {
  const id = randomUuid(random);
  const pkcs8 = Buffer.concat([PKCS8_ED25519, random(32)]);
  const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  const { x } = publicKey.export({ format: 'jwk' });
  const privateKey = secrets.seal(streamOf('signing', id), PRIVATE_KEY, pkcs8.toString('base64'));
  return { id, publicKey: String(x), privateKey };
}

/** Returns a function that gives the signer of a signing key. Each private key is opened once. */
export function createSigners(
  storedKey: (id: string) => StoredKey | undefined,
  secrets: Secrets,
): (signingKeyId: string) => Sign {
  const keys = new Map<string, KeyObject>();

  function keyOf(id: string): KeyObject {
    const known = keys.get(id);
    if (known) return known;
    const stored = storedKey(id);
    if (!stored) throw new Error(`There is no signing key ${id}`);
    const der = Buffer.from(secrets.open(streamOf('signing', id), PRIVATE_KEY, stored.privateKey), 'base64');
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    keys.set(id, key);
    return key;
  }

  return (signingKeyId) => {
    const key = keyOf(signingKeyId);
    return (line) => signBytes(null, Buffer.from(line), key).toString('base64url');
  };
}

/** The public keys as a JWK set. @param keys every key that may have signed a line, newest first */
export function jwkSet(keys: readonly Pick<StoredKey, 'id' | 'publicKey'>[]): { keys: Jwk[] } {
  return {
    keys: keys.map(({ id, publicKey }) => ({
      kty: 'OKP',
      alg: 'EdDSA',
      crv: 'Ed25519',
      use: 'sig',
      kid: id,
      x: publicKey,
    })),
  };
}
