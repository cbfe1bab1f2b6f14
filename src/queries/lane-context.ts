import type { Lane } from '../domain/lane/lane.js';
import type { LaneContext } from '../domain/lane/next-step.js';
import type { LoginRange } from '../domain/login-range.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';
import type { UndeliveredRow } from '../projections/undelivered-ranges.js';

interface Sources {
  log: LogReader;
  models: ReadModels;
  /** ms since the epoch */
  now: number;
  /** When a destination last succeeded after a failure, in ms; null if this is not known. */
  healthySince?: ((destinationId: string) => number | null) | undefined;
}

/** The facts that the next step of a lane depends on, in addition to the lane. */
export function laneContext(portalId: string, lane: Lane, { log, models, now, healthySince }: Sources): LaneContext {
  const destination = lane.webhook && models.destinations.get(lane.webhook.destinationId);
  return {
    lastLogin: log.lastVersion(streamOf('login', portalId)),
    destination: destination ? { ...destination, healthySince: healthySince?.(destination.id) ?? null } : null,
    recoverable: recoverableOf(portalId, lane, models),
    replayable: replayableOf(portalId, lane, models),
    now,
  };
}

/** The undelivered range to recover or probe first; null if there is none. */
export function recoverableOf(portalId: string, lane: Lane, models: ReadModels): UndeliveredRow | null {
  return lane.totals.undelivered ? models.undelivered.recoverable(portalId, lane) : null;
}

/** The next range that the running replay sends; null if nothing is left. */
function replayableOf(portalId: string, { replay }: Lane, models: ReadModels): LoginRange | null {
  if (replay?.status !== 'RUNNING') return null;
  for (const range of replay.ranges) {
    const next = replay.scope === 'ALL' ? range : models.undelivered.firstIn(portalId, range);
    if (next) return next;
  }
  return null;
}
