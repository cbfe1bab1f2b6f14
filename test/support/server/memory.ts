import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { encodings } from '../log/grep.js';

const CHUNK_BYTES = 4_194_304;

/**
 * The parts of the memory of a process that it could read itself and that contain a secret in any encoding, as lines of
 * `/proc/PID/maps` (Linux).
 */
export function memoryWith(pid: number, secret: Buffer): string[] {
  const encoded = encodings(secret);
  // A secret can lie across two chunks.
  const overlap = Math.max(...encoded.map(({ length }) => length)) - 1;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const memory = openSync(`/proc/${pid}/mem`, 'r');

  function contains(start: number, end: number): boolean {
    for (let at = start; at < end; at += CHUNK_BYTES - overlap) {
      const length = readMemory(memory, chunk.subarray(0, Math.min(CHUNK_BYTES, end - at)), at);
      if (encoded.some((bytes) => chunk.subarray(0, length).includes(bytes))) return true;
    }
    return false;
  }

  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .filter((line) => {
        const [, start = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
        return start && contains(Number.parseInt(start, 16), Number.parseInt(end, 16));
      });
  } finally {
    closeSync(memory);
  }
}

/** @returns the number of bytes; 0 for memory that was freed meanwhile, and for a device */
function readMemory(memory: number, into: Buffer, at: number): number {
  try {
    return readSync(memory, into, 0, into.length, at);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EIO' || error.code === 'EFAULT')) return 0;
    throw error;
  }
}
