import { createRemoteJWKSet } from 'jose';

/**
 * Verifies CEF lines as a receiver would: with the published keys and nothing of the sender's own code.
 *
 * @param jwksUrl where the server publishes its keys
 * @returns whether the signature at the end of a line is over the bytes before it
 */
export function createVerifier(jwksUrl: string): (line: string) => Promise<boolean> {
  const publishedKey = createRemoteJWKSet(new URL(jwksUrl));
  return async (line) => {
    const at = line.lastIndexOf(' sig=');
    if (at < 0) return false;
    const key = await publishedKey({ alg: 'EdDSA' });
    const signature = Buffer.from(line.slice(at + ' sig='.length), 'base64url');
    return crypto.subtle.verify('Ed25519', key, signature, Buffer.from(line.slice(0, at)));
  };
}
