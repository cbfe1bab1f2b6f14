import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';
import { type LineSettings, MAX_BATCH_BYTES } from '../domain/delivery.js';
import type { LogFormat } from '../domain/destination.js';
import type { Login } from '../domain/login.js';
import { cef } from './format/cef.js';
import { cps } from './format/cps.js';
import { entryOf, type Format } from './format/entry.js';
import { json } from './format/json.js';
import type { Sign } from './sign.js';

const formats: Record<LogFormat, Format> = { CEF: cef, JSON: json, CPS: cps };

/** Bytes that a signature adds to a line at most: 86 of base64url, its key and quotes, and the line break. */
const SIGNATURE_BYTES = 100;

/** Level 1: logs compress well at any, and this one keeps up with the signatures. */
const options = { level: constants.Z_BEST_SPEED };

export type Compress = (text: string) => Promise<Buffer>;

/** On the thread pool, beside everything else. */
export const compressOnPool: Compress = (text) => promisify(gzip)(text, options);
/** In the calling thread: the same inputs are done in the same order. */
export const compressInThread: Compress = async (text) => gzipSync(text, options);

/** What the lines of a batch are made from, besides the logins. */
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

/** The body of a batch: each line signed, joined by `\n`, compressed with gzip. The same lines give the same text. */
export async function encode(
  lines: readonly string[],
  logFormat: LogFormat,
  sign: Sign,
  compress: Compress = compressOnPool,
): Promise<Buffer> {
  const format = formats[logFormat];
  const signed = await Promise.all(lines.map(async (line) => format.attach(line, await sign(line))));
  return compress(signed.join('\n'));
}
