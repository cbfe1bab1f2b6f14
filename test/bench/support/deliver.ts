/** The minimal parts of a delivery, for the programs that Auditwire is compared with. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Pool } from 'undici';
import { cef } from '../../../src/domain/formats/cef.js';

/** As many requests as Auditwire has in flight to one destination by default. */
export const IN_FLIGHT = 16;

const { privateKey } = generateKeyPairSync('ed25519');

/** Signs on the thread pool. */
export function signed(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign(null, Buffer.from(line), privateKey, (error, signature) =>
      error ? reject(error) : resolve(cef.attach(line, signature.toString('base64url'))),
    );
  });
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
