/** Counts what the runs reached. Without these counts, a campaign without violations would prove little. */

/** Counts by group and kind. */
export type Counts = Record<string, Record<string, number>>;

export interface Tally {
  hit(group: string, kind: string, times?: number): void;
  readonly counts: Counts;
}

export function createTally(): Tally {
  const counts: Counts = {};
  return {
    counts,
    hit(group, kind, times = 1) {
      const kinds = (counts[group] ??= {});
      kinds[kind] = (kinds[kind] ?? 0) + times;
    },
  };
}

export function addCounts(to: Tally, counts: Counts): void {
  for (const [group, kinds] of Object.entries(counts)) {
    for (const [kind, times] of Object.entries(kinds)) to.hit(group, kind, times);
  }
}

/** The counts as text, by group, with the known kinds that were not reached. */
export function tableOf(counts: Counts, known: Readonly<Record<string, readonly string[]>>): string {
  const groups = [...new Set([...Object.keys(known), ...Object.keys(counts)])];
  return groups
    .map((group) => {
      const kinds = [...new Set([...(known[group] ?? []), ...Object.keys(counts[group] ?? {}).sort()])];
      const rows = kinds.map((kind) => `  ${kind.padEnd(44)}${String(counts[group]?.[kind] ?? 0).padStart(12)}`);
      return [group, ...rows].join('\n');
    })
    .join('\n\n');
}

/** The known kinds that were not reached, as `group: kind`. */
export function neverHit(counts: Counts, known: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(known).flatMap(([group, kinds]) =>
    kinds.filter((kind) => !counts[group]?.[kind]).map((kind) => `${group}: ${kind}`),
  );
}
