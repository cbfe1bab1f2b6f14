import type { Sealed } from './destination.js';

/** An Ed25519 key pair. `publicKey` is the `x` of its JWK. The newest key signs; older keys still verify older lines. */
export type SigningKeyEvent = {
  type: 'SigningKeyCreated';
  data: { signingKeyId: string; publicKey: string; privateKey: Sealed };
};
