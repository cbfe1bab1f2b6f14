import type { ReadModels } from '../projections/read-models.js';
import { hashToken } from '../vault/access-tokens.js';
import type { Viewer } from './context.js';

export type Authenticate = (authorization: unknown) => Viewer | null;

/** Finds the caller from the header `Authorization: Bearer <token>`; null if the token is missing or not valid. */
export function createAuthenticate(tokens: ReadModels['tokens']): Authenticate {
  return (authorization) => {
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    const row = token === undefined ? undefined : tokens.withHash(hashToken(token));
    return row ? { tokenId: row.id, name: row.name } : null;
  };
}

export const UNAUTHENTICATED = 'This call needs a token: send the header Authorization: Bearer <token>.';
