import type { Received } from '../receiver/receiver.js';

/** A batch that holds lines which had arrived before. */
export interface Repeat {
  portalId: string;
  /** The process that sent it. */
  life: number;
  /** How many of its lines had arrived before. */
  lines: number;
  /** Whether it is, byte for byte, the batch of this portal that arrived just before. */
  isPreviousBatch: boolean;
  /** Whether an earlier process sent that one. */
  isAfterCrash: boolean;
}

/** What arrived more than once, and each line at its first arrival, in the order of arrival. */
export function sift(received: readonly Received[]): { repeats: Repeat[]; firsts: Map<string, string[]> } {
  const seen = new Set<string>();
  const previous = new Map<string, Received>();
  const repeats: Repeat[] = [];
  const firsts = new Map<string, string[]>();
  for (const batch of received) {
    const portalId = field(batch.text, 'portal_id');
    const traceIds = batch.lines.map((line) => field(line, 'trace_id'));
    const known = traceIds.filter((traceId) => seen.has(traceId));
    const before = previous.get(portalId);
    if (known.length) {
      const isPreviousBatch = batch.deliveryId === before?.deliveryId && batch.text === before.text;
      const isAfterCrash = before !== undefined && lifeOf(before) < lifeOf(batch);
      repeats.push({ portalId, life: lifeOf(batch), lines: known.length, isPreviousBatch, isAfterCrash });
    }
    const fresh = traceIds.filter((traceId) => !seen.has(traceId));
    firsts.set(portalId, [...(firsts.get(portalId) ?? []), ...fresh]);
    for (const traceId of fresh) seen.add(traceId);
    previous.set(portalId, batch);
  }
  return { repeats, firsts };
}

/** A field of a CEF line; of several lines, the first one's. */
export function field(line: string, name: string): string {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
}

export function lifeOf({ headers }: Received): number {
  return Number(/ life\/(\d+)$/.exec(String(headers['user-agent']))?.[1]);
}

/** The values of each key, in the order in which they came. */
export function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
