import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { expect, it } from 'vitest';
import * as tables from '../../db/tables.js';

const META = join(import.meta.dirname, '../../db/migrations/meta');

it('the migrations make exactly the tables that the program uses', async () => {
  const journal = JSON.parse(readFileSync(join(META, '_journal.json'), 'utf8'));
  const last = String(journal.entries.at(-1).idx).padStart(4, '0');
  const migrated = JSON.parse(readFileSync(join(META, `${last}_snapshot.json`), 'utf8'));
  const wanted = await generateSQLiteDrizzleJson(tables, migrated.id, 'snake_case');
  expect(await generateSQLiteMigration(migrated, wanted)).toEqual([]);
});
