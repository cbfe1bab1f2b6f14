/** Shows the body of an answer that is compressed. */
import { constants, createBrotliDecompress, createUnzip } from 'node:zlib';

// What was cut off is decoded as far as it goes.
const unzip = () => createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
const decoders = new Map([
  ['gzip', unzip],
  ['x-gzip', unzip],
  ['deflate', unzip],
  ['br', () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })],
]);

/**
 * The text of a body: the start of it, decoded. '' if its encoding is not known or wrong.
 *
 * @param encoding the Content-Encoding header
 * @param maxBytes how much is decoded at most: a small body can decode to a large text
 */
export async function decode(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<string> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return body.toString();
  const decoder = decoders.get(name)?.();
  if (!decoder) return '';
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
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}
