/** What this project uses of sodium-native, whose package has no types. The functions are those of libsodium's documentation. */
declare module 'sodium-native' {
  interface Sodium {
    /** 64: the seed of an Ed25519 private key, then its public key. */
    readonly crypto_sign_SECRETKEYBYTES: number;
    readonly crypto_sign_PUBLICKEYBYTES: number;
    readonly crypto_sign_BYTES: number;

    /** Memory that is locked (if the system allows it), left out of core dumps, and between two pages that end the process. */
    sodium_malloc(size: number): Buffer;
    /**
     * Overwrites memory of `sodium_malloc` with zeros and frees it, in the next turn of the event loop. The Buffer is empty at
     * once. Without this call, that happens when the thread ends.
     */
    sodium_free(buffer: Buffer): void;
    sodium_mprotect_noaccess(buffer: Buffer): void;
    sodium_mprotect_readonly(buffer: Buffer): void;

    /** Writes the key pair of a seed of 32 bytes. */
    crypto_sign_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Buffer): void;
    /** Writes the Ed25519 signature of a message. */
    crypto_sign_detached(signature: Buffer, message: Buffer, secretKey: Buffer): void;
  }

  const sodium: Sodium;
  export default sodium;
}
