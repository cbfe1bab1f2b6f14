import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareRow } from '../../db/prepare.js';
import { tokens } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';

export type TokenRow = typeof tokens.$inferSelect;

export function createTokens(db: Db) {
  const byHash = prepareRow(
    db,
    ['hash'],
    db
      .select({ id: tokens.id, name: tokens.name })
      .from(tokens)
      .where(eq(tokens.hash, sql.placeholder('hash'))),
  );
  return {
    tables: [tokens],
    apply(event: Recorded): void {
      switch (event.type) {
        case 'TokenIssued':
          db.insert(tokens)
            .values({ id: streamId(event.stream), ...event.data, issuedAt: event.recordedAt })
            .run();
          break;
        case 'TokenRevoked':
          db.delete(tokens)
            .where(eq(tokens.id, streamId(event.stream)))
            .run();
          break;
      }
    },
    /** @param hash SHA-256 of a token, base64url */
    withHash: (hash: string) => byHash(hash),
    all: (): TokenRow[] => db.select().from(tokens).all(),
  } satisfies ReadModel & Record<string, unknown>;
}
