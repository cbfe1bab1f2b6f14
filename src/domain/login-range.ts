/** Logins of one portal by their versions in its login stream, both inclusive. */
export interface LoginRange {
  firstVersion: number;
  lastVersion: number;
}

/** Most logins of a batch. */
export const MAX_BATCH_LINES = 500;

export function loginCount(range: LoginRange | null): number {
  return range ? range.lastVersion - range.firstVersion + 1 : 0;
}

/** The start of a range, at most `lines` of it. */
export function startOf({ firstVersion, lastVersion }: LoginRange, lines: number): LoginRange {
  return { firstVersion, lastVersion: Math.min(lastVersion, firstVersion + lines - 1) };
}

/** What two ranges have in common, or null. */
export function overlap(one: LoginRange, other: LoginRange): LoginRange | null {
  const firstVersion = Math.max(one.firstVersion, other.firstVersion);
  const lastVersion = Math.min(one.lastVersion, other.lastVersion);
  return firstVersion <= lastVersion ? { firstVersion, lastVersion } : null;
}

/** Whether a range lies in another one. */
export function isWithin(inner: LoginRange, outer: LoginRange): boolean {
  return inner.firstVersion >= outer.firstVersion && inner.lastVersion <= outer.lastVersion;
}

/** What is left of a range without the logins of others, which are in order. */
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
