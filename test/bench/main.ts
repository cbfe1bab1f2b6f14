/** Measures Auditwire against limits and peers: `npm run bench -- --help`. */
import '../../src/runtime/production.js';
import { parseArgs } from 'node:util';
import { measure, type Result, type Row, type Scale } from './row.js';
import { rows } from './rows/index.js';
import { machine, table } from './table.js';

const HELP = `Usage: npm run bench -- [--only ROW[,ROW]] [--full] [--smoke] [--json] [--list]

  --only ROW  these rows only, by name or by the start of it
  --full      the large sizes, too
  --smoke     the smallest sizes, one round: shows that the rows run, measures nothing
  --json      the result as JSON on standard output
  --list      the names of the rows that would run
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
  const wanted = values.only?.split(',');
  return rows.filter(({ name, fullOnly }) => {
    // At their smallest, the large rows are the others once more.
    const fits = values.full || !fullOnly;
    return wanted ? wanted.some((start) => start === name || (fits && name.startsWith(start))) : fits;
  });
}

async function bench(): Promise<void> {
  // What the rows started ends with it, and what they wrote goes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.setMaxListeners(0);
  const scale: Scale = values.smoke ? 'smoke' : values.full ? 'full' : 'default';
  const chosen = chosenRows();
  if (!chosen.length) {
    process.stderr.write(`There is no row ${values.only}; --list names them.\n`);
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
      // The other rows still have something to say.
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
  // Whatever a row left open must not keep the figures waiting.
  process.exit();
}
