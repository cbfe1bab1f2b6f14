import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * A lookup of the system takes one of the few threads that there are for it, for as long as a dead name server is silent. Of
 * names that have not resolved when they were last asked for, so many are looked up at a time: they leave the rest to others.
 */
const MAX_DOUBTFUL_LOOKUPS = 8;
/** Names remembered; then all are trusted again. */
const MAX_DOUBTFUL_NAMES = 10_000;

const systemLookup: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** Resolves names, and keeps those that do not answer from holding up the others. */
export function createResolve(resolve: Resolve = systemLookup): Resolve {
  const doubtful = new Set<string>();
  const waiting: (() => void)[] = [];
  let doubtfulLookups = 0;

  async function look(hostname: string): Promise<LookupAddress[]> {
    if (doubtful.size >= MAX_DOUBTFUL_NAMES) doubtful.clear();
    // Until it has answered, nobody knows whether it will.
    doubtful.add(hostname);
    const addresses = await resolve(hostname);
    doubtful.delete(hostname);
    return addresses;
  }

  async function lookInTurn(hostname: string): Promise<LookupAddress[]> {
    if (!doubtful.has(hostname)) return look(hostname);
    if (doubtfulLookups < MAX_DOUBTFUL_LOOKUPS) doubtfulLookups += 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await look(hostname);
    } finally {
      // The place passes from hand to hand.
      const next = waiting.shift();
      if (next) next();
      else doubtfulLookups -= 1;
    }
  }

  // One lookup of a name at a time, for all who ask.
  const underWay = new Map<string, Promise<LookupAddress[]>>();
  return (hostname) => {
    const known = underWay.get(hostname);
    if (known) return known;
    const looking = lookInTurn(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, looking);
    return looking;
  };
}
