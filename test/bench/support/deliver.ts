/** The minimal parts of a delivery, for the programs that Auditwire is compared with. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { constants, gzip } from 'node:zlib';
import { Pool } from 'undici';
import { cef } from '../../../src/domain/formats/cef.js';

/** As many requests as Auditwire has in flight to one destination by default. */
export const IN_FLIGHT = 16;

const { privateKey } = generateKeyPairSync('ed25519');

/** What signs the lines of a comparison: OpenSSL, or the library of Auditwire. */
export type Signer = 'node:crypto' | 'libsodium';

/** Signs lines of CEF, and joins them. */
export type SignText = (lines: readonly string[]) => Promise<string>;

/** Both signers use all cores for the lines of one batch. */
export function createSignText(signer: Signer): SignText {
  if (signer === 'libsodium') return signInThreads(availableParallelism());
  return async (lines) => (await Promise.all(lines.map(signed))).join('\n');
}

/** Signs on the thread pool. */
function signed(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign(null, Buffer.from(line), privateKey, (error, signature) =>
      error ? reject(error) : resolve(cef.attach(line, signature.toString('base64url'))),
    );
  });
}

/** Signs a share of the lines in each of `count` threads. */
function signInThreads(count: number): SignText {
  const threads = Array.from({ length: count }, () => startSigningThread());
  return async (lines) => {
    const share = Math.ceil(lines.length / count);
    const shares = threads.map((sign, index) => sign(lines.slice(index * share, (index + 1) * share)));
    return (await Promise.all(shares)).filter((text) => text).join('\n');
  };
}

function startSigningThread(): SignText {
  const thread = new Worker(new URL('./signing-thread.js', import.meta.url));
  const waiting: ((text: string) => void)[] = [];
  thread.on('message', (text: string) => waiting.shift()?.(text));
  return (lines) => {
    thread.postMessage(lines);
    return new Promise((resolve) => waiting.push(resolve));
  };
}

export function compressed(text: string): Promise<Buffer> {
  return promisify(gzip)(text, { level: constants.Z_BEST_SPEED });
}

/** Posts text, or a gzipped Buffer. @throws if the answer is not 200 */
export function createPost(url: string, ca: string): (body: Buffer | string) => Promise<void> {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections: IN_FLIGHT, connect: { ca } });
  const plain = { authorization: 'Bench', 'content-type': 'text/plain' };
  const zipped = { ...plain, 'content-encoding': 'gzip' };
  return async (body) => {
    const headers = typeof body === 'string' ? plain : zipped;
    const response = await pool.request({ method: 'POST', path, headers, body });
    await response.body.dump();
    if (response.statusCode !== 200) throw new Error(`The receiver answered ${response.statusCode}`);
  };
}
