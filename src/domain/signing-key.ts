import type { Sealed } from './destination.js';

/** An Ed25519 key pair. `publicKey` is the `x` of its JWK; the last key made signs, all of them verify. */
export type SigningKeyEvent = {
  type: 'SigningKeyCreated';
  data: { signingKeyId: string; publicKey: string; privateKey: Sealed };
};
