import type { DestinationHealth } from '../domain/destination-health.js';
import type { Lane, Sender } from '../domain/lane/lane.js';
import type { LaneContext } from '../domain/lane/next-step.js';
import type { LoginRange } from '../domain/login-range.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';

interface Sources {
  log: LogReader;
  models: ReadModels;
  /** ms since the epoch */
  now: number;
}

/** The facts that the next step of a lane depends on, in addition to the lane. */
export function laneContext(
  webhookId: string,
  lane: Lane,
  { log, models, now }: Sources,
): LaneContext & { destination: (DestinationRow & DestinationHealth) | null } {
  const narrowed = narrowedOf(webhookId, lane, models);
  const recoverable = recoverableOf(webhookId, lane, models);
  const throughWebhookId = (narrowed ?? recoverable)?.throughWebhookId ?? null;
  const sender = senderOf(webhookId, lane, throughWebhookId, models);
  const destination = sender && models.destinations.get(sender.destinationId);
  const health = sender && models.destinationHealth.get(sender.destinationId);
  return {
    lastLogin: log.lastVersion(streamOf('login', models.webhooks.portalIdOf(webhookId))),
    sender,
    destination: destination && health ? { ...destination, ...health } : null,
    narrowed,
    recoverable,
    replayable: replayableOf(webhookId, lane, models),
    now,
  };
}

/** What the narrowing of a redelivery sends next; null if nothing is narrowed, or nothing is left. */
function narrowedOf(
  webhookId: string,
  { redelivery: { narrowing }, replay }: Lane,
  { undelivered }: ReadModels,
): (LoginRange & { throughWebhookId?: string | null }) | null {
  for (const part of narrowing?.parts ?? []) {
    const isReplay = narrowing?.purpose === 'REPLAY';
    if (isReplay && replay?.scope === 'ALL') return part;
    const next = isReplay ? undelivered.firstIn(webhookId, part) : undelivered.firstRecoverableIn(webhookId, part);
    if (next) return next;
  }
  return null;
}

/** The undelivered range to recover or probe first; null if there is none. */
export function recoverableOf(webhookId: string, lane: Lane, models: ReadModels): UndeliveredRow | null {
  if (!lane.totals.undelivered) return null;
  if (lane.webhook) return models.undelivered.recoverable(webhookId, lane);
  return models.undelivered.recoverableThrough(
    webhookId,
    models.webhooks.enabledOf(models.webhooks.portalIdOf(webhookId)),
  );
}

/**
 * The webhook that sends for a lane: its own; if that was removed, the one that redelivers the open batch or the next range; null if
 * there is none.
 */
function senderOf(
  webhookId: string,
  lane: Lane,
  throughWebhookId: string | null,
  models: ReadModels,
): (Sender & { id: string }) | null {
  if (lane.webhook) return { ...lane.webhook, id: webhookId };
  const { open } = lane.redelivery;
  // A person may have asked for another webhook since the batch was started: then the batch ends.
  const requested = open && models.undelivered.overlapping(webhookId, open)[0]?.throughWebhookId;
  const id = requested ?? open?.throughWebhookId ?? throughWebhookId;
  const through = id == null ? undefined : models.webhooks.get(id);
  return through?.destinationId
    ? { id: through.id, destinationId: through.destinationId, enabled: through.enabled }
    : null;
}

/** The next range that the running replay sends; null if nothing is left. */
function replayableOf(webhookId: string, { replay }: Lane, models: ReadModels): LoginRange | null {
  if (replay?.status !== 'RUNNING') return null;
  for (const range of replay.ranges) {
    const next = replay.scope === 'ALL' ? range : models.undelivered.firstIn(webhookId, range);
    if (next) return next;
  }
  return null;
}
