/** Many runs, one for each seed, until one of them violates an invariant. */
import { purposes } from '../../src/domain/lane/attempt.js';
import { undeliveredStates } from '../../src/domain/undelivered.js';
import { loginStates } from '../support/account/lane.js';
import { actionNames } from './actions/index.js';
import { createDisks } from './disk.js';
import { eventTypes } from './event-types.js';
import { type Invariant, invariants } from './invariants.js';
import { mannerNames } from './network/manners.js';
import { crashPoints } from './process.js';
import { faultNames } from './receiver-faults.js';
import { simulate } from './run.js';
import { type Counts, createTally } from './tally.js';
import { recoveries } from './world.js';

/** What a long campaign must reach, by group. */
export const known = {
  actions: actionNames,
  faults: faultNames,
  manners: mannerNames,
  crashes: [...crashPoints, 'a sync that failed'],
  events: eventTypes,
  purposes,
  deliveries: [
    ...purposes.flatMap((purpose) => [`${purpose}, delivered`, `${purpose}, abandoned`]),
    'FIRST, superseded',
    'FIRST, split',
    'FIRST, webhook removed',
  ],
  attempts: [1, 2, 3, 4].map((failed) => `delivered after ${failed} failed attempts`),
  logins: loginStates.filter((state) => state !== 'pending'),
  // At the end a requested range was delivered, or failed again.
  listed: undeliveredStates.filter((state) => state !== 'REQUESTED'),
  recoveries,
} as const satisfies Record<string, readonly string[]>;

export interface Failure {
  seed: number;
  invariant: Invariant;
  message: string;
}

export interface CampaignResult {
  /** How many runs there were, with the one that failed. */
  runs: number;
  ms: number;
  failure: Failure | null;
  counts: Counts;
}

export interface Campaign {
  from: number;
  seeds: number;
  trace: (line: string) => void;
  onRun: (runs: number, ms: number) => void;
}

export async function campaign({ from, seeds, trace, onRun }: Campaign): Promise<CampaignResult> {
  const disks = createDisks();
  const tally = createTally();
  const startedAt = performance.now();
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  let seed = from;
  const onExit = () => {
    process.stderr.write(`seed ${seed}: the run was interrupted, or waits for something that does not happen\n`);
    disks.close();
  };
  process.once('exit', onExit);
  try {
    for (; seed < from + seeds; seed += 1) {
      const { violation } = await simulate({ seed, disks, tally, trace });
      const ms = performance.now() - startedAt;
      const runs = seed - from + 1;
      const unhandled = rejections.length ? { invariant: 'healthy' as const, message: String(rejections[0]) } : null;
      const broken = violation ?? unhandled;
      if (broken) {
        const { invariant, message } = broken;
        return { runs, ms, failure: { seed, invariant, message }, counts: tally.counts };
      }
      onRun(runs, ms);
    }
    return { runs: seeds, ms: performance.now() - startedAt, failure: null, counts: tally.counts };
  } finally {
    disks.close();
    process.off('unhandledRejection', onRejection);
    process.off('exit', onExit);
  }
}

export function inWords({ seed, invariant, message }: Failure): string {
  return `seed ${seed}, ${invariant}: ${invariants[invariant]}\n  ${message}\n  npm run simulate -- --seed ${seed}`;
}
