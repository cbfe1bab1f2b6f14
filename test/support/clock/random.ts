import { createHash } from 'node:crypto';
import type { Random } from '../../../src/runtime/random.js';

/** Pseudo-random bytes that are the same for the same seed. */
export function seededRandom(seed: string | number): Random {
  let counter = 0;
  return (size) => {
    const blocks: Buffer[] = [];
    for (let bytes = 0; bytes < size; bytes += 32) {
      blocks.push(createHash('sha256').update(`${seed}/${counter}`).digest());
      counter += 1;
    }
    return Buffer.concat(blocks).subarray(0, size);
  };
}
