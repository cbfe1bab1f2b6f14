import type { Plan, Render, Rendered } from './render.js';

/**
 * Batches rendered before their turn, while the one before them is on the wire. What is prepared is only a guess: it is used
 * where it is the very plan that is asked for, and else rendered anew.
 *
 * @param limit most batches prepared at a time, over all lanes: what bounds their memory (at most 1 MiB each)
 */
export function createPrefetch(render: Render, limit: number) {
  const byPortal = new Map<string, Map<string, Promise<Rendered>>>();
  let count = 0;

  function drop(portalId: string): void {
    count -= byPortal.get(portalId)?.size ?? 0;
    byPortal.delete(portalId);
  }

  return {
    /** The batch of a plan: the one that was prepared, if there is one. */
    async take(plan: Plan): Promise<Rendered> {
      const prepared = byPortal.get(plan.portalId);
      const key = keyOf(plan);
      const found = prepared?.get(key);
      if (!found) {
        drop(plan.portalId);
        return render(plan);
      }
      count -= 1;
      prepared?.delete(key);
      if (!prepared?.size) byPortal.delete(plan.portalId);
      return found;
    },

    /** Begins to render what will probably be asked for next. */
    start(plan: Plan): void {
      const key = keyOf(plan);
      const prepared = byPortal.get(plan.portalId) ?? new Map<string, Promise<Rendered>>();
      if (prepared.has(key) || count >= limit) return;
      const rendering = render(plan);
      // Whoever takes it sees the error; where nobody does, it says nothing.
      rendering.catch(() => {});
      prepared.set(key, rendering);
      byPortal.set(plan.portalId, prepared);
      count += 1;
    },

    /** Forgets what was prepared for a portal. */
    drop,
  };
}

function keyOf({ firstVersion, lastVersion, logFormat, signingKeyId, line }: Plan): string {
  return JSON.stringify([firstVersion, lastVersion, logFormat, signingKeyId, line]);
}
