import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from './run.js';

/** As the name of a file: standard input. */
export const STANDARD_INPUT = '-';

/**
 * What stands in a file, or in standard input where the name is `-`.
 *
 * @throws UsageError where it cannot be read
 */
export async function readText(option: string, file: string): Promise<string> {
  if (file === STANDARD_INPUT) {
    if (process.stdin.isTTY) throw new UsageError(`${option} -: standard input is a terminal; name a file instead.`);
    return text(process.stdin);
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As `readText`, without the line break at the end that editors and `echo` write. */
export async function readLine(option: string, file: string): Promise<string> {
  return (await readText(option, file)).replace(/\r?\n$/, '');
}

/**
 * Asks for a secret at the terminal, and does not show what is typed.
 *
 * @throws UsageError where there is no terminal, or nothing was entered
 */
export async function askSecret(option: string, question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError(`${option} needs a terminal as standard input.`);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  // Not before: from here on the terminal shows nothing by itself.
  process.stderr.write(question);
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      // Ctrl-C and Ctrl-D.
      lines.once('close', () => resolve(''));
    });
    if (!answer) throw new UsageError('Nothing was entered.');
    return answer;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
