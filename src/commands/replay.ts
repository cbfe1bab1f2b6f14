import type { z } from 'zod';
import { pendingRanges } from '../domain/lane/lane.js';
import { type LoginRange, loginCount, without } from '../domain/login-range.js';
import { type cancelReplay, decide, type Replay, type ReplayCommand, type requestReplay } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { webhookUnconfigured } from '../domain/webhook.js';
import { webhookOf } from '../queries/webhooks.js';
import { randomUuid } from '../runtime/random.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function replayHandlers({ log, writer, models, random }: CommandContext) {
  function handle(webhookId: string, command: ReplayCommand, cause: Cause, now: number): string {
    const { lane } = models.lanes.get(webhookId);
    const portalId = models.webhooks.portalIdOf(webhookId);
    const events = decide(command, lane.replay, now, log.horizon(streamOf('login', portalId)).recordedAt);
    writer.append([{ stream: streamOf('replay', webhookId), events }], cause, now);
    return webhookId;
  }

  /** The logins that a job sends. Pending logins are left out, because their first delivery sends them. */
  function extent(webhookId: string, { startAt, endAt, scope }: Replay): { ranges: LoginRange[]; total: number } {
    const { lane } = models.lanes.get(webhookId);
    const portalId = models.webhooks.portalIdOf(webhookId);
    const inTimeRange = {
      firstVersion: log.versionBefore(streamOf('login', portalId), startAt) + 1,
      lastVersion: log.versionBefore(streamOf('login', portalId), endAt + 1),
    };
    const ranges = without(inTimeRange, pendingRanges(lane, log.lastVersion(streamOf('login', portalId))));
    const count = (range: LoginRange) =>
      scope === 'ALL' ? loginCount(range) : models.undelivered.countIn(webhookId, range);
    return { ranges, total: ranges.reduce((total, range) => total + count(range), 0) };
  }

  return {
    /** @returns the id of the webhook */
    requestReplay({ portalId, webhookId, ...settings }: RequestReplay, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      const webhook = webhookOf(portalId, webhookId, models);
      if (!webhook.destinationId) throw webhookUnconfigured('webhookId');
      return handle(webhook.id, { type: 'RequestReplay', jobId: randomUuid(random), ...settings }, cause, now);
    },

    /** @returns the id of the webhook */
    cancelReplay({ portalId, webhookId }: CancelReplay, cause: Cause, now: number): string {
      const { id } = webhookOf(portalId, webhookId, models);
      return handle(id, { type: 'CancelReplay' }, cause, now);
    },

    /** From the engine: starts the requested job. A late command changes nothing. */
    startReplay({ webhookId }: { webhookId: string }, cause: Cause, now: number): void {
      const { replay } = models.lanes.get(webhookId).lane;
      if (replay) handle(webhookId, { type: 'StartReplay', ...extent(webhookId, replay) }, cause, now);
    },

    /** From the engine: no logins are left to send. */
    finishReplay: ({ webhookId }: { webhookId: string }, cause: Cause, now: number): void =>
      void handle(webhookId, { type: 'FinishReplay' }, cause, now),
  };
}

type RequestReplay = z.output<typeof requestReplay>;
type CancelReplay = z.output<typeof cancelReplay>;
