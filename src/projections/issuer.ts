import { desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { organization, signingKeys } from '../../db/tables.js';
import type { Recorded } from '../domain/event.js';
import type { ReadModel } from './read-model.js';

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** Who speaks in a line: the organisation, and the keys that sign. */
export function createIssuer(db: Db) {
  const theOrganization = db.select().from(organization).prepare();
  const keys = db.select().from(signingKeys).orderBy(desc(signingKeys.position)).prepare();
  const byId = db
    .select()
    .from(signingKeys)
    .where(eq(signingKeys.id, sql.placeholder('id')))
    .prepare();

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
    /** Who signs and speaks in a line that is written now. */
    current(): { signingKeyId: string; organizationId: string } {
      const [signingKey] = keys.all();
      const speaking = theOrganization.get();
      if (!signingKey || !speaking) throw new Error('There is no signing key or no organisation');
      return { signingKeyId: signingKey.id, organizationId: speaking.id };
    },
    organizationId: (): string | undefined => theOrganization.get()?.id,
    signingKey: (id: string): SigningKeyRow | undefined => byId.get({ id }),
    /** Newest first. */
    signingKeys: (): SigningKeyRow[] => keys.all(),
  } satisfies ReadModel & Record<string, unknown>;
}
