/** The logins of a data directory, and the settings of their lines, for the programs that Auditwire is compared with. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { LineSettings } from '../../../src/domain/log-line.js';
import type { Login } from '../../../src/domain/login.js';

export interface LoginOfPortal {
  portalId: string;
  login: Login;
}

export function lineSettings(organizationId: string): LineSettings {
  return { host: 'auditwire', vendor: 'Auditwire', product: 'Dev-Portal', version: '1.0', organizationId };
}

export const databaseIn = (directory: string): string => join(directory, 'data', 'auditwire.db');

/** All logins in the order in which they were recorded. */
export function loginsIn(directory: string): LoginOfPortal[] {
  const db = new Database(databaseIn(directory), { readonly: true });
  const rows = db
    .prepare(
      `SELECT substr(name, length('login-') + 1) AS portalId, data FROM events JOIN streams ON streams.id = stream_id
       WHERE type = 'LoginRecorded' ORDER BY position`,
    )
    .all() as { portalId: string; data: string }[];
  db.close();
  return rows.map(({ portalId, data }) => ({ portalId, login: JSON.parse(data) as Login }));
}
