import { createHash } from 'node:crypto';
import type { Random } from '../runtime/random.js';

/** Every token starts with this prefix, so that a scanner for leaked secrets can recognise it. */
const TOKEN_PREFIX = 'aw_';
const TOKEN_BYTES = 32;

/** A new token, and its hash for storage. A token has 256 random bits, so a fast hash is enough. */
export function makeToken(random: Random): { token: string; hash: string } {
  const token = TOKEN_PREFIX + random(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashToken(token) };
}

/** SHA-256, in base64url. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
