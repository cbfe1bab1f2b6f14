import type { Received } from '../receiver/receiver.js';

/** A batch with lines that had arrived before. */
export interface Repeat {
  portalId: string;
  /** The number of the process that sent it. */
  processNumber: number;
  /** How many of its lines had arrived before. */
  lines: number;
  /** Whether it is, byte for byte, the last batch of this portal that arrived before. */
  isPreviousBatch: boolean;
  /** Whether an earlier process sent that batch. */
  isAfterCrash: boolean;
}

/** The batches with repeated lines, and for each portal the trace ids of all lines in the order of their first arrival. */
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
      const processNumber = processOf(batch);
      const isPreviousBatch = batch.deliveryId === before?.deliveryId && batch.text === before.text;
      const isAfterCrash = before !== undefined && processOf(before) < processNumber;
      repeats.push({ portalId, processNumber, lines: known.length, isPreviousBatch, isAfterCrash });
    }
    const fresh = traceIds.filter((traceId) => !seen.has(traceId));
    firsts.set(portalId, [...(firsts.get(portalId) ?? []), ...fresh]);
    for (const traceId of fresh) seen.add(traceId);
    previous.set(portalId, batch);
  }
  return { repeats, firsts };
}

/** A field of a CEF line. If the text has several lines, the field of the first one. */
export function field(line: string, name: string): string {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
}

/** The number of the process that sent a batch, from its User-Agent. */
export function processOf({ headers }: Received): number {
  return Number(/ process\/(\d+)$/.exec(String(headers['user-agent']))?.[1]);
}

/** The values of each key, in their order. */
export function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
