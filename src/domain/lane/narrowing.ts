/**
 * Narrowing: the receiver rejected a batch because of its content. Its two halves are sent, then the halves of each half that is
 * rejected, until every line that the receiver rejects is alone in its batch. All other lines are delivered. If k of n lines are
 * rejected, this takes at most 2·k·⌈log2(n)⌉+2 requests.
 */
import { isWithin, type LoginRange, loginCount, without } from '../login-range.js';
import type { Purpose } from './attempt.js';

export interface Narrowing {
  purpose: Purpose;
  /** What is left to send, in the order of sending. The batch in flight is the start of the first part. */
  parts: LoginRange[];
  /** Lines were delivered since the narrowing began: the receiver does not reject everything. */
  taken: boolean;
  /** A single line of it was rejected. */
  rejected: boolean;
  /** The limit of a batch when the narrowing began. If a single line was too large, batches need not be smaller. */
  batchLimit: number;
}

/**
 * The narrowing after a batch was rejected: the two halves of the batch come first.
 *
 * @param batchLimit the limit of a batch (lines) before that
 */
export function split(
  narrowing: Narrowing | null,
  batch: LoginRange & { purpose: Purpose },
  batchLimit: number,
): Narrowing {
  const { purpose, firstVersion, lastVersion } = batch;
  const middle = firstVersion + half(loginCount(batch)) - 1;
  const halves = [
    { firstVersion, lastVersion: middle },
    { firstVersion: middle + 1, lastVersion },
  ];
  const parts = [...halves, ...partsWithout(narrowing, batch)];
  return { taken: false, rejected: false, batchLimit, ...narrowing, purpose, parts };
}

/** The size of the first half of so many lines: rounded up, so that the first two lines are tried alone before any other one. */
export const half = (lines: number): number => Math.ceil(lines / 2);

/** The narrowing after a batch of it was delivered, or its single line rejected; null if nothing is left. */
export function remaining(narrowing: Narrowing | null, batch: LoginRange | null): Narrowing | null {
  if (!narrowing || !batch) return narrowing;
  const parts = partsWithout(narrowing, batch);
  return parts.length ? { ...narrowing, parts } : null;
}

/** The narrowing with its last line next. If the first and the last line are rejected, all lines probably are. */
export function withLastLineNext(narrowing: Narrowing | null): Narrowing | null {
  const last = narrowing?.parts.at(-1);
  if (!narrowing || !last) return narrowing;
  const line = { firstVersion: last.lastVersion, lastVersion: last.lastVersion };
  return { ...narrowing, parts: [line, ...partsWithout(narrowing, line)] };
}

/** The narrowing if a batch that starts now belongs to it; null if the batch is another one. */
export function continued(narrowing: Narrowing | null, batch: LoginRange & { purpose: Purpose }): Narrowing | null {
  if (narrowing?.purpose !== batch.purpose) return null;
  return narrowing.parts.some((part) => isWithin(batch, part)) ? narrowing : null;
}

const partsWithout = (narrowing: Narrowing | null, range: LoginRange): LoginRange[] =>
  (narrowing?.parts ?? []).flatMap((part) => without(part, [range]));
