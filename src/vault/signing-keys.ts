import type { Sealed } from '../domain/destination.js';
import { streamOf } from '../domain/stream.js';
import { type Random, randomUuid } from '../runtime/random.js';
import { openPrivateKey, type PrivateKey, type SignLines } from './private-key.js';
import { PRIVATE_KEY, type Secrets } from './secrets.js';

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

/** The bytes of a private key (RFC 8032). */
const SEED_BYTES = 32;

/** Makes a key pair, and seals its private key. */
export function makeSigningKey(secrets: Secrets, random: Random): StoredKey {
  const id = randomUuid(random);
  const seed = random(SEED_BYTES);
  const privateKey = secrets.seal(streamOf('signing', id), PRIVATE_KEY, seed);
  const key = openPrivateKey(seed);
  key.close();
  return { id, publicKey: key.publicKey, privateKey };
}

/** The signing keys of one thread. */
export interface Signers {
  /** Each private key is opened once, when it is first used. @throws Error if there is no such key */
  signerOf: (signingKeyId: string) => SignLines;
  /** Overwrites the private keys in memory with zeros. */
  close(): void;
}

export function createSigners(storedKey: (id: string) => StoredKey | undefined, secrets: Secrets): Signers {
  const keys = new Map<string, PrivateKey>();

  function keyOf(id: string): PrivateKey {
    const known = keys.get(id);
    if (known) return known;
    const stored = storedKey(id);
    if (!stored) throw new Error(`There is no signing key ${id}`);
    const key = openPrivateKey(secrets.openBytes(streamOf('signing', id), PRIVATE_KEY, stored.privateKey));
    keys.set(id, key);
    return key;
  }

  return {
    signerOf: (signingKeyId) => keyOf(signingKeyId).signLines,
    close() {
      for (const key of keys.values()) key.close();
    },
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
