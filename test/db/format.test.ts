import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DataDirectoryError, FORMAT, openWriter } from '../../db/open.js';
import { temporaryDirectory } from '../support/server/app.js';

/** A directory whose database has this format. Its last commit is still in the write-ahead log. */
function directoryOfFormat(format: number): string {
  const directory = temporaryDirectory();
  openWriter(directory).sqlite.close();
  const { sqlite } = openWriter(directory);
  sqlite.pragma(`user_version = ${format}`);
  const copy = temporaryDirectory();
  for (const file of readdirSync(directory)) {
    if (file !== 'auditwire.db-shm') writeFileSync(join(copy, file), readFileSync(join(directory, file)));
  }
  sqlite.close();
  return copy;
}

const bytesOf = (directory: string) =>
  ['auditwire.db', 'auditwire.db-wal'].map((file) => readFileSync(join(directory, file)).toString('base64'));

it('a new directory has the format of this version', () => {
  const { sqlite } = openWriter(temporaryDirectory());
  expect(sqlite.pragma('user_version', { simple: true })).toBe(FORMAT);
  sqlite.close();
});

it.each([
  [
    0,
    'was written by an earlier version of Auditwire (format 0; this version reads format 4). Start with a new directory',
  ],
  [FORMAT + 1, 'was written by a later version of Auditwire (format 5; this version reads format 4). Use the version'],
])('a directory of format %i is refused with an instruction, and not changed', (format, message) => {
  const directory = directoryOfFormat(format);
  const before = bytesOf(directory);
  expect(() => openWriter(directory)).toThrow(DataDirectoryError);
  expect(() => openWriter(directory)).toThrow(message);
  expect(bytesOf(directory)).toEqual(before);
});

it('a directory whose first start was interrupted before it made a table is opened', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'auditwire.db'), '');
  const { sqlite } = openWriter(directory);
  expect(sqlite.pragma('user_version', { simple: true })).toBe(FORMAT);
  sqlite.close();
});
