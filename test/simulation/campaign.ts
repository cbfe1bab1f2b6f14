/** Many runs, one a seed, until one of them finds something. */
import { purposes } from '../../src/domain/lane/attempt.js';
import { undeliveredStates } from '../../src/domain/undelivered.js';
import { loginStates } from '../support/account/portal.js';
import { actionNames } from './actions/index.js';
import { createDisks } from './disk.js';
import { eventTypes } from './event-types.js';
import { faultNames } from './faults.js';
import { type Invariant, invariants } from './invariants.js';
import { crashPoints } from './life.js';
import { simulate } from './run.js';
import { type Counts, createTally } from './tally.js';
import { recoveries } from './world.js';

/** What every campaign of some length has to hit, by group. */
export const known = {
  actions: actionNames,
  faults: faultNames,
  crashes: [...crashPoints, 'a sync that failed'],
  events: eventTypes,
  purposes,
  deliveries: [
    ...purposes.flatMap((purpose) => [`${purpose}, delivered`, `${purpose}, abandoned`]),
    'FIRST, superseded',
    'FIRST, split',
    'FIRST, webhook removed',
  ],
  attempts: [1, 2, 3, 4].map((failed) => `delivered after ${failed} that failed`),
  logins: loginStates.filter((state) => state !== 'pending'),
  // What was asked for is delivered, or fails again.
  listed: undeliveredStates.filter((state) => state !== 'REQUESTED'),
  recoveries,
} as const satisfies Record<string, readonly string[]>;

export interface Failure {
  seed: number;
  invariant: Invariant;
  message: string;
}

export interface CampaignResult {
  /** How many runs there were, the one that failed included. */
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
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  let seed = from;
  const onExit = () => {
    process.stderr.write(`seed ${seed}: the run was broken off, or waits for something that never comes\n`);
    disks.close();
  };
  process.once('exit', onExit);
  try {
    for (; seed < from + seeds; seed += 1) {
      const { violation } = await simulate({ seed, disks, tally, trace });
      const ms = performance.now() - startedAt;
      const runs = seed - from + 1;
      const found =
        violation ?? (unheard.length ? { invariant: 'healthy' as const, message: String(unheard[0]) } : null);
      if (found) {
        const { invariant, message } = found;
        return { runs, ms, failure: { seed, invariant, message }, counts: tally.counts };
      }
      onRun(runs, ms);
    }
    return { runs: seeds, ms: performance.now() - startedAt, failure: null, counts: tally.counts };
  } finally {
    disks.close();
    process.off('unhandledRejection', hear);
    process.off('exit', onExit);
  }
}

export function inWords({ seed, invariant, message }: Failure): string {
  return `seed ${seed}, ${invariant}: ${invariants[invariant]}\n  ${message}\n  npm run simulate -- --seed ${seed}`;
}
