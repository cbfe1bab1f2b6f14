import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { startApp, type TestApp } from './app.js';

/** One server for all tests of a file; it starts before the first of them. */
export function sharedApp(): () => TestApp {
  let test: TestApp | undefined;
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'auditwire-'));
    const ends: (() => Promise<void>)[] = [];
    test = await startApp({ directory, onEnd: (stop) => ends.push(stop) });
    return async () => {
      for (const stop of ends) await stop();
      rmSync(directory, { recursive: true, force: true });
    };
  });
  return () => {
    if (!test) throw new Error('the server starts before the first test, not before');
    return test;
  };
}
