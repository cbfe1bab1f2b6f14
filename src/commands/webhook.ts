import type { z } from 'zod';
import { waiting } from '../domain/lane/lane.js';
import { notFound } from '../domain/refusal.js';
import { isActive } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import {
  type configureWebhook,
  type createWebhook,
  decide,
  decideRename,
  type removeWebhook,
  type renameWebhook,
  skippedAtStart,
  type Webhook,
  type WebhookCommand,
  webhookToCreate,
} from '../domain/webhook.js';
import type { Change } from '../log/event-log.js';
import type { WebhookRow } from '../projections/webhooks.js';
import { webhookOf, webhooksOf } from '../queries/webhooks.js';
import { randomUuid } from '../runtime/random.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function webhookHandlers(context: CommandContext) {
  const { log, writer, models, random } = context;

  function assertDestination(id: string | undefined): void {
    if (id === undefined || models.destinations.get(id)) return;
    throw notFound('destination', id, 'destinationId');
  }

  /** The other webhooks of the portal. */
  const siblingsOf = ({ id, portalId }: WebhookRow) => webhooksOf(portalId, models).filter((other) => other.id !== id);

  /** Appends the configuration of a webhook, and which logins it skips when it is turned on. */
  function configure(
    webhook: WebhookRow,
    input: Omit<z.output<typeof configureWebhook>, 'portalId' | 'webhookId'>,
    cause: Cause,
    now: number,
  ): void {
    assertDestination(input.destinationId);
    const logins = streamOf('login', webhook.portalId);
    const loginsThrough = log.lastVersion(logins);
    const prunedThrough = log.horizon(logins).recordedAt;
    const command: WebhookCommand = { type: 'ConfigureWebhook', ...input, loginsThrough, prunedThrough };
    const [configured] = decide(command, configurationOf(webhook), siblingsOf(webhook));
    if (!configured) return;
    const changes: Change[] = [{ stream: streamOf('webhook', webhook.id), events: [configured] }];
    const { dueThrough } = models.lanes.get(webhook.id).lane.backlog;
    if (configured.type === 'WebhookConfigured' && configured.data.enabled && dueThrough !== null) {
      const off = { firstVersion: dueThrough + 1, lastVersion: loginsThrough };
      const skipped = skippedAtStart(off, input, (time) => log.versionBefore(logins, time));
      if (skipped) {
        changes.push({ stream: streamOf('delivery', webhook.id), events: [{ type: 'LoginsSkipped', data: skipped }] });
      }
    }
    writer.append(changes, cause, now);
  }

  /** Makes a webhook whose lane begins after the last pruned login of the portal. */
  function create(portalId: string, name: string, cause: Cause, now: number): WebhookRow {
    const id = randomUuid(random);
    const loginsThrough = log.horizon(streamOf('login', portalId)).version;
    const data = { portalId, name, loginsThrough };
    writer.append([{ stream: streamOf('webhook', id), events: [{ type: 'WebhookCreated', data }] }], cause, now);
    const created = models.webhooks.get(id);
    if (!created) throw new Error(`The webhook ${id} does not exist after its creation`);
    return created;
  }

  return {
    /** @returns the id of the webhook */
    configureWebhook(
      { portalId, webhookId, ...input }: z.output<typeof configureWebhook>,
      cause: Cause,
      now: number,
    ): string {
      assertLivingPortal(models, portalId);
      const webhook = webhookOf(portalId, webhookId, models);
      configure(webhook, input, cause, now);
      return webhook.id;
    },

    /** Creates a webhook, or continues the removed webhook of that name. @returns the id of the webhook */
    createWebhook({ portalId, name, ...input }: z.output<typeof createWebhook>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      assertDestination(input.destinationId);
      const removed = webhookToCreate(webhooksOf(portalId, models), name);
      const webhook = removed ?? create(portalId, name, cause, now);
      configure(webhook, input, cause, now);
      return webhook.id;
    },

    /** @returns the id of the webhook */
    renameWebhook({ portalId, webhookId, name }: z.output<typeof renameWebhook>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      const webhook = webhookOf(portalId, webhookId, models);
      const events = decideRename(webhook, name, siblingsOf(webhook));
      writer.append([{ stream: streamOf('webhook', webhook.id), events }], cause, now);
      return webhook.id;
    },

    /**
     * Pending logins that are not in the open delivery become undelivered at once. The engine ends the open delivery.
     *
     * @returns the id of the webhook
     */
    removeWebhook({ portalId, webhookId }: z.output<typeof removeWebhook>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      const webhook = webhookOf(portalId, webhookId, models);
      writer.append(removal(context, webhook, now), cause, now);
      return webhook.id;
    },
  };
}

/** The events that remove a webhook. */
export function removal({ log, models }: CommandContext, webhook: WebhookRow, now: number): Change[] {
  const { id, portalId } = webhook;
  const loginsThrough = log.lastVersion(streamOf('login', portalId));
  const removed = decide({ type: 'RemoveWebhook', loginsThrough }, configurationOf(webhook));
  const { lane } = models.lanes.get(id);
  const undelivered = waiting(lane, loginsThrough).map((range) => ({
    type: 'LoginsUndelivered' as const,
    data: { ...range, deliveryId: null, reason: 'WEBHOOK_REMOVED' as const },
  }));
  const replay = isActive(lane.replay) ? lane.replay : null;
  return [
    { stream: streamOf('webhook', id), events: removed },
    { stream: streamOf('delivery', id), events: undelivered },
    {
      stream: streamOf('replay', id),
      events: replay
        ? [{ type: 'ReplayFailed', data: { jobId: replay.jobId, message: 'the webhook was removed', at: now } }]
        : [],
    },
  ];
}

function configurationOf({ destinationId, enabled }: WebhookRow): Webhook {
  return destinationId === null ? null : { destinationId, enabled };
}
