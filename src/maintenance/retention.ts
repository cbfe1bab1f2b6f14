/**
 * Prunes what is older than the settings keep it, and what does not fit their size, in small steps that leave the writer
 * most of its time. Nobody polls: one timer stands at the time when the oldest that is left passes its age, if any is left.
 */

import type { Logger } from 'pino';
import type { Commands } from '../commands/handlers.js';
import { loginCount } from '../domain/login-range.js';
import { type Cut, cutAt, expiresAt, firstNeeded, isNeeded, type RetentionSettings } from '../domain/retention.js';
import { type Cause, nounOf, type StreamName, SYSTEM, streamId, streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { Tail } from '../log/tail.js';
import type { ReadModels } from '../projections/read-models.js';
import { expiring, listedOf, oldestOf, prunable } from '../queries/retention.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomTraceId } from '../runtime/random.js';
import { createService, type Service } from '../runtime/service.js';

/** The shortest time from one run to the next, in ms; less only where so little is kept. */
const MIN_PAUSE_MS = 600_000;
/** What is kept is kept longer by at most this part of its age, so that runs have something to do. */
const PAUSE_OF_AGE = 0.01;
/** Most events deleted in a step: so long do the commands behind it wait. */
const STEP_EVENTS = 500;
/** After a step, other commands have the writer for so many times as long as the step took. */
const REST_FACTOR = 2;
/** After so many new events the size is looked at. */
const LOOK_EVERY_EVENTS = 10_000;
/** What does not fit is pruned until the data takes up this part of its size, so that there is some room. */
const ROOM = 0.95;
/** Portals looked at before other work in this thread gets its turn. */
const PORTALS_AT_ONCE = 50;

interface RetentionContext {
  commands: Commands;
  log: LogReader;
  models: ReadModels;
  tail: Tail;
  clock: Clock;
  random: Random;
  logger: Logger;
  settings: RetentionSettings;
  /** How many bytes the data takes up. */
  usedBytes: () => number;
}

/** What a run took. */
interface Taken {
  portals: number;
  logins: number;
  deliveryEvents: number;
  expired: number;
}

export function createRetention(context: RetentionContext): Service {
  const { commands, log, models, tail, clock, random, logger, settings } = context;
  const pauseMs = Math.min(settings.ageMs, Math.max(MIN_PAUSE_MS, PAUSE_OF_AGE * settings.ageMs));
  const stopping = new AbortController();
  let unwatch = () => {};
  let running: Promise<void> | null = null;
  let timer: { time: number; cancel: () => void } | null = null;
  let lookedAt = 0;
  // Above the size with nothing that may go: not looked at again before this time.
  let stuckUntil = -Infinity;
  // Portals of which the oldest is kept because it is needed: what they deliver may let it go.
  let waiting = new Set<string>();
  // What was appended to during a run.
  const touchedMeanwhile = new Set<StreamName>();
  let endRest = () => {};

  /** Runs at a time, or sooner if it is to run sooner anyway. */
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
        logger.error({ err: error }, 'pruning paused for a while');
        runAt(clock.now() + pauseMs);
      })
      .finally(() => {
        running = null;
        look([...touchedMeanwhile]);
        touchedMeanwhile.clear();
      });
  }

  async function runOnce(): Promise<void> {
    const began = clock.now();
    const taken: Taken = { portals: 0, logins: 0, deliveryEvents: 0, expired: 0 };
    await pruneAll(cutAt(began, settings), taken);
    await pruneToSize(began, taken);
    const { nextAt } = await survey(began);
    if (taken.portals) logger.info({ ...taken, ms: clock.now() - began }, 'pruned');
    if (nextAt < Infinity) runAt(Math.max(nextAt, began + pauseMs));
  }

  /** Prunes what stands first in the log until the data fits its size, or nothing is left that may go. */
  async function pruneToSize(asOf: number, taken: Taken): Promise<void> {
    const { sizeBytes } = settings;
    lookedAt = log.head();
    for (let used = context.usedBytes(); sizeBytes !== null && used > sizeBytes; used = context.usedBytes()) {
      const { oldest } = await survey(asOf);
      const excess = (used - ROOM * sizeBytes) / used;
      const throughPosition = oldest + Math.ceil((log.head() - oldest) * excess);
      const before = taken.logins + taken.deliveryEvents;
      if (oldest < Infinity) await pruneAll({ ...cutAt(asOf, settings), throughPosition }, taken);
      if (stopping.signal.aborted) return;
      if (taken.logins + taken.deliveryEvents === before) {
        stuckUntil = clock.now() + pauseMs;
        logger.warn({ used, sizeBytes }, 'the data is larger than it may be, and nothing of it may go');
        return;
      }
    }
  }

  async function pruneAll(cut: Cut, taken: Taken): Promise<void> {
    for await (const portalId of portals()) {
      const expired = expiring(log, models, portalId, cut);
      if (!expired.length && !prunable(log, models, portalId, cut)) continue;
      if (!taken.portals) logger.info(settings, 'pruning');
      taken.portals += 1;
      for (const event of expired) if (event.type === 'LoginsExpired') taken.expired += loginCount(event.data);
      await prunePortal(portalId, cut, taken);
    }
  }

  async function prunePortal(portalId: string, cut: Cut, taken: Taken): Promise<void> {
    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    const found = await commands.execute('snapshotLane', { portalId, cut }, cause);
    while (found && !stopping.signal.aborted) {
      const began = clock.now();
      const { logins, deliveryEvents } = await commands.execute(
        'pruneHistory',
        { portalId, ...found, limit: STEP_EVENTS },
        cause,
      );
      if (!logins && !deliveryEvents) return;
      taken.logins += logins;
      taken.deliveryEvents += deliveryEvents;
      await rest(REST_FACTOR * (clock.now() - began));
    }
  }

  /** Every portal; gives other work its turn between some of them and the next. */
  async function* portals(): AsyncGenerator<string> {
    let after: number | undefined;
    while (!stopping.signal.aborted) {
      const page = models.portals.page({ after, limit: PORTALS_AT_ONCE, inverted: false }, true);
      for (const { id } of page) if (!stopping.signal.aborted) yield id;
      after = page.at(-1)?.position;
      if (page.length < PORTALS_AT_ONCE) return;
      await rest(0);
    }
  }

  /**
   * When the next thing passes its age (ms), and the position of the oldest that is not needed; Infinity for none.
   *
   * @param asOf the time (ms) as of which was pruned: what passed its age before and is still there has to stay
   */
  async function survey(asOf: number): Promise<{ nextAt: number; oldest: number }> {
    const found = new Set<string>();
    let [nextAt, oldest] = [Infinity, Infinity];
    for await (const portalId of portals()) {
      const { lane } = models.lanes.get(portalId);
      const listed = listedOf(models, portalId, asOf - settings.ageMs + 1);
      const needed = firstNeeded(lane, listed, log.lastVersion(streamOf('login', portalId)), 0);
      const login = oldestOf(log, streamOf('login', portalId));
      const deliveryEvent = oldestOf(log, streamOf('delivery', portalId));
      for (const event of [login, deliveryEvent]) {
        if (!event) continue;
        const isKept = event === login ? event.version === needed : isNeeded(lane, listed, event);
        if (isKept) found.add(portalId);
        else oldest = Math.min(oldest, event.position);
        const time = isKept ? expiresAt(event.recordedAt, settings) : event.recordedAt + settings.ageMs;
        if (time > asOf) nextAt = Math.min(nextAt, time);
      }
    }
    waiting = found;
    return { nextAt, oldest };
  }

  function rest(ms: number): Promise<void> {
    if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const cancel = clock.at(clock.now() + ms, resolve);
      endRest = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Called after each commit. */
  function look(touched: readonly StreamName[]): void {
    if (running) {
      for (const stream of touched) touchedMeanwhile.add(stream);
      return;
    }
    if (settings.sizeBytes !== null && tail.head() - lookedAt >= LOOK_EVERY_EVENTS && clock.now() >= stuckUntil) {
      lookedAt = tail.head();
      if (context.usedBytes() > settings.sizeBytes) return run();
    }
    if (waiting.size && touched.some((stream) => nounOf(stream) === 'delivery' && waiting.has(streamId(stream)))) {
      runAt(clock.now() + pauseMs);
    } else if (!timer && touched.some((stream) => ['login', 'delivery'].includes(nounOf(stream)))) {
      runAt(clock.now() + settings.ageMs);
    }
  }

  return createService('retention', {
    start() {
      unwatch = tail.watch(look);
      run();
    },
    /** Ends after the step that is under way; the next start goes on. */
    async stop() {
      unwatch();
      stopping.abort();
      timer?.cancel();
      endRest();
      await running;
    },
  });
}
