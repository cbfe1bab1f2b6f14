/**
 * Prunes logins, delivery events, and events about destinations that exceed the age limit or the size limit, in small steps that
 * leave the writer most of its time. There is no polling: one timer waits until the oldest event that is left reaches its age limit.
 */

import type { Logger } from 'pino';
import type { Commands } from '../commands/handlers.js';
import type { Recorded } from '../domain/event.js';
import { loginCount } from '../domain/login-range.js';
import { type Cut, cutAt, expiresAt, isNeeded, type RetentionSettings } from '../domain/retention.js';
import { type Cause, nounOf, type StreamName, SYSTEM, streamId, streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { Tail } from '../log/tail.js';
import type { PageRange } from '../projections/read-model.js';
import type { ReadModels } from '../projections/read-models.js';
import {
  destinationPrunable,
  expiring,
  firstNeededOf,
  type LaneOfPortal,
  lanesOf,
  oldestOf,
  prunable,
} from '../queries/retention.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomTraceId } from '../runtime/random.js';
import { createService, type Service } from '../runtime/service.js';

/** The shortest time between two runs, in ms; less only if the age limit is shorter. */
const MIN_PAUSE_MS = 600_000;
/** Events are kept longer than their age limit by at most this part of it, so that each run has enough to prune. */
const PAUSE_OF_AGE = 0.01;
/** Most events deleted in a step. Other commands wait until the step has ended. */
const STEP_EVENTS = 500;
/** After a step, pruning waits this many times as long as the step took, so that other commands can run. */
const WAIT_FACTOR = 2;
/** The size is checked each time that this many events are new. */
const CHECK_SIZE_EVERY_EVENTS = 10_000;
/** If the data exceeds the size limit, it is pruned to this part of the limit. */
const TARGET_SIZE = 0.95;
/** Portals or destinations in a page. */
const PORTALS_AT_ONCE = 10;
/** After a page, a run waits this many times as long as the page took, but at most `MAX_PAGE_WAIT_MS`: it is never urgent. */
const PAGE_WAIT_FACTOR = 9;
const MAX_PAGE_WAIT_MS = 100;
/** Streams of a webhook whose events can end the need for a login: a delivery, a decision of a person, the end of a replay. */
const FREEING = ['delivery', 'undelivered', 'replay'];

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

/** How much a run pruned, and how many logins expired. */
interface Pruned {
  portals: number;
  logins: number;
  deliveryEvents: number;
  /** Health events and tests of destinations. */
  destinationEvents: number;
  expired: number;
}

const countOf = ({ logins, deliveryEvents, destinationEvents }: Pruned): number =>
  logins + deliveryEvents + destinationEvents;

export function createRetention(context: RetentionContext): Service {
  const { commands, log, models, tail, clock, random, logger, settings } = context;
  const pauseMs = Math.min(settings.ageMs, Math.max(MIN_PAUSE_MS, PAUSE_OF_AGE * settings.ageMs));
  const stopping = new AbortController();
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
  let endWait = () => {};

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

  async function pruneAll(cut: Cut, pruned: Pruned): Promise<void> {
    for await (const portalId of portals()) {
      const expired = expiring(log, models, portalId, cut).flatMap(({ events }) => events);
      if (!expired.length && !prunable(log, models, portalId, cut)) continue;
      if (!pruned.portals) logger.info(settings, 'pruning');
      pruned.portals += 1;
      for (const event of expired) if (event.type === 'LoginsExpired') pruned.expired += loginCount(event.data);
      await prunePortal(portalId, cut, pruned);
    }
    for await (const destinationId of destinations()) await pruneDestination(destinationId, cut, pruned);
  }

  async function pruneDestination(destinationId: string, cut: Cut, pruned: Pruned): Promise<void> {
    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    while (!stopping.signal.aborted && destinationPrunable(log, destinationId, cut).length) {
      const began = clock.now();
      const count = await commands.execute('pruneDestination', { destinationId, cut, limit: STEP_EVENTS }, cause);
      if (!count) return;
      pruned.destinationEvents += count;
      await wait(WAIT_FACTOR * (clock.now() - began));
    }
  }

  async function prunePortal(portalId: string, cut: Cut, pruned: Pruned): Promise<void> {
    const cause: Cause = { actor: SYSTEM, traceId: randomTraceId(random) };
    const prunableThrough = await commands.execute('snapshotLanes', { portalId, cut }, cause);
    while (prunableThrough && !stopping.signal.aborted) {
      const began = clock.now();
      const { logins, deliveryEvents } = await commands.execute(
        'pruneHistory',
        { portalId, ...prunableThrough, limit: STEP_EVENTS },
        cause,
      );
      if (!logins && !deliveryEvents) return;
      pruned.logins += logins;
      pruned.deliveryEvents += deliveryEvents;
      await wait(WAIT_FACTOR * (clock.now() - began));
    }
  }

  const portals = () => idsOf((page) => models.portals.page(page, true));
  const destinations = () => idsOf((page) => models.destinations.page(page));

  /** Every id, page by page. After a page, other work of this thread can run. */
  async function* idsOf(read: (page: PageRange) => { id: string; position: number }[]): AsyncGenerator<string> {
    let after: number | undefined;
    while (!stopping.signal.aborted) {
      const began = clock.now();
      const page = read({ after, limit: PORTALS_AT_ONCE, inverted: false });
      for (const { id } of page) if (!stopping.signal.aborted) yield id;
      after = page.at(-1)?.position;
      if (page.length < PORTALS_AT_ONCE) return;
      await wait(Math.min(MAX_PAGE_WAIT_MS, PAGE_WAIT_FACTOR * (clock.now() - began)));
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

  function wait(ms: number): Promise<void> {
    if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const cancel = clock.at(clock.now() + ms, resolve);
      endWait = () => {
        cancel();
        resolve();
      };
    });
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
      endWait();
      await running;
    },
  });
}
