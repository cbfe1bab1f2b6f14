/** Shows the body of an answer that is compressed. */
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createInflateRaw, createUnzip } from 'node:zlib';

/** More encodings, one on the other, are not undone. */
const MAX_ENCODINGS = 4;

/** A decoder of a body, or null if the body is not encoded in spite of its label. */
type DecoderOf = (body: Buffer) => Transform | null;

// What was cut off is decoded as far as it goes.
const unzip = () => createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
const decoders = new Map<string, DecoderOf>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })],
  ['identity', () => null],
]);

/** Proxies and handlers of errors may label a plain text as gzip: it is taken as it is. */
function gunzip(body: Buffer): Transform | null {
  return isText(body) ? null : unzip();
}

/** Deflate has the header of zlib (RFC 9110, section 8.4.1.2), but some servers leave it out. */
function inflate(body: Buffer): Transform {
  return hasZlibHeader(body) ? unzip() : createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
}

/** The method deflate, and a checksum of the two bytes (RFC 1950, section 2.2). */
function hasZlibHeader([first = 0, second = 0]: Buffer): boolean {
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** Without the control characters and the errors of UTF-8 with which every body in gzip begins. */
function isText(body: Buffer): boolean {
  // The last character may be cut off.
  return !/[\u0000-\u0008\u000e-\u001f]|\ufffd[^\ufffd]/.test(body.toString());
}

/**
 * The text of a body: the start of it, decoded. '' if its encoding is not known or wrong.
 *
 * @param encoding the Content-Encoding header: the encodings in the order in which they were applied
 * @param maxBytes how much is decoded at most, each time: a small body can decode to a large text
 */
export async function decode(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<string> {
  const names = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > MAX_ENCODINGS) return '';
  let decoded = body;
  for (const name of names.toReversed()) {
    const decoderOf = decoders.get(name);
    if (!decoderOf) return '';
    const decoder = decoderOf(decoded);
    if (decoder) decoded = await through(decoder, decoded, maxBytes);
  }
  return decoded.toString();
}

/** What comes out of a decoder, until its first error. */
async function through(decoder: Transform, body: Buffer, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  decoder.end(body);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch {
    // What was decoded before the error is shown.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}
