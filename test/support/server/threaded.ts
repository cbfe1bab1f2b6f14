/** The built program, with its threads, as a server for tests. */
import { join } from 'node:path';
import { createClient } from '../../../src/client/client.js';
import type { TestApp } from './app.js';
import { auditwire, type Run } from './cli.js';

export interface Threaded extends Run, Pick<TestApp, 'url' | 'origin' | 'token' | 'client'> {
  /** The last position of the log when it was opened. */
  head: number;
}

/**
 * Starts it with `directory/data` on a free port. It is ended after the test.
 *
 * @param given.token the token of the administrator, from the first start with the directory
 * @param given.under the command line that runs the program
 * @param given.env settings besides the usual ones
 */
export async function startThreaded(
  directory: string,
  given: { token?: string; under?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Threaded> {
  const usual = { AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8', AUDITWIRE_DATA_DIR: join(directory, 'data') };
  const env = { ...usual, ...given.env };
  const run = auditwire(directory, ['start', '--port', '0'], env, given.under);
  await run.until('Stop with Ctrl-C');
  const output = run.said();
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
  const token = given.token ?? /aw_[\w-]{43}/.exec(output)?.[0] ?? '';
  const head = Number(/continues after position (\d+)/.exec(output)?.[1] ?? 0);
  const url = `${origin}/graphql`;
  return { ...run, url, origin, token, client: createClient(url, token), head };
}
