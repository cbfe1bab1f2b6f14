/** Measures Auditwire and its comparisons: `npm run bench -- --help`. */
import '../../src/runtime/production.js';
import { parseArgs } from 'node:util';
import { measure, type Result, type Row, type Scale } from './row.js';
import { rows } from './rows/index.js';
import { machine, table } from './table.js';

const HELP = `Usage: npm run bench -- [--only ROW[,ROW]] [--full] [--smoke] [--json] [--list]

  --only ROW  runs only these rows, by name or by the start of a name
  --full      runs the large sizes too
  --smoke     runs the smallest sizes once: shows that the rows work, but measures nothing
  --json      writes the result as JSON to standard output
  --list      prints the rows that would run
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else if (values.list) for (const { name, work } of chosenRows()) process.stdout.write(`${name.padEnd(24)}${work}\n`);
else await bench();

function chosenRows(): Row[] {
  const starts = values.only?.split(',');
  return rows.filter(({ name, fullOnly }) => {
    // At the smallest size, the large rows would repeat the others.
    const isIncluded = values.full || !fullOnly;
    return starts ? starts.some((start) => start === name || (isIncluded && name.startsWith(start))) : isIncluded;
  });
}

async function bench(): Promise<void> {
  // An exit ends the processes of the rows and deletes their files; a signal alone would not.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.setMaxListeners(0);
  const scale: Scale = values.smoke ? 'smoke' : values.full ? 'full' : 'default';
  const chosen = chosenRows();
  if (!chosen.length) {
    process.stderr.write(`There is no row ${values.only}; --list prints the rows.\n`);
    process.exitCode = 2;
    return;
  }
  const results: Result[] = [];
  for (const [index, row] of chosen.entries()) {
    const started = Date.now();
    process.stderr.write(`${index + 1}/${chosen.length} ${row.name}: ${row.work}\n`);
    const onRound = (round: number, rounds: number) => {
      const seconds = Math.round((Date.now() - started) / 1000);
      process.stderr.write(`  round ${round} of ${rounds}, ${seconds} s\n`);
    };
    try {
      results.push(await measure(row, scale, onRound));
    } catch (error) {
      // The other rows still run.
      process.exitCode = 1;
      const { name, work, comparedWith } = row;
      const failed = error instanceof Error ? error.message : String(error);
      process.stderr.write(`  failed: ${failed}\n`);
      results.push({ row: name, work, comparedWith, failed, figures: [] });
    }
  }
  const report = { machine: machine(), scale, results };
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else
    process.stdout.write(
      `\n${Object.entries(report.machine)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}\n\n${table(results)}\n`,
    );
  // A handle that a row left open must not keep the process running.
  process.exit();
}
