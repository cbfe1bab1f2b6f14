import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Result } from './row.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Programs without which a row is skipped. */
const PROGRAM = /\b(strace|redis|syslog-ng)/i;
/** All rows at the smallest size take about a minute on two idle cores. */
const TIMEOUT_MS = 900_000;

const run = promisify(execFile);

/** Runs the compiled benchmark, as `npm run bench` does. */
async function bench(...options: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['dist/test/bench/main.js', ...options], {
    cwd: ROOT,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

describe('the benchmark at the smallest size', () => {
  let names: string[];
  let results: Result[];

  beforeAll(async () => {
    await run('npm', ['run', '--silent', 'prebench'], { cwd: ROOT });
    names = (await bench('--list'))
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '');
    results = (JSON.parse(await bench('--smoke', '--json')) as { results: Result[] }).results;
  }, TIMEOUT_MS);

  test('runs every row once', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(results.map(({ row }) => row)).toEqual(names);
  });

  test('measures each row, or names the program that the row needs', () => {
    for (const { row, skipped, figures } of results) {
      if (skipped !== undefined) {
        expect(skipped, row).toMatch(PROGRAM);
        continue;
      }
      expect(figures.length, row).toBeGreaterThan(0);
      for (const { figure, ours, theirs } of figures) {
        for (const { median } of [ours, theirs]) {
          expect(Number.isFinite(median), `${row} ${figure}`).toBe(true);
          expect(median, `${row} ${figure}`).toBeGreaterThan(0);
        }
      }
    }
  });
});
