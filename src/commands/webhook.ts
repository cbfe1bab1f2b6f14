import type { z } from 'zod';
import { waiting } from '../domain/lane/lane.js';
import { notFound, Refusal } from '../domain/refusal.js';
import { isActive } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import {
  type configureWebhook,
  decide,
  type removeWebhook,
  skippedAtStart,
  type WebhookCommand,
} from '../domain/webhook.js';
import type { Change } from '../log/event-log.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function webhookHandlers(context: CommandContext) {
  const { log, writer, models } = context;

  return {
    /** @returns the portal's id */
    configureWebhook({ portalId, ...input }: z.output<typeof configureWebhook>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      if (input.destinationId && !models.destinations.get(input.destinationId)) {
        throw new Refusal('NOT_FOUND', notFound('destination', input.destinationId).message, [
          { field: 'destinationId', reason: 'is not the id of a destination; create the destination first' },
        ]);
      }
      const loginsThrough = log.lastVersion(streamOf('login', portalId));
      const prunedThrough = log.horizon(streamOf('login', portalId)).recordedAt;
      const command: WebhookCommand = { type: 'ConfigureWebhook', ...input, loginsThrough, prunedThrough };
      const [configured] = decide(command, models.webhooks.get(portalId) ?? null);
      if (!configured) return portalId;
      const changes: Change[] = [{ stream: streamOf('webhook', portalId), events: [configured] }];
      const { dueThrough } = models.lanes.get(portalId).lane.backlog;
      if (configured.type === 'WebhookConfigured' && configured.data.enabled && dueThrough !== null) {
        const off = { firstVersion: dueThrough + 1, lastVersion: loginsThrough };
        const skipped = skippedAtStart(off, input, (time) => log.versionBefore(streamOf('login', portalId), time));
        if (skipped)
          changes.push({ stream: streamOf('delivery', portalId), events: [{ type: 'LoginsSkipped', data: skipped }] });
      }
      writer.append(changes, cause, now);
      return portalId;
    },

    /** Pending logins that are not in the open delivery become undelivered at once. The engine ends the open delivery. */
    removeWebhook({ portalId }: z.output<typeof removeWebhook>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      writer.append(removal(context, portalId, now), cause, now);
      return portalId;
    },
  };
}

/** The events that remove a portal's webhook. */
export function removal({ log, models }: CommandContext, portalId: string, now: number): Change[] {
  const loginsThrough = log.lastVersion(streamOf('login', portalId));
  const removed = decide({ type: 'RemoveWebhook', loginsThrough }, models.webhooks.get(portalId) ?? null);
  const { lane } = models.lanes.get(portalId);
  const undelivered = waiting(lane, loginsThrough).map((range) => ({
    type: 'LoginsUndelivered' as const,
    data: { ...range, deliveryId: null, reason: 'WEBHOOK_REMOVED' as const },
  }));
  const replay = isActive(lane.replay) ? lane.replay : null;
  return [
    { stream: streamOf('webhook', portalId), events: removed },
    { stream: streamOf('delivery', portalId), events: undelivered },
    {
      stream: streamOf('replay', portalId),
      events: replay
        ? [{ type: 'ReplayFailed', data: { jobId: replay.jobId, message: 'the webhook was removed', at: now } }]
        : [],
    },
  ];
}
