import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;

/** The source of randomness: returns `size` random bytes. Everything random in the log is made from it. */
export type Random = (size: number) => Buffer;

export const systemRandom: Random = createPool();

/** Reads many bytes from the system at a time, because each call is expensive. Each byte is returned once, and not kept. */
function createPool(): Random {
  let pool = randomBytes(0);
  return (size) => {
    if (size > POOL_BYTES) return randomBytes(size);
    if (pool.length < size) pool = randomBytes(POOL_BYTES);
    const bytes = Buffer.from(pool.subarray(0, size));
    pool.fill(0, 0, size);
    pool = pool.subarray(size);
    return bytes;
  };
}

/** A UUID of version 4 (RFC 9562). */
export function randomUuid(random: Random): string {
  const bytes = random(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A trace id of W3C Trace Context: 16 bytes in lower-case hex. */
export function randomTraceId(random: Random): string {
  return random(16).toString('hex');
}

/** A number in [0, 1). */
export function randomFraction(random: Random): number {
  return random(4).readUInt32BE() / 2 ** 32;
}
