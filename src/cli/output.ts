/** What commands write: results to standard output, hints and errors to standard error. */

/**
 * Shows the control characters of a line, such as U+001B, as `\u001b`: names and what a visitor of a portal sent must not move the
 * cursor of a terminal or break a line.
 */
export function visible(line: string): string {
  return line.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const ended = (lines: readonly string[]) => lines.map((line) => `${visible(line)}\n`).join('');

/** Writes a result, which a script can read. */
export function writeResult(lines: readonly string[]): void {
  process.stdout.write(ended(lines));
}

/** Writes a hint, such as the next command, or an error. */
export function writeHint(lines: readonly string[]): void {
  process.stderr.write(ended(lines));
}

/** Whether colours may be written: only to a terminal, and not if the variable NO_COLOR (https://no-color.org) is set. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'];
}

/** Ends the program without an error if the reader closes the output, as `head` does after some lines. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

/** Continues if the reader closes an output: a server does not end with the reader of its messages. */
export function continueWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
