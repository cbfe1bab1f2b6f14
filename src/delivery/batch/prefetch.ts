import type { Plan, Render, Rendered } from './render.js';

/**
 * Renders the next batches of a portal while a batch is in flight. A prefetched batch is a guess: it is used only if exactly
 * its plan is needed. Otherwise the needed plan is rendered.
 *
 * @param limit most prefetched batches at a time, over all lanes; it bounds their memory (at most 1 MiB each)
 */
export function createPrefetch(render: Render, limit: number) {
  const byPortal = new Map<string, Map<string, Promise<Rendered>>>();
  let count = 0;

  function drop(portalId: string): void {
    count -= byPortal.get(portalId)?.size ?? 0;
    byPortal.delete(portalId);
  }

  return {
    /** The batch of a plan, prefetched if possible. If not, all that was prefetched for the portal is dropped. */
    async take(plan: Plan): Promise<Rendered> {
      const prefetched = byPortal.get(plan.portalId);
      const key = keyOf(plan);
      const rendering = prefetched?.get(key);
      if (!rendering) {
        drop(plan.portalId);
        return render(plan);
      }
      count -= 1;
      prefetched?.delete(key);
      if (!prefetched?.size) byPortal.delete(plan.portalId);
      return rendering;
    },

    /** Starts to render a batch that is probably needed soon. */
    start(plan: Plan): void {
      const key = keyOf(plan);
      const prefetched = byPortal.get(plan.portalId) ?? new Map<string, Promise<Rendered>>();
      if (prefetched.has(key) || count >= limit) return;
      const rendering = render(plan);
      // `take` returns the error. If the batch is never taken, its error must not end the process.
      rendering.catch(() => {});
      prefetched.set(key, rendering);
      byPortal.set(plan.portalId, prefetched);
      count += 1;
    },

    /** Drops what was prefetched for a portal. */
    drop,
  };
}

function keyOf({ firstVersion, lastVersion, logFormat, signingKeyId, line }: Plan): string {
  return JSON.stringify([firstVersion, lastVersion, logFormat, signingKeyId, line]);
}
