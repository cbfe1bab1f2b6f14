/** Logins of one portal by their versions in its login stream, both inclusive. */
export interface LoginRange {
  firstVersion: number;
  lastVersion: number;
}

/** Most logins of a batch. */
export const MAX_BATCH_LINES = 500;

export function sizeOf(range: LoginRange | null): number {
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
