import { isLaneStream, nounOf, type StreamName, streamId } from '../domain/stream.js';
import { defaultWebhookId } from '../domain/webhook.js';
import type { Tail } from '../log/tail.js';
import type { ReadModels } from '../projections/read-models.js';

/** Called after a commit with the id of a webhook whose events or whose portal's events it has; new webhooks, too. */
type Follower = (webhookId: string) => void;

export type WebhookFeed = ReturnType<typeof createWebhookFeed>;

/**
 * Tells which webhooks a commit concerns, for readers that follow all webhooks of a portal or of all portals. A commit costs the
 * same however many portals are followed: only the followers of the portal are called.
 */
export function createWebhookFeed(tail: Tail, models: ReadModels) {
  const byPortal = new Map<string | null, Set<Follower>>();
  let unwatch = () => {};

  function announce(portalId: string, webhookId: string): void {
    for (const key of [portalId, null]) for (const follower of byPortal.get(key) ?? []) follower(webhookId);
  }

  function onCommit(touched: readonly StreamName[]): void {
    for (const stream of touched) {
      const id = streamId(stream);
      if (nounOf(stream) === 'portal') {
        const others = models.webhooks.ofPortal(id).map((webhook) => webhook.id);
        for (const webhookId of new Set([defaultWebhookId(id), ...others])) announce(id, webhookId);
      } else if (isLaneStream(stream)) announce(models.webhooks.portalIdOf(id), id);
    }
  }

  return {
    /** @param portalId null: all portals @returns a function that ends this */
    follow(portalId: string | null, follower: Follower): () => void {
      if (!byPortal.size) unwatch = tail.watch(onCommit);
      const followers = byPortal.get(portalId) ?? new Set();
      byPortal.set(portalId, followers.add(follower));
      return () => {
        followers.delete(follower);
        if (!followers.size && byPortal.get(portalId) === followers) byPortal.delete(portalId);
        if (!byPortal.size) unwatch();
      };
    },
  };
}
