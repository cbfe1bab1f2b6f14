/** Prunes what exceeds a limit, in small steps that leave the writer most of its time. */

import type { Logger } from 'pino';
import type { Commands } from '../commands/handlers.js';
import { loginCount } from '../domain/login-range.js';
import type { Cut, RetentionSettings } from '../domain/retention.js';
import { type Cause, SYSTEM } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { PageRange } from '../projections/read-model.js';
import type { ReadModels } from '../projections/read-models.js';
import { destinationPrunable, expiring, prunable } from '../queries/retention.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomTraceId } from '../runtime/random.js';

/** Most events deleted in a step. Other commands wait until the step has ended. */
const STEP_EVENTS = 500;
/** After a step, pruning waits this many times as long as the step took, so that other commands can run. */
const WAIT_FACTOR = 2;
/** Portals or destinations in a page. */
const PORTALS_AT_ONCE = 10;
/** After a page, a run waits this many times as long as the page took, but at most `MAX_PAGE_WAIT_MS`: it is never urgent. */
const PAGE_WAIT_FACTOR = 9;
const MAX_PAGE_WAIT_MS = 100;

export interface PruningContext {
  commands: Commands;
  log: LogReader;
  models: ReadModels;
  clock: Clock;
  random: Random;
  logger: Logger;
  settings: RetentionSettings;
}

/** How much a run pruned, and how many logins expired. */
export interface Pruned {
  portals: number;
  logins: number;
  deliveryEvents: number;
  /** Health events and tests of destinations. */
  destinationEvents: number;
  expired: number;
}

export const countOf = ({ logins, deliveryEvents, destinationEvents }: Pruned): number =>
  logins + deliveryEvents + destinationEvents;

/** @param stopping once aborted, no step starts, and waits end */
export function createPruning(context: PruningContext, stopping: AbortSignal) {
  const { commands, log, models, clock, random, logger, settings } = context;

  /** Prunes all that the cut allows, and adds it to `pruned`. */
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
    while (!stopping.aborted && destinationPrunable(log, destinationId, cut).length) {
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
    while (prunableThrough && !stopping.aborted) {
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
    while (!stopping.aborted) {
      const began = clock.now();
      const page = read({ after, limit: PORTALS_AT_ONCE, inverted: false });
      for (const { id } of page) if (!stopping.aborted) yield id;
      after = page.at(-1)?.position;
      if (page.length < PORTALS_AT_ONCE) return;
      await wait(Math.min(MAX_PAGE_WAIT_MS, PAGE_WAIT_FACTOR * (clock.now() - began)));
    }
  }

  function wait(ms: number): Promise<void> {
    if (ms <= 0 || stopping.aborted) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        stopping.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.at(clock.now() + ms, end);
      stopping.addEventListener('abort', end);
    });
  }

  return { pruneAll, portals, destinations };
}
