import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { expect, it } from 'vitest';
import { authenticationTypes, type Login, loginOutcomes } from '../../src/domain/login.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { dumpReadModels } from '../support/log/dump.js';
import { LOGIN, OTHER_PORTAL, PORTAL } from '../support/log/events.js';
import { openLog, START } from '../support/log/fixture.js';
import { temporaryDirectory } from '../support/server/app.js';

const MIGRATIONS = join(import.meta.dirname, '../../db/migrations');
const FIRST = '0000_log_and_read_models';

/** The migrations as they were when there was only the first. */
function firstMigration(): string {
  const folder = join(temporaryDirectory(), 'migrations');
  mkdirSync(join(folder, 'meta'), { recursive: true });
  cpSync(join(MIGRATIONS, `${FIRST}.sql`), join(folder, `${FIRST}.sql`));
  const journal: { entries: { tag: string }[] } = JSON.parse(
    readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8'),
  );
  const entries = journal.entries.filter(({ tag }) => tag === FIRST);
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }));
  return folder;
}

/** A data directory as the first version of the tables left it, with a login of every kind in each of two portals. */
function oldDirectory(): { directory: string; logins: number } {
  const directory = temporaryDirectory();
  const sqlite = new Database(join(directory, 'auditwire.db'));
  sqlite.pragma('journal_mode = WAL');
  migrate(drizzle(sqlite), { migrationsFolder: firstMigration() });
  sqlite.exec("INSERT INTO actors VALUES (1, 'system')");
  const addEvent = sqlite.prepare("INSERT INTO events VALUES (?, ?, ?, 'LoginRecorded', ?, ?, 1, 'trace')");
  const addLogin = sqlite.prepare('INSERT INTO logins VALUES (?, ?, ?, ?, ?)');
  const addKey = sqlite.prepare('INSERT INTO idempotency_keys VALUES (?, ?, ?)');
  for (const [index, portalId] of [PORTAL, OTHER_PORTAL].entries()) {
    sqlite.prepare('INSERT INTO streams VALUES (?, ?)').run(index + 1, `login-${portalId}`);
    sqlite.prepare('INSERT INTO login_portals VALUES (?, ?)').run(index + 1, portalId);
  }
  let position = 0;
  const versions = [0, 0];
  for (const outcome of loginOutcomes) {
    for (const authenticationType of authenticationTypes) {
      for (const portal of [0, 1]) {
        position += 1;
        versions[portal] = (versions[portal] ?? 0) + 1;
        const occurredAt = START - (position % 5) * 1_000;
        const login: Login = { ...LOGIN, outcome, authenticationType, occurredAt };
        if (position % 3 === 0) login.idempotencyKey = `key-${position}`;
        addEvent.run(position, portal + 1, versions[portal], JSON.stringify(login), START + position);
        addLogin.run(portal + 1, occurredAt, position, outcome, authenticationType);
        if (login.idempotencyKey) addKey.run(portal + 1, login.idempotencyKey, position);
      }
    }
  }
  sqlite.close();
  return { directory, logins: position };
}

it('a data directory of the first tables is migrated to the rows that a rebuild gives', () => {
  const { directory, logins } = oldDirectory();
  const { connection, sqlite, log, models } = openLog(directory);
  const migrated = dumpReadModels(sqlite);
  expect(migrated['logins']).toHaveLength(logins);

  rebuild(connection, log, models, () => {});
  expect(dumpReadModels(sqlite)).toEqual(migrated);
  const { sql } = sqlite.prepare("SELECT sql FROM sqlite_schema WHERE name = 'logins'").get() as { sql: string };
  expect(sql).toContain('WITHOUT ROWID');
});

it('the logins of a migrated data directory are found under their kinds', () => {
  const { directory } = oldDirectory();
  const { models } = openLog(directory);
  for (const outcome of loginOutcomes) {
    for (const authenticationType of authenticationTypes) {
      const page = models.logins.page(PORTAL, { outcome, authenticationType }, { limit: 9, inverted: false });
      const kind =
        loginOutcomes.indexOf(outcome) * authenticationTypes.length + authenticationTypes.indexOf(authenticationType);
      expect(page.map(({ position }) => position)).toEqual([2 * kind + 1]);
    }
  }
});
