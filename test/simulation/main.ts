/** Runs the simulation: `npm run simulate -- --help`. */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { plantedFaults } from './planted-faults.js';
import { tableOf } from './tally.js';

const HELP = `Usage: npm run simulate -- [--seeds N] [--from S] [--fault NAME] [--json] | --seed S

  --seeds N      the number of runs, one for each seed (2000)
  --from S       the first seed (1)
  --seed S       one run, with a line for everything that happens
  --fault NAME   plants a fault in the product; --fault list prints the names
  --json         writes the result as JSON to standard output
`;
const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    fault: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else if (values.fault === 'list') {
  for (const { name, file } of plantedFaults) process.stdout.write(`${name.padEnd(52)}${file}\n`);
} else await run();

async function run(): Promise<void> {
  if (values.fault !== undefined) plant(values.fault);
  // This loads the product, so the fault must be planted before.
  const { campaign, inWords, known } = await import('./campaign.js');
  const { seed } = values;
  const from = number(seed ?? values.from);
  const seeds = seed === undefined ? number(values.seeds) : 1;
  let shownAt = 0;
  // An exit deletes the files of the runs; a signal alone would not.
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
    process.stdout.write(
      `${runs} runs of ${(ms / runs).toFixed(0)} ms: ${failure ? inWords(failure) : 'no violation'}\n`,
    );
  }
  if (failure) process.exitCode = 1;
}

/** Replaces a piece of text in a module of the product when it is loaded. */
function plant(name: string): void {
  const fault = plantedFaults.find((planted) => planted.name === name);
  if (!fault) throw new Error(`There is no fault ${name}; --fault list prints the names`);
  const url = new URL(`../../${fault.file}`, import.meta.url).href;
  register('./planted-fault-loader.js', import.meta.url, { data: { ...fault, url } });
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is not a valid seed or number of seeds`);
  return value;
}
