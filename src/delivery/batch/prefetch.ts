import type { Plan, Render, Rendered } from './render.js';

/**
 * Renders the next batches of a lane while a batch is in flight. A prefetched batch is a guess: it is used only if exactly
 * its plan is needed. Otherwise the needed plan is rendered.
 *
 * @param limit most prefetched batches at a time, over all lanes; it bounds their memory (at most 1 MiB each)
 */
export function createPrefetch(render: Render, limit: number) {
  const byWebhook = new Map<string, Map<string, Promise<Rendered>>>();
  let count = 0;

  function drop(webhookId: string): void {
    count -= byWebhook.get(webhookId)?.size ?? 0;
    byWebhook.delete(webhookId);
  }

  return {
    /** The batch of a plan, prefetched if possible. If not, all that was prefetched for the webhook is dropped. */
    async take(webhookId: string, plan: Plan): Promise<Rendered> {
      const prefetched = byWebhook.get(webhookId);
      const key = keyOf(plan);
      const rendering = prefetched?.get(key);
      if (!rendering) {
        drop(webhookId);
        return render(plan);
      }
      count -= 1;
      prefetched?.delete(key);
      if (!prefetched?.size) byWebhook.delete(webhookId);
      return rendering;
    },

    /** Starts to render a batch that is probably needed soon. */
    start(webhookId: string, plan: Plan): void {
      const key = keyOf(plan);
      const prefetched = byWebhook.get(webhookId) ?? new Map<string, Promise<Rendered>>();
      if (prefetched.has(key) || count >= limit) return;
      const rendering = render(plan);
      // `take` returns the error. If the batch is never taken, its error must not end the process.
      rendering.catch(() => {});
      prefetched.set(key, rendering);
      byWebhook.set(webhookId, prefetched);
      count += 1;
    },

    /** Drops what was prefetched for a webhook. */
    drop,
  };
}

function keyOf({ firstVersion, lastVersion, logFormat, signingKeyId, line, maxBytes }: Plan): string {
  return JSON.stringify([firstVersion, lastVersion, logFormat, signingKeyId, line, maxBytes]);
}
