/**
 * One row of the benchmark. The runs of Auditwire (`ours`) and of the comparison (`theirs`) alternate, so that a busy minute
 * of the machine affects both.
 */

/** `full`: the large sizes. `smoke`: the smallest size that still does the work, for a test. */
export type Scale = 'default' | 'full' | 'smoke';

/** Named figures of one run, such as `{ perSecond: 8000 }` or `{ p50: 1.2, p99: 4 }` (ms). */
export type Figures = Record<string, number>;

export interface Aim {
  /** The name of the figure. */
  figure: string;
  unit: string;
  /** A ratio is ours divided by theirs. Memory has a difference instead. null: no aim, the figure is only shown. */
  goal: { ratioAtLeast: number } | { ratioAtMost: number } | { differenceAtMost: number } | null;
}

export interface Bench {
  ours(): Promise<Figures>;
  theirs(): Promise<Figures>;
  close(): Promise<void>;
}

export interface Row {
  /** The name for `--only`. */
  name: string;
  work: string;
  comparedWith: string;
  aims: readonly Aim[];
  /** How often each side runs; 5 by default. */
  rounds?: number;
  /** The row runs only with `--full`. */
  fullOnly?: boolean;
  /** @returns the two sides, warmed up, or why the row cannot run on this machine */
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
  /** Why the row cannot run on this machine. */
  skipped?: string;
  /** The error message. */
  failed?: string;
  figures: {
    figure: string;
    unit: string;
    ours: Spread;
    theirs: Spread;
    /** Ours divided by theirs, over the rounds. */
    ratio: Spread;
    aim: string;
    verdict: Verdict;
  }[];
}

const DEFAULT_ROUNDS = 5;

/** Measures a row. @param onRound called after each round */
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
      // The second side finds a warmer machine, so the order alternates.
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

/** The value below which a fraction of the values lies, such as 0.99. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
