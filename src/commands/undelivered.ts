import type { z } from 'zod';
import { waitsToRedeliver } from '../domain/lane/next-step.js';
import { overlap } from '../domain/login-range.js';
import { notFound } from '../domain/refusal.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import {
  decide,
  type discardUndelivered,
  readRangeId,
  type redeliver,
  type UndeliveredCommand,
  writeRangeId,
} from '../domain/undelivered.js';
import { webhookUnconfigured } from '../domain/webhook.js';
import type { Change } from '../log/event-log.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';
import { webhookOf } from '../queries/webhooks.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function undeliveredHandlers({ writer, models }: CommandContext) {
  /** @throws Refusal if an id is invalid, or its range is not listed */
  function find(ids: readonly string[]): UndeliveredRow[] {
    // An id may occur twice.
    return ids.flatMap((id, index) => {
      const { webhookId, lastVersion, position } = readRangeId(id, index);
      const row = models.undelivered.endingAt(webhookId, lastVersion);
      if (row?.position !== position) throw notFound('undelivered range', id, `ids[${index}]`);
      return ids.indexOf(id) === index ? [row] : [];
    });
  }

  function handle(command: UndeliveredCommand, ids: readonly string[], cause: Cause, now: number): UndeliveredRow[] {
    const rows = find(ids);
    const webhookIds = [...new Set(rows.map(({ webhookId }) => webhookId))];
    const changes = webhookIds.flatMap((webhookId): Change[] => {
      const ofWebhook = rows.filter((row) => row.webhookId === webhookId);
      const { lane } = models.lanes.get(webhookId);
      const portalId = models.webhooks.portalIdOf(webhookId);
      if (command.type === 'Redeliver') assertLivingPortal(models, portalId);
      if (command.type === 'Redeliver' && command.throughWebhookId !== undefined) {
        const through = webhookOf(portalId, command.throughWebhookId, models);
        if (!through.destinationId) throw webhookUnconfigured('webhookId');
      }
      const ranges = ofWebhook.map((row) => ({ ...row, id: writeRangeId(row) }));
      const events = decide(command, ranges, {
        isConfigured: lane.webhook !== null,
        isWaiting: waitsToRedeliver(lane),
      });
      const { open } = lane.redelivery;
      // An open redelivery of discarded logins ends.
      const isSent = open && command.type === 'DiscardUndelivered' && ofWebhook.some((row) => overlap(row, open));
      return [
        {
          stream: streamOf('delivery', webhookId),
          events: isSent ? [{ type: 'DeliverySuperseded', data: { deliveryId: open.deliveryId } }] : [],
        },
        { stream: streamOf('undelivered', webhookId), events },
      ];
    });
    writer.append(changes, cause, now);
    return rows;
  }

  const rowKey = ({ webhookId, lastVersion }: UndeliveredRow) => ({ webhookId, lastVersion });

  return {
    /** @returns the keys of the ranges */
    redeliver: ({ ids, webhookId }: z.input<typeof redeliver>, cause: Cause, now: number) =>
      handle({ type: 'Redeliver', throughWebhookId: webhookId ?? undefined }, ids, cause, now).map(rowKey),
    /** @returns the keys of the ranges */
    discardUndelivered: ({ ids, reason }: z.output<typeof discardUndelivered>, cause: Cause, now: number) =>
      handle({ type: 'DiscardUndelivered', reason }, ids, cause, now).map(rowKey),
  };
}
