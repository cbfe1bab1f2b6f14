import sodium from 'sodium-native';

/**
 * Signs the UTF-8 bytes of each line with Ed25519 (RFC 8032).
 *
 * @param attach gets a line and its signature: base64url without padding, 86 characters
 * @returns the results of `attach`, in the order of the lines
 */
export type SignLines = (lines: readonly string[], attach: (line: string, signature: string) => string) => string[];

/** An Ed25519 key pair. The private key is only in memory that is locked and, while nothing is signed, not readable. */
export interface PrivateKey {
  /** 32 bytes, base64url: the `x` of its JWK. */
  publicKey: string;
  signLines: SignLines;
  /** Overwrites the private key with zeros. Nothing can be signed afterwards. */
  close(): void;
}

/** @param seed the private key of RFC 8032: 32 bytes. They are overwritten with zeros. */
export function openPrivateKey(seed: Buffer): PrivateKey {
  const secretKey = sodium.sodium_malloc(sodium.crypto_sign_SECRETKEYBYTES);
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  let isOpen = true;
  try {
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  } finally {
    seed.fill(0);
  }
  sodium.sodium_mprotect_noaccess(secretKey);

  function sign(line: string): string {
    sodium.crypto_sign_detached(signature, Buffer.from(line), secretKey);
    return signature.toString('base64url');
  }

  return {
    publicKey: publicKey.toString('base64url'),
    signLines(lines, attach) {
      // libsodium does not check its memory: a freed key would end the process.
      if (!isOpen) throw new Error('The signing key is closed');
      sodium.sodium_mprotect_readonly(secretKey);
      try {
        return lines.map((line) => attach(line, sign(line)));
      } finally {
        sodium.sodium_mprotect_noaccess(secretKey);
      }
    },
    close() {
      isOpen = false;
      sodium.sodium_free(secretKey);
    },
  };
}
