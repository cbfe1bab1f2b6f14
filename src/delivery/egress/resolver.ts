import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * A system lookup occupies one of a few threads for as long as a name server does not answer. So at most this many lookups
 * run at a time for names that did not resolve at their last lookup. The other threads stay free for other names.
 */
const MAX_DOUBTFUL_LOOKUPS = 8;
/** Most doubtful names in memory; above this, all of them are forgotten. */
const MAX_DOUBTFUL_NAMES = 10_000;

const systemLookup: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** Resolves names. Names without an answer do not delay the others. */
export function createResolve(resolve: Resolve = systemLookup): Resolve {
  const doubtful = new Set<string>();
  const waiting: (() => void)[] = [];
  let doubtfulLookups = 0;

  async function lookUp(hostname: string): Promise<LookupAddress[]> {
    if (doubtful.size >= MAX_DOUBTFUL_NAMES) doubtful.clear();
    // A name is doubtful until its lookup succeeds.
    doubtful.add(hostname);
    const addresses = await resolve(hostname);
    doubtful.delete(hostname);
    return addresses;
  }

  async function lookUpLimited(hostname: string): Promise<LookupAddress[]> {
    if (!doubtful.has(hostname)) return lookUp(hostname);
    if (doubtfulLookups < MAX_DOUBTFUL_LOOKUPS) doubtfulLookups += 1;
    else await new Promise<void>((proceed) => waiting.push(proceed));
    try {
      return await lookUp(hostname);
    } finally {
      // The place is given directly to the lookup that has waited longest.
      const next = waiting.shift();
      if (next) next();
      else doubtfulLookups -= 1;
    }
  }

  // All callers share one lookup of a name.
  const inProgress = new Map<string, Promise<LookupAddress[]>>();
  return (hostname) => {
    const known = inProgress.get(hostname);
    if (known) return known;
    const addresses = lookUpLimited(hostname).finally(() => inProgress.delete(hostname));
    inProgress.set(hostname, addresses);
    return addresses;
  };
}
