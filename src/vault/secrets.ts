/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a fresh nonce, under a data key per owner, bound to owner and name.
 * Data keys are in the `keys` table, wrapped by the master key. Without its data key, no secret of an owner can be opened.
 */
import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { eq, ne, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareValue } from '../../db/prepare.js';
import { keys } from '../../db/tables.js';
import type { Sealed } from '../domain/destination.js';
import type { Random } from '../runtime/random.js';

export const MASTER_KEY_BYTES = 32;
/** The names of sealed secrets. All but `PRIVATE_KEY`, which belongs to a signing key, belong to a destination. */
export const ENDPOINT = 'endpoint';
export const AUTHORIZATION = 'authorization';
export const CLIENT_KEY = 'client-key';
export const RESPONSE_EXCERPT = 'response-excerpt';
export const PRIVATE_KEY = 'private-key';

/** The name under which the value of a header of a destination is sealed. */
export const headerSecret = (name: string): string => `header:${name.toLowerCase()}`;

const DATA_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** The master key is not the one of this data directory. */
export class WrongMasterKey extends Error {}

export type Secrets = ReturnType<typeof createSecrets>;

export function createSecrets(db: Db, masterKey: Buffer, random: Random) {
  const wrappedKey = prepareValue(
    db,
    ['owner'],
    db
      .select({ wrapped: keys.wrapped })
      .from(keys)
      .where(eq(keys.owner, sql.placeholder('owner'))),
  );

  function dataKey(owner: string): Buffer | null {
    const wrapped = wrappedKey(owner) as Buffer | undefined;
    return wrapped ? decrypt(masterKey, wrapped, `key of ${owner}`) : null;
  }

  function makeDataKey(owner: string): Buffer {
    const key = random(DATA_KEY_BYTES);
    const wrapped = encrypt(masterKey, key, `key of ${owner}`, random);
    db.insert(keys).values({ owner, wrapped }).run();
    return key;
  }

  /** @returns null if the owner's data key was destroyed @throws WrongMasterKey */
  function bytesIfKept(owner: string, name: string, sealed: Sealed): Buffer | null {
    const key = dataKey(owner);
    if (!key) return null;
    try {
      return decrypt(key, Buffer.from(sealed, 'base64url'), `${owner}/${name}`);
    } finally {
      key.fill(0);
    }
  }

  /** As `open`. The only copy of the secret is in the Buffer: the caller can overwrite it. */
  function openBytes(owner: string, name: string, sealed: Sealed): Buffer {
    const secret = bytesIfKept(owner, name, sealed);
    if (secret === null) throw new Error(`The data key of ${owner} was destroyed`);
    return secret;
  }

  /** @throws WrongMasterKey; an Error if the owner's data key was destroyed */
  const open = (owner: string, name: string, sealed: Sealed): string => openBytes(owner, name, sealed).toString();

  return {
    open,
    openBytes,

    /** As `open`; null if the owner's data key was destroyed. */
    openIfKept: (owner: string, name: string, sealed: Sealed): string | null =>
      bytesIfKept(owner, name, sealed)?.toString() ?? null,

    /** Seals a secret of an owner. Call it in the transaction that appends the event with the sealed secret. */
    seal(owner: string, name: string, secret: string | Buffer): Sealed {
      const key = dataKey(owner) ?? makeDataKey(owner);
      try {
        const plain = typeof secret === 'string' ? Buffer.from(secret) : secret;
        return encrypt(key, plain, `${owner}/${name}`, random).toString('base64url');
      } finally {
        key.fill(0);
      }
    },

    /** Whether a sealed secret has this value, in a time that does not depend on where they differ. @throws as `open` */
    isSealed(owner: string, name: string, sealed: Sealed, secret: string): boolean {
      return timingSafeEqual(digest(open(owner, name, sealed)), digest(secret));
    },

    /**
     * Destroys an owner's data key, and with it every secret of the owner. Call it in a transaction after which the log erases what
     * was deleted (`LogWriter`).
     *
     * The whole table is written anew: when SQLite moves a row to another page, a copy of it can stay in the page that it leaves.
     */
    destroy(owner: string): void {
      const { $client: sqlite } = db;
      const before = Number(sqlite.pragma('secure_delete', { simple: true }));
      // Pages that are not used any more are overwritten, too.
      sqlite.pragma('secure_delete = ON');
      try {
        sqlite.transaction(() => {
          const kept = db.select().from(keys).where(ne(keys.owner, owner)).orderBy(keys.owner).all();
          db.delete(keys).run();
          for (const row of kept) db.insert(keys).values(row).run();
        })();
      } finally {
        sqlite.pragma(`secure_delete = ${before === 2 ? 'FAST' : before}`);
      }
    },

    /** @throws WrongMasterKey if the master key is not the one of this data directory */
    verify(): void {
      const row = db.select().from(keys).limit(1).get();
      if (row) decrypt(masterKey, row.wrapped, `key of ${row.owner}`);
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function encrypt(key: Buffer, plain: Buffer, boundTo: string, random: Random): Buffer {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(boundTo));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, boundTo: string): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    // In this mode, only the check is left for the end.
    decipher.final();
    return plain;
  } catch {
    throw new WrongMasterKey(`The master key is wrong, or a stored secret is damaged: it does not open ${boundTo}.`);
  }
}
