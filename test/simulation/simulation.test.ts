import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CampaignResult, inWords, known } from './campaign.js';
import { createDisks } from './disk.js';
import { plantedFaults } from './planted-faults.js';
import { simulate } from './run.js';
import { addCounts, createTally, neverHit, tableOf } from './tally.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = Number(process.env['AUDITWIRE_TEST_SEEDS'] ?? 2_000);
/** Most runs until a planted fault must be found. */
const SEEDS_OF_A_FAULT = 500;
/** Two thousand runs take about a minute on two idle cores, and less than ten minutes on two busy ones. */
const TIMEOUT_MS = 900_000;

const run = promisify(execFile);

/** Runs the compiled simulation, as `npm run simulate` does: faults are planted in compiled modules. */
async function campaign(...options: string[]): Promise<CampaignResult> {
  const command = ['dist/test/simulation/main.js', '--json', ...options];
  // It exits with 1 if it found a violation, and prints the result. Without a result, it did not run.
  const { stdout } = await run(process.execPath, command, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 }).catch(
    (error: Error & { stdout?: string }) => {
      if (!error.stdout) throw error;
      return { stdout: error.stdout };
    },
  );
  return JSON.parse(stdout) as CampaignResult;
}

/** Two halves of the seeds, at the same time. */
async function halves(): Promise<CampaignResult[]> {
  const seeds = Math.ceil(SEEDS / 2);
  return Promise.all([1, 1 + seeds].map((from) => campaign('--from', String(from), '--seeds', String(seeds))));
}

/** The log and the trace of each seed, in this process. */
async function runsOf(seeds: readonly number[]) {
  const disks = createDisks();
  const runs: { log: Record<string, unknown[]>; trace: string[] }[] = [];
  try {
    for (const seed of seeds) {
      const trace: string[] = [];
      const { log } = await simulate({ seed, disks, tally: createTally(), trace: (line) => trace.push(line) });
      runs.push({ log, trace });
    }
    return runs;
  } finally {
    disks.close();
  }
}

beforeAll(() => run('npm', ['run', '--silent', 'build:tests'], { cwd: ROOT }), TIMEOUT_MS);

describe('a seed', () => {
  const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

  it('gives the same log and the same trace each time', async () => {
    const [first, again] = [await runsOf(seeds), await runsOf(seeds)];

    expect(again).toEqual(first);
    // The runs crash, fail and continue, and all of them differ.
    const lines = first.flatMap(({ trace }) => trace).join('\n');
    for (const line of [/process 2 starts/, /RetryScheduled/, /BatchAbandoned/]) expect(lines).toMatch(line);
    expect(new Set(first.map(({ log }) => JSON.stringify(log))).size).toBe(seeds.length);
  });
});

describe(`${SEEDS} runs`, () => {
  let reports: CampaignResult[];
  const tally = createTally();

  beforeAll(async () => {
    reports = await halves();
    for (const { counts } of reports) addCounts(tally, counts);
    process.stdout.write(`${tableOf(tally.counts, known)}\n`);
  }, TIMEOUT_MS);

  it('violate no invariant', () => {
    expect(reports.flatMap(({ failure }) => (failure ? [inWords(failure)] : []))).toEqual([]);
    expect(reports.reduce((runs, report) => runs + report.runs, 0)).toBeGreaterThanOrEqual(SEEDS);
  });

  it('reach every kind of fault, branch and recovery', () => {
    expect(neverHit(tally.counts, known)).toEqual([]);
  });
});

describe('a planted fault', () => {
  const faults = plantedFaults.map(({ name, caughtBy, from = 1 }) => [name, caughtBy, from] as const);

  it.each(faults)('is found: %s', { timeout: TIMEOUT_MS }, async (name, caughtBy, from) => {
    const seeds = ['--from', String(from), '--seeds', String(SEEDS_OF_A_FAULT)];
    const { failure, runs } = await campaign('--fault', name, ...seeds);

    process.stdout.write(`${name}: seed ${failure?.seed}, after ${runs} runs, ${failure?.invariant}\n`);
    expect(failure, name).not.toBeNull();
    expect(caughtBy, failure?.message).toContain(failure?.invariant);
  });
});
