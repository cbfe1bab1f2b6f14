/** Runs the simulation: `npm run simulate -- --help`. */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.js';
import { tableOf } from './tally.js';

const HELP = `Usage: npm run simulate -- [--seeds N] [--from S] [--mutant NAME] [--json] | --seed S

  --seeds N      so many runs, one a seed (2000)
  --from S       the first seed (1)
  --seed S       one run, with everything that happens in it
  --mutant NAME  with a fault planted into the product; --mutant list names them
  --json         the result as JSON on standard output
`;
const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutant: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else if (values.mutant === 'list') {
  for (const { name, file } of mutants) process.stdout.write(`${name.padEnd(52)}${file}\n`);
} else await run();

async function run(): Promise<void> {
  if (values.mutant !== undefined) plant(values.mutant);
  // Not before the fault is planted: this loads the product.
  const { campaign, inWords, known } = await import('./campaign.js');
  const { seed } = values;
  const from = number(seed ?? values.from);
  const seeds = seed === undefined ? number(values.seeds) : 1;
  let shownAt = 0;
  // So that what the runs wrote goes with them.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const result = await campaign({
    from,
    seeds,
    trace: seed === undefined || values.json ? () => {} : (line) => void process.stdout.write(`${line}\n`),
    onRun(runs, ms) {
      if (ms - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = ms;
      process.stderr.write(`${runs} of ${seeds} runs, ${(ms / runs).toFixed(0)} ms each\n`);
    },
  });
  const { failure, runs, ms, counts } = result;
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    process.stdout.write(`${tableOf(counts, seed === undefined ? known : {})}\n\n`);
    process.stdout.write(`${runs} runs of ${(ms / runs).toFixed(0)} ms: ${failure ? inWords(failure) : 'all held'}\n`);
  }
  if (failure) process.exitCode = 1;
}

/** Replaces some text of a module of the product when it is loaded. */
function plant(name: string): void {
  const mutant = mutants.find((one) => one.name === name);
  if (!mutant) throw new Error(`There is no mutant ${name}; --mutant list names them`);
  const url = new URL(`../../${mutant.file}`, import.meta.url).href;
  register('./mutant-loader.js', import.meta.url, { data: { ...mutant, url } });
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is no number of seeds and no seed`);
  return value;
}
