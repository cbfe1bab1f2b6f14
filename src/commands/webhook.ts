import type { z } from 'zod';
import type { Cause } from '../domain/event.js';
import { waiting } from '../domain/lane/lane.js';
import { notFound, Refusal } from '../domain/refusal.js';
import { isActive } from '../domain/replay.js';
import {
  type configureWebhook,
  decide,
  passedOver,
  type removeWebhook,
  type WebhookCommand,
} from '../domain/webhook.js';
import type { Change } from '../log/sqlite/append.js';
import { assertLivingPortal, type Deps, expectation } from './deps.js';

export function webhookHandlers(deps: Deps) {
  const { log, appender, models } = deps;

  return {
    /** @returns the portal's id */
    configureWebhook({ portalId, ...input }: z.output<typeof configureWebhook>, cause: Cause, now: number): string {
      const expected = expectation(log);
      assertLivingPortal(models, portalId);
      if (input.destinationId && !models.destinations.get(input.destinationId)) {
        throw new Refusal('NOT_FOUND', notFound('destination', input.destinationId).message, [
          { field: 'destinationId', reason: 'names no destination; create it first' },
        ]);
      }
      const loginsThrough = log.lastVersion(`login-${portalId}`);
      const prunedThrough = log.horizon(`login-${portalId}`).recordedAt;
      const command: WebhookCommand = { type: 'ConfigureWebhook', ...input, loginsThrough, prunedThrough };
      const [configured] = decide(command, models.webhooks.get(portalId) ?? null);
      if (!configured) return portalId;
      const changes: Change[] = [{ stream: `webhook-${portalId}`, events: [configured] }];
      const { dueThrough } = models.lanes.get(portalId).lane;
      if (configured.type === 'WebhookConfigured' && configured.data.enabled && dueThrough !== null) {
        const off = { firstVersion: dueThrough + 1, lastVersion: loginsThrough };
        const skipped = passedOver(off, input, (time) => log.versionBefore(`login-${portalId}`, time));
        if (skipped)
          changes.push({ stream: `delivery-${portalId}`, events: [{ type: 'LoginsSkipped', data: skipped }] });
      }
      appender.append(changes, cause, now, expected);
      return portalId;
    },

    /** What was due and not in the open delivery is listed as undelivered at once; the engine ends the open delivery. */
    removeWebhook({ portalId }: z.output<typeof removeWebhook>, cause: Cause, now: number): string {
      const expected = expectation(log);
      assertLivingPortal(models, portalId);
      appender.append(removal(deps, portalId, now), cause, now, expected);
      return portalId;
    },
  };
}

/** The events that remove a portal's webhook. */
export function removal({ log, models }: Deps, portalId: string, now: number): Change[] {
  const loginsThrough = log.lastVersion(`login-${portalId}`);
  const removed = decide({ type: 'RemoveWebhook', loginsThrough }, models.webhooks.get(portalId) ?? null);
  const { lane } = models.lanes.get(portalId);
  const undelivered = waiting(lane, loginsThrough).map((range) => ({
    type: 'LoginsUndelivered' as const,
    data: { ...range, deliveryId: null, reason: 'WEBHOOK_REMOVED' as const },
  }));
  const replay = isActive(lane.replay) ? lane.replay : null;
  return [
    { stream: `webhook-${portalId}`, events: removed },
    { stream: `delivery-${portalId}`, events: undelivered },
    {
      stream: `replay-${portalId}`,
      events: replay
        ? [{ type: 'ReplayFailed', data: { jobId: replay.jobId, message: 'the webhook was removed', at: now } }]
        : [],
    },
  ];
}
