import type { ReadModels } from '../projections/read-models.js';
import { hashToken } from '../vault/access-tokens.js';
import type { Viewer } from './context.js';

/** Why a caller is not known. A message fits into the reason of a WebSocket's close frame: at most 123 bytes. */
export interface Unauthenticated {
  reason: 'MISSING' | 'MALFORMED' | 'UNKNOWN';
  message: string;
}

export type Authenticate = (authorization: unknown) => { viewer: Viewer } | { unauthenticated: Unauthenticated };

const messages: Record<Unauthenticated['reason'], string> = {
  MISSING:
    'This call needs a token. Send the header (WebSocket: the connection parameter) Authorization: Bearer <token>.',
  MALFORMED: 'The value of Authorization cannot be read. It must be Bearer, a space, and one token.',
  UNKNOWN: 'The token is unknown: it is mistyped or was revoked. The command "token" issues a new one.',
};

/** Finds the caller from the value of `Authorization: Bearer <token>`, or says why there is none. */
export function createAuthenticate(tokens: ReadModels['tokens']): Authenticate {
  return (authorization) => {
    if (authorization === undefined || authorization === null || authorization === '') return refused('MISSING');
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (token === undefined) return refused('MALFORMED');
    const row = tokens.withHash(hashToken(token));
    return row ? { viewer: { tokenId: row.id, name: row.name } } : refused('UNKNOWN');
  };
}

const refused = (reason: Unauthenticated['reason']) => ({ unauthenticated: { reason, message: messages[reason] } });
