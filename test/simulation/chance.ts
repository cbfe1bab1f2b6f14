import type { Random } from '../../src/runtime/random.js';

/** The random choices of a run. They all follow from its seed. */
export interface Chance {
  /** In [0, 1). */
  fraction(): number;
  /** An integer from `least` to `most`, inclusive. */
  between(least: number, most: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of these, with a probability in proportion to its weight. No weight is negative, and at least one is positive. */
  weighted<T>(from: readonly T[], weightOf: (one: T) => number): T;
  bytes: Random;
}

/** @param seed an integer. Each `stream` of a seed gives independent choices. */
export function createChance(seed: number, stream: string): Chance {
  const next = mulberry32(mix(seed, stream));
  const fraction = () => next() / 2 ** 32;
  const between = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    between,
    happens: (probability) => fraction() < probability,
    pick<T>(from: readonly T[]): T {
      return from[between(0, from.length - 1)] as T;
    },
    weighted<T>(from: readonly T[], weightOf: (one: T) => number): T {
      let rest = fraction() * from.reduce((sum, one) => sum + weightOf(one), 0);
      return from.find((one) => (rest -= weightOf(one)) < 0) ?? (from.at(-1) as T);
    },
    bytes(size) {
      const bytes = Buffer.alloc(Math.ceil(size / 4) * 4);
      for (let offset = 0; offset < size; offset += 4) bytes.writeUInt32LE(next(), offset);
      return bytes.subarray(0, size);
    },
  };
}

/** Mulberry32 by Tommy Ettinger (public domain), with 32 bits of state. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** FNV-1a over the stream's name, starting from the seed, so that neighbouring seeds give unrelated choices. */
function mix(seed: number, stream: string): number {
  let hash = Math.imul(seed ^ 0x811c9dc5, 0x9e3779b1);
  for (const character of stream) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash ^ (hash >>> 16);
}
