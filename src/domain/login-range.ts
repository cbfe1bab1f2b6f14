/** Logins of one portal: their versions in its login stream, both inclusive. */
export interface LoginRange {
  firstVersion: number;
  lastVersion: number;
}

/** Most logins of a batch. */
export const MAX_BATCH_LINES = 500;

export function loginCount(range: LoginRange | null): number {
  return range ? range.lastVersion - range.firstVersion + 1 : 0;
}

/** The first logins of a range, at most `lines`. */
export function startOf({ firstVersion, lastVersion }: LoginRange, lines: number): LoginRange {
  return { firstVersion, lastVersion: Math.min(lastVersion, firstVersion + lines - 1) };
}

/** The logins that are in both ranges, or null. */
export function overlap(a: LoginRange, b: LoginRange): LoginRange | null {
  const firstVersion = Math.max(a.firstVersion, b.firstVersion);
  const lastVersion = Math.min(a.lastVersion, b.lastVersion);
  return firstVersion <= lastVersion ? { firstVersion, lastVersion } : null;
}

/** Whether all logins of `inner` are in `outer`. */
export function isWithin(inner: LoginRange, outer: LoginRange): boolean {
  return inner.firstVersion >= outer.firstVersion && inner.lastVersion <= outer.lastVersion;
}

/** The logins of a range that are in none of the others. @param others in order */
export function without(range: LoginRange, others: readonly LoginRange[]): LoginRange[] {
  const left: LoginRange[] = [];
  let { firstVersion } = range;
  for (const other of others) {
    const lastVersion = Math.min(range.lastVersion, other.firstVersion - 1);
    if (lastVersion >= firstVersion) left.push({ firstVersion, lastVersion });
    firstVersion = Math.max(firstVersion, other.lastVersion + 1);
  }
  if (range.lastVersion >= firstVersion) left.push({ firstVersion, lastVersion: range.lastVersion });
  return left;
}
