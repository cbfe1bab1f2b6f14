import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DataDirectoryError, lockDataDirectory, openReader, openWriter } from '../../db/open.js';
import { temporaryDirectory } from '../support/server/app.js';

/** Another process that attempts to take the lock. With the argument `hold`, it holds the lock until it is killed. */
const TAKE_THE_LOCK = `
  import Database from 'better-sqlite3';
  const [, file, hold] = process.argv;
  const lock = new Database(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    console.log('taken');
    if (hold) setInterval(() => lock, 60_000);
  } catch (error) {
    console.log(error.code);
  }
`;
const argv = (directory: string) => ['--input-type=module', '--eval', TAKE_THE_LOCK, join(directory, 'lock')];

function lockFromAnotherProcess(directory: string): string {
  return spawnSync(process.execPath, argv(directory), { encoding: 'utf8' }).stdout.trim();
}

it.each(['the first', 'every later'])(
  'the database syncs each commit and uses a write-ahead log on %s open',
  (which) => {
    const directory = temporaryDirectory();
    for (let opened = which === 'the first' ? 0 : 2; opened >= 0; opened -= 1) {
      const { sqlite } = openWriter(directory);
      const found = ['journal_mode', 'synchronous', 'wal_autocheckpoint'].map((name) =>
        sqlite.pragma(name, { simple: true }),
      );
      sqlite.close();
      expect(found).toEqual(['wal', 2, 0]);
    }
  },
);

it('only the owner can read the data directory and the database', () => {
  const directory = join(temporaryDirectory(), 'data');
  const unlock = lockDataDirectory(directory);
  onTestFinished(unlock);
  const { sqlite } = openWriter(directory);
  onTestFinished(() => void sqlite.close());
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'auditwire.db')).mode & 0o777).toBe(0o600);
});

it('a connection for reading cannot write', () => {
  const directory = temporaryDirectory();
  openWriter(directory).sqlite.close();
  const { sqlite } = openReader(directory);
  onTestFinished(() => void sqlite.close());
  expect(() => sqlite.exec('DELETE FROM events')).toThrow('readonly');
});

it('the lock has one holder at a time', () => {
  const directory = join(temporaryDirectory(), 'data');
  const unlock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryError);
  expect(() => lockDataDirectory(directory)).toThrow(
    `The data directory ${directory} cannot be used: another process has locked it. Is Auditwire already running?`,
  );
  unlock();
  lockDataDirectory(directory)();
});

it('the lock also excludes other processes', () => {
  const directory = temporaryDirectory();
  const unlock = lockDataDirectory(directory);
  expect(lockFromAnotherProcess(directory)).toBe('SQLITE_BUSY');
  unlock();
  expect(lockFromAnotherProcess(directory)).toBe('taken');
});

it('the lock is free again after its process was killed', async () => {
  const directory = temporaryDirectory();
  const holder = spawn(process.execPath, [...argv(directory), 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const [output] = await once(holder.stdout, 'data');
  expect(String(output).trim()).toBe('taken');
  expect(() => lockDataDirectory(directory)).toThrow('another process has locked it. Is Auditwire already running?');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDataDirectory(directory)();
});

it('the lock stays held while the database beside it is opened and closed', () => {
  const directory = temporaryDirectory();
  const unlock = lockDataDirectory(directory);
  onTestFinished(unlock);
  openWriter(directory).sqlite.close();
  expect(() => lockDataDirectory(directory)).toThrow('another process has locked it');
  expect(lockFromAnotherProcess(directory)).toBe('SQLITE_BUSY');
});

it('a missing parent folder is reported', () => {
  const directory = join(temporaryDirectory(), 'missing', 'data');
  expect(() => lockDataDirectory(directory)).toThrow('its parent folder does not exist');
});

it('a directory that cannot be made is reported', () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  expect(() => lockDataDirectory(join(file, 'data'))).toThrow(DataDirectoryError);
});

it('a file that is not a database is reported', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'auditwire.db'), 'x'.repeat(8_192));
  expect(() => openWriter(directory)).toThrow(DataDirectoryError);
});

it.each(['lock', 'auditwire.db'])('a directory that is called %s is named', (name) => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, name));
  const open = () => {
    onTestFinished(lockDataDirectory(directory));
    openWriter(directory);
  };
  expect(open).toThrow(
    new DataDirectoryError(
      `The data directory ${directory} cannot be used: ${name} in it is not a file; remove it, or choose another directory`,
    ),
  );
});
