/**
 * When logins, delivery events, and events about destinations are pruned: when they exceed the age limit or the size limit. There is
 * no polling: one timer waits until the oldest event that is left reaches its age limit.
 */

import type { Recorded } from '../domain/event.js';
import { cutAt, expiresAt, isNeeded } from '../domain/retention.js';
import { nounOf, type StreamName, streamId, streamOf } from '../domain/stream.js';
import type { Tail } from '../log/tail.js';
import { firstNeededOf, type LaneOfPortal, lanesOf, oldestOf } from '../queries/retention.js';
import { createService, type Service } from '../runtime/service.js';
import { countOf, createPruning, type Pruned, type PruningContext } from './pruning.js';

/** The shortest time between two runs, in ms; less only if the age limit is shorter. */
const MIN_PAUSE_MS = 600_000;
/** Events are kept longer than their age limit by at most this part of it, so that each run has enough to prune. */
const PAUSE_OF_AGE = 0.01;
/** The size is checked each time that this many events are new. */
const CHECK_SIZE_EVERY_EVENTS = 10_000;
/** If the data exceeds the size limit, it is pruned to this part of the limit. */
const TARGET_SIZE = 0.95;
/** Streams of a webhook whose events can end the need for a login: a delivery, a decision of a person, the end of a replay. */
const FREEING = ['delivery', 'undelivered', 'replay'];

interface RetentionContext extends PruningContext {
  tail: Tail;
  /** How many bytes the data takes up. */
  usedBytes: () => number;
}

export function createRetention(context: RetentionContext): Service {
  const { log, models, tail, clock, logger, settings } = context;
  const pauseMs = Math.min(settings.ageMs, Math.max(MIN_PAUSE_MS, PAUSE_OF_AGE * settings.ageMs));
  const stopping = new AbortController();
  const { pruneAll, portals, destinations } = createPruning(context, stopping.signal);
  let unwatch = () => {};
  let running: Promise<void> | null = null;
  let timer: { time: number; cancel: () => void } | null = null;
  let sizeCheckedAt = 0;
  // The size limit is exceeded, but nothing can be pruned: the size is not checked again before this time (ms).
  let stuckUntil = -Infinity;
  // Webhooks for which the oldest event of a stream is kept because it is needed.
  let blocked = new Set<string>();
  // Streams that were appended to during a run.
  const touchedMeanwhile = new Set<StreamName>();

  /** Runs at a time (ms), or earlier if an earlier run is planned. */
  function runAt(time: number): void {
    if (stopping.signal.aborted || (timer && timer.time <= time)) return;
    timer?.cancel();
    timer = { time, cancel: clock.at(time, run) };
  }

  function run(): void {
    timer?.cancel();
    timer = null;
    running ??= runOnce()
      .catch((error: unknown) => {
        logger.error({ err: error }, 'pruning failed; it runs again later');
        runAt(clock.now() + pauseMs);
      })
      .finally(() => {
        running = null;
        onCommit([...touchedMeanwhile]);
        touchedMeanwhile.clear();
      });
  }

  async function runOnce(): Promise<void> {
    const began = clock.now();
    const pruned: Pruned = { portals: 0, logins: 0, deliveryEvents: 0, destinationEvents: 0, expired: 0 };
    await pruneAll(cutAt(began, settings), pruned);
    await pruneToSize(began, pruned);
    const { nextAt } = await survey(began);
    if (pruned.portals) logger.info({ ...pruned, ms: clock.now() - began }, 'pruned');
    if (nextAt < Infinity) runAt(Math.max(nextAt, began + pauseMs));
  }

  /** Prunes the oldest events until the data is within the size limit, or nothing more can be pruned. */
  async function pruneToSize(asOf: number, pruned: Pruned): Promise<void> {
    const { sizeBytes } = settings;
    sizeCheckedAt = log.head();
    for (let used = context.usedBytes(); sizeBytes !== null && used > sizeBytes; used = context.usedBytes()) {
      const { oldest } = await survey(asOf);
      const excess = (used - TARGET_SIZE * sizeBytes) / used;
      const throughPosition = oldest + Math.ceil((log.head() - oldest) * excess);
      const before = countOf(pruned);
      if (oldest < Infinity) await pruneAll({ ...cutAt(asOf, settings), throughPosition }, pruned);
      if (stopping.signal.aborted) return;
      if (countOf(pruned) === before) {
        stuckUntil = clock.now() + pauseMs;
        logger.warn({ used, sizeBytes }, 'the data exceeds its size limit, and nothing can be pruned');
        return;
      }
    }
  }

  /**
   * When the next event reaches its age limit (ms), and the position of the oldest event that is not needed; Infinity for none.
   *
   * @param asOf the time (ms) of the run: older events that are still there after it must stay
   */
  async function survey(asOf: number): Promise<{ nextAt: number; oldest: number }> {
    const blockedNow = new Set<string>();
    let [nextAt, oldest] = [Infinity, Infinity];
    const consider = (event: Recorded | undefined, isKept: boolean, by: readonly LaneOfPortal[]) => {
      if (!event) return;
      if (isKept) for (const { webhookId } of by) blockedNow.add(webhookId);
      else oldest = Math.min(oldest, event.position);
      const time = isKept ? expiresAt(event.recordedAt, settings) : event.recordedAt + settings.ageMs;
      if (time > asOf) nextAt = Math.min(nextAt, time);
    };
    for await (const portalId of portals()) {
      const lanes = lanesOf(log, models, portalId, asOf - settings.ageMs + 1);
      const needed = firstNeededOf(lanes, log.lastVersion(streamOf('login', portalId)), 0);
      const login = oldestOf(log, streamOf('login', portalId));
      consider(login, login?.version === needed, lanes);
      for (const lane of lanes) {
        const event = oldestOf(log, streamOf('delivery', lane.webhookId));
        consider(event, event !== undefined && isNeeded(lane.lane, lane.listed, event), [lane]);
      }
    }
    for await (const destinationId of destinations()) {
      consider(oldestOf(log, streamOf('test', destinationId)), false, []);
    }
    blocked = blockedNow;
    return { nextAt, oldest };
  }

  /** Called after each commit. */
  function onCommit(touched: readonly StreamName[]): void {
    if (running) {
      for (const stream of touched) touchedMeanwhile.add(stream);
      return;
    }
    if (
      settings.sizeBytes !== null &&
      tail.head() - sizeCheckedAt >= CHECK_SIZE_EVERY_EVENTS &&
      clock.now() >= stuckUntil
    ) {
      sizeCheckedAt = tail.head();
      if (context.usedBytes() > settings.sizeBytes) return run();
    }
    if (blocked.size && touched.some((stream) => FREEING.includes(nounOf(stream)) && blocked.has(streamId(stream)))) {
      runAt(clock.now() + pauseMs);
    } else if (touched.some((stream) => ['login', 'delivery', 'test'].includes(nounOf(stream)))) {
      // The timer may wait longer, for an older event that is needed.
      runAt(clock.now() + settings.ageMs);
    }
  }

  return createService('retention', {
    start() {
      unwatch = tail.watch(onCommit);
      run();
    },
    /** Waits for the step in progress. The next start continues. */
    async stop() {
      unwatch();
      stopping.abort();
      timer?.cancel();
      await running;
    },
  });
}
