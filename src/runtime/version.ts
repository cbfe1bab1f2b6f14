import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** The version of this program, from its package.json. */
export const VERSION: string = readVersion();

/** The User-Agent header of every request to a receiver. */
export const USER_AGENT = `Auditwire/${VERSION}`;

function readVersion(): string {
  // package.json is two folders up from the source, three from the build.
  const file = ['../../package.json', '../../../package.json']
    .map((path) => resolve(import.meta.dirname, path))
    .find(existsSync);
  return file ? z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version : 'unknown';
}
