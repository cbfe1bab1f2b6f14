import { expect, it } from 'vitest';
import { openWriter } from '../db/open.js';
import { dumpLog } from './support/log/dump.js';
import { play, type Step } from './support/log/history.js';

/** The log after these steps. Each step is played until the engine is idle. */
async function logOf(steps: readonly Step[], seed: string) {
  const { dataDir, faults } = await play(steps, { settle: true, seed });
  expect(faults).toEqual([]);
  const { sqlite } = openWriter(dataDir);
  const log = dumpLog(sqlite);
  sqlite.close();
  return log;
}

const rounds = (record: (count: number) => Step): Step[] =>
  Array.from({ length: 8 }, (_, round): Step[] => [
    record(1 + round),
    ...(round === 5 ? [{ do: 'change destination', destination: 0, what: 'format' } as const] : []),
    { do: 'wait', ms: 8_000 },
  ]).flat();

it('the same seed, clock and commands give the same log', async () => {
  const steps: Step[] = [
    { do: 'configure', portal: 0, destination: 0, enabled: true },
    ...rounds((count) => ({ do: 'record', portal: 0, count })),
  ];
  const log = await logOf(steps, 'one');
  expect(log['events']?.length).toBeGreaterThan(50);
  expect(await logOf(steps, 'one')).toEqual(log);
  expect(await logOf(steps, 'two')).not.toEqual(log);
});

it('the log is the same each time when lanes of several portals work at once', async () => {
  const steps: Step[] = [
    { do: 'configure', portal: 0, destination: 0, enabled: true },
    { do: 'configure', portal: 1, destination: 1, enabled: true },
    ...rounds((count) => ({ do: 'record all', count: 30 * count })),
  ];
  const log = await logOf(steps, 'one');
  for (let run = 0; run < 3; run += 1) expect(await logOf(steps, 'one')).toEqual(log);
});
