import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { errorCode } from '../../db/open.js';
import { UsageError } from './run.js';

/** The name of a file that means standard input. */
export const STANDARD_INPUT = '-';

/**
 * Reads a file, or standard input if the name is `-`.
 *
 * @throws UsageError if it cannot be read or is blank: for the server, a blank value means none
 */
export async function readText(option: string, file: string): Promise<string> {
  const found = await read(option, file);
  if (found.trim() === '') throw new UsageError(`${option}: the file is empty.`);
  return found;
}

async function read(option: string, file: string): Promise<string> {
  if (file === STANDARD_INPUT) {
    if (process.stdin.isTTY) throw new UsageError(`${option} -: standard input is a terminal; give a file instead.`);
    return text(process.stdin);
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // The value is not printed: it may be a secret that was given in place of the name of a file.
    throw new UsageError(
      `${option}: this file cannot be read (${errorCode(error)}). Give the name of a file, not its text.`,
    );
  }
}

/**
 * Asks for a secret at the terminal, and does not show what is typed.
 *
 * @throws UsageError if standard input is not a terminal, or nothing was entered
 */
export async function askSecret(option: string, question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError(`${option} needs a terminal as standard input.`);
  const noOutput = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: noOutput, terminal: true, historySize: 0 });
  // The question comes after `createInterface`, which turns off the echo of the terminal.
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
