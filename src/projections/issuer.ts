import { desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { organization, signingKeys } from '../../db/tables.js';
import type { Recorded } from '../domain/event.js';
import type { ReadModel } from './read-model.js';

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** The issuer of lines: the organisation and the signing keys. */
export function createIssuer(db: Db) {
  const organizationQuery = db.select().from(organization).prepare();
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
    /** The issuer of a line that is made now. @throws Error if there is none */
    current(): { signingKeyId: string; organizationId: string } {
      const [signingKey] = keys.all();
      const present = organizationQuery.get();
      if (!signingKey || !present) throw new Error('The signing key or the organisation is missing');
      return { signingKeyId: signingKey.id, organizationId: present.id };
    },
    organizationId: (): string | undefined => organizationQuery.get()?.id,
    signingKey: (id: string): SigningKeyRow | undefined => byId.get({ id }),
    /** Newest first. */
    signingKeys: (): SigningKeyRow[] => keys.all(),
  } satisfies ReadModel & Record<string, unknown>;
}
