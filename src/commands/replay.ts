import type { z } from 'zod';
import { pendingRanges } from '../domain/lane/lane.js';
import { type LoginRange, loginCount, without } from '../domain/login-range.js';
import { type cancelReplay, decide, type Replay, type ReplayCommand, type requestReplay } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { webhookUnconfigured } from '../domain/undelivered.js';
import { randomUuid } from '../runtime/random.js';
import { assertLivingPortal, type CommandContext } from './context.js';

export function replayHandlers({ log, writer, models, random }: CommandContext) {
  function handle(portalId: string, command: ReplayCommand, cause: Cause, now: number): void {
    const { replay } = models.lanes.get(portalId).lane;
    const events = decide(command, replay, now, log.horizon(streamOf('login', portalId)).recordedAt);
    writer.append([{ stream: streamOf('replay', portalId), events }], cause, now);
  }

  /** The logins that a job sends. Pending logins are left out, because their first delivery sends them. */
  function extent(portalId: string, { startAt, endAt, scope }: Replay): { ranges: LoginRange[]; total: number } {
    const { lane } = models.lanes.get(portalId);
    const inTimeRange = {
      firstVersion: log.versionBefore(streamOf('login', portalId), startAt) + 1,
      lastVersion: log.versionBefore(streamOf('login', portalId), endAt + 1),
    };
    const ranges = without(inTimeRange, pendingRanges(lane, log.lastVersion(streamOf('login', portalId))));
    const count = (range: LoginRange) =>
      scope === 'ALL' ? loginCount(range) : models.undelivered.countIn(portalId, range);
    return { ranges, total: ranges.reduce((total, range) => total + count(range), 0) };
  }

  return {
    requestReplay({ portalId, ...settings }: z.output<typeof requestReplay>, cause: Cause, now: number): string {
      assertLivingPortal(models, portalId);
      if (!models.webhooks.get(portalId)) throw webhookUnconfigured();
      handle(portalId, { type: 'RequestReplay', jobId: randomUuid(random), ...settings }, cause, now);
      return portalId;
    },

    cancelReplay({ portalId }: z.output<typeof cancelReplay>, cause: Cause, now: number): string {
      handle(portalId, { type: 'CancelReplay', portalId }, cause, now);
      return portalId;
    },

    /** From the engine: starts the requested job. A late command changes nothing. */
    startReplay({ portalId }: { portalId: string }, cause: Cause, now: number): void {
      const { replay } = models.lanes.get(portalId).lane;
      if (replay) handle(portalId, { type: 'StartReplay', ...extent(portalId, replay) }, cause, now);
    },

    /** From the engine: no logins are left to send. */
    finishReplay: ({ portalId }: { portalId: string }, cause: Cause, now: number): void =>
      handle(portalId, { type: 'FinishReplay' }, cause, now),
  };
}
