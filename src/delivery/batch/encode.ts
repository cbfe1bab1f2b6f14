import { constants, gzipSync } from 'node:zlib';
import type { LineSettings, LogFormat } from '../../domain/log-line.js';
import type { Login } from '../../domain/login.js';
import type { Sign } from '../../vault/signing-keys.js';
import { entryOf, testEntry } from './formats/entry.js';
import { formats } from './formats/index.js';

/** Most bytes of a batch before compression: Kong Konnect's own log listener rejects more. */
const MAX_BATCH_BYTES = 1_048_576;

/** Most bytes that a signature adds to a line: 86 of base64url, its key and quotes, and the line break. */
const SIGNATURE_BYTES = 100;

/** Level 1: logs compress well at every level, and this one is as fast as the signatures. */
const options = { level: constants.Z_BEST_SPEED };

/** Everything that the lines of a batch are made from, except the logins. */
export interface Rendering {
  portalId: string;
  logFormat: LogFormat;
  line: LineSettings;
}

/** The lines of these logins, without signatures: as many as fit into a batch, at least one. */
export function writeLines(logins: readonly Login[], { portalId, logFormat, line }: Rendering): string[] {
  const format = formats[logFormat];
  const lines: string[] = [];
  let bytes = 0;
  for (const login of logins) {
    const written = format.write(entryOf(login, portalId, line));
    bytes += Buffer.byteLength(written) + SIGNATURE_BYTES;
    if (lines.length && bytes > MAX_BATCH_BYTES) break;
    lines.push(written);
  }
  return lines;
}

/** The line of a destination test at `now` (ms), without its signature. */
export function writeTestLine(now: number, traceId: string, logFormat: LogFormat, line: LineSettings): string {
  return formats[logFormat].write(testEntry(now, traceId, line));
}

/** The body of a batch: each line signed, joined by `\n`, compressed with gzip. The same lines give the same text. */
export function encode(lines: readonly string[], logFormat: LogFormat, sign: Sign): Buffer {
  const format = formats[logFormat];
  return gzipSync(lines.map((line) => format.attach(line, sign(line))).join('\n'), options);
}
