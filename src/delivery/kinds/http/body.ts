import { constants, gzipSync } from 'node:zlib';

/** Level 1: logs compress well at every level, and this one is as fast as the signatures. */
const options = { level: constants.Z_BEST_SPEED };

/**
 * The body of a request: signed lines, each ended by `\n`, compressed with gzip. The same lines give the same text.
 * A receiver that appends bodies to a file needs the line feed after the last line.
 */
export function bodyOf(lines: readonly string[]): Buffer {
  return gzipSync(lines.map((line) => `${line}\n`).join(''), options);
}
