import { createRemoteJWKSet } from 'jose';

/**
 * Verifies CEF lines as a receiver does: with the published keys, and without code of the server.
 *
 * @param jwksUrl the URL of the published keys
 * @returns a function that tells whether the signature at the end of a line is valid for the bytes before it
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
