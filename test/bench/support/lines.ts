/** The lines that the product makes of the logins in a data directory, for whoever delivers the same. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { cef } from '../../../src/delivery/format/cef.js';
import { entryOf } from '../../../src/delivery/format/entry.js';
import type { LineSettings } from '../../../src/domain/delivery.js';
import type { Login } from '../../../src/domain/login.js';

export function lineSettings(organizationId: string): LineSettings {
  return { host: 'auditwire', vendor: 'Auditwire', product: 'Dev-Portal', version: '1.0', organizationId };
}

export const databaseIn = (directory: string): string => join(directory, 'data', 'auditwire.db');

/** CEF lines without signatures, in the order in which the logins were recorded. */
export function unsignedLines(directory: string, organizationId: string): string[] {
  const db = new Database(databaseIn(directory), { readonly: true });
  const line = lineSettings(organizationId);
  const rows = db
    .prepare(
      `SELECT substr(name, length('login-') + 1) AS portalId, data FROM events JOIN streams ON streams.id = stream_id
       WHERE type = 'LoginRecorded' ORDER BY position`,
    )
    .all() as { portalId: string; data: string }[];
  db.close();
  return rows.map(({ portalId, data }) => cef.write(entryOf(JSON.parse(data) as Login, portalId, line)));
}
