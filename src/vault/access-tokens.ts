import { createHash } from 'node:crypto';
import type { ReadModels } from '../projections/read-models.js';
import type { Random } from '../runtime/random.js';

/** Who calls. */
export interface Viewer {
  tokenId: string;
  name: string;
}

/** Tokens start with it, so that a scanner for leaked secrets can know one. */
const TOKEN_PREFIX = 'aw_';
const TOKEN_BYTES = 32;

/** A new token and the hash that is kept of it. A token has 256 random bits: a fast hash is enough. */
export function makeToken(random: Random): { token: string; hash: string } {
  const token = TOKEN_PREFIX + random(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashToken(token) };
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export type Authenticate = (authorization: unknown) => Viewer | null;

/** Finds out who sends `Authorization: Bearer <token>`; null without a token that is known. */
export function createAuthenticate(tokens: ReadModels['tokens']): Authenticate {
  return (authorization) => {
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    const row = token === undefined ? undefined : tokens.withHash(hashToken(token));
    return row ? { tokenId: row.id, name: row.name } : null;
  };
}

export const UNAUTHENTICATED = 'This call needs a token: send the header Authorization: Bearer <token>.';
