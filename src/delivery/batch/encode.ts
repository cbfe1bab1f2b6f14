import { entryOf, testEntry } from '../../domain/formats/entry.js';
import type { LogFormat } from '../../domain/formats/index.js';
import { formats } from '../../domain/formats/index.js';
import type { LineSettings } from '../../domain/log-line.js';
import type { Login } from '../../domain/login.js';
import type { SignLines } from '../../vault/private-key.js';
import { bodyOf } from '../kinds/http/body.js';

/** Most bytes that a signature adds to a line: 86 of base64url, its key and quotes, and the line break. */
const SIGNATURE_BYTES = 100;

/** Everything that the lines of a batch are made from, except the logins. */
export interface Rendering {
  portalId: string;
  logFormat: LogFormat;
  line: LineSettings;
  /** Most bytes of the lines before compression; null: no limit, because the batch was started with these logins. */
  maxBytes: number | null;
}

/** The lines of these logins, without signatures: as many as fit into a batch, at least one. */
export function writeLines(logins: readonly Login[], { portalId, logFormat, line, maxBytes }: Rendering): string[] {
  const format = formats[logFormat];
  const lines: string[] = [];
  let bytes = 0;
  for (const login of logins) {
    const written = format.write(entryOf(login, portalId, line));
    bytes += Buffer.byteLength(written) + SIGNATURE_BYTES;
    if (lines.length && maxBytes !== null && bytes > maxBytes) break;
    lines.push(written);
  }
  return lines;
}

/** The line of a destination test at `now` (ms), without its signature. */
export function writeTestLine(now: number, traceId: string, logFormat: LogFormat, line: LineSettings): string {
  return formats[logFormat].write(testEntry(now, traceId, line));
}

/** The body of a batch: each line signed. The same lines give the same text. */
export function encode(lines: readonly string[], logFormat: LogFormat, signLines: SignLines): Buffer {
  const format = formats[logFormat];
  return bodyOf(signLines(lines, (line, signature) => format.attach(line, signature)));
}
