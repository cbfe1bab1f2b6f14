/**
 * One row of the benchmark: our work and what it is compared with, measured in turn and in the same process, so that a busy
 * minute of the machine hits both.
 */

/** `full`: the large sizes; `smoke`: the smallest that still does the work, for a test that it runs. */
export type Scale = 'default' | 'full' | 'smoke';

/** Named figures of one run, such as `{ perSecond: 8000 }` or `{ p50: 1.2, p99: 4 }` (ms). */
export type Figures = Record<string, number>;

export interface Aim {
  /** The figure that it is about. */
  figure: string;
  unit: string;
  /** Ours divided by theirs; a difference where a ratio says nothing (memory); only shown where there is no aim. */
  goal: { ratioAtLeast: number } | { ratioAtMost: number } | { differenceAtMost: number } | null;
}

export interface Bench {
  ours(): Promise<Figures>;
  theirs(): Promise<Figures>;
  close(): Promise<void>;
}

export interface Row {
  /** What `--only` takes. */
  name: string;
  work: string;
  comparedWith: string;
  aims: readonly Aim[];
  /** Alternating runs of each side; 5 unless told. */
  rounds?: number;
  /** Runs with `--full` only. */
  fullOnly?: boolean;
  /** @returns why it cannot run on this machine, or the two sides, warmed up */
  prepare(scale: Scale): Promise<Bench | { skipped: string }>;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

type Verdict = 'met' | 'missed' | null;

export interface Result {
  row: string;
  work: string;
  comparedWith: string;
  /** Why it was not measured on this machine. */
  skipped?: string;
  /** What went wrong. */
  failed?: string;
  figures: {
    figure: string;
    unit: string;
    ours: Spread;
    theirs: Spread;
    /** Of each round: ours divided by theirs. */
    ratio: Spread;
    aim: string;
    verdict: Verdict;
  }[];
}

const DEFAULT_ROUNDS = 5;

/** Measures a row. `onRound` is told after each of its rounds. */
export async function measure(
  row: Row,
  scale: Scale,
  onRound: (round: number, rounds: number) => void,
): Promise<Result> {
  const { name, work, comparedWith } = row;
  const bench = await row.prepare(scale);
  if ('skipped' in bench) return { row: name, work, comparedWith, skipped: bench.skipped, figures: [] };
  const rounds = scale === 'smoke' ? 1 : (row.rounds ?? DEFAULT_ROUNDS);
  const ours: Figures[] = [];
  const theirs: Figures[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      // Whoever goes second finds the machine warmer: they take turns.
      const sides = [async () => ours.push(await bench.ours()), async () => theirs.push(await bench.theirs())];
      for (const side of round % 2 ? sides : sides.reverse()) await side();
      onRound(round, rounds);
    }
  } finally {
    await bench.close();
  }
  return { row: name, work, comparedWith, figures: row.aims.map((aim) => compare(aim, ours, theirs)) };
}

function compare({ figure, unit, goal }: Aim, ours: readonly Figures[], theirs: readonly Figures[]) {
  const ofOurs = ours.map((figures) => valueOf(figures, figure));
  const ofTheirs = theirs.map((figures) => valueOf(figures, figure));
  const ratio = spread(ofOurs.map((value, round) => value / (ofTheirs[round] ?? Number.NaN)));
  const difference = spread(ofOurs).median - spread(ofTheirs).median;
  return {
    figure,
    unit,
    ours: spread(ofOurs),
    theirs: spread(ofTheirs),
    ratio,
    ...judged(goal, ratio.median, difference, unit),
  };
}

function judged(goal: Aim['goal'], ratio: number, difference: number, unit: string): { aim: string; verdict: Verdict } {
  if (!goal) return { aim: '', verdict: null };
  if ('ratioAtLeast' in goal)
    return { aim: `≥ ${goal.ratioAtLeast}`, verdict: ratio >= goal.ratioAtLeast ? 'met' : 'missed' };
  if ('ratioAtMost' in goal)
    return { aim: `≤ ${goal.ratioAtMost}`, verdict: ratio <= goal.ratioAtMost ? 'met' : 'missed' };
  return {
    aim: `≤ +${goal.differenceAtMost} ${unit}`,
    verdict: difference <= goal.differenceAtMost ? 'met' : 'missed',
  };
}

function valueOf(figures: Figures, figure: string): number {
  const value = figures[figure];
  if (value === undefined) throw new Error(`A run did not measure ${figure}`);
  return value;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}

/** The value below which a fraction of all lies, such as 0.99. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
