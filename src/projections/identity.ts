import { desc, eq } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { organization, signingKeys } from '../../db/tables.js';
import type { Recorded } from '../domain/event.js';
import type { ReadModel } from './read-model.js';

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** Who speaks in a line: the organisation, and the keys that sign. */
export function createIdentity(db: Db) {
  return {
    tables: [organization, signingKeys],
    apply(event: Recorded): void {
      switch (event.type) {
        case 'OrganizationIdentified':
          db.delete(organization).run();
          db.insert(organization).values({ id: event.data.organizationId }).run();
          break;
        case 'SigningKeyCreated': {
          const { signingKeyId: id, publicKey, privateKey } = event.data;
          db.insert(signingKeys).values({ id, publicKey, privateKey, position: event.position }).run();
          break;
        }
      }
    },
    organizationId: (): string | undefined => db.select().from(organization).get()?.id,
    signingKey: (id: string): SigningKeyRow | undefined =>
      db.select().from(signingKeys).where(eq(signingKeys.id, id)).get(),
    /** Newest first. */
    signingKeys: (): SigningKeyRow[] => db.select().from(signingKeys).orderBy(desc(signingKeys.position)).all(),
  } satisfies ReadModel & Record<string, unknown>;
}
