import type { Category } from '../domain/event.js';
import { assertLiving } from '../domain/portal.js';
import type { Appender, Expectation } from '../log/sqlite/append.js';
import type { Prune } from '../log/sqlite/prune.js';
import type { LogReader } from '../log/sqlite/read.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Random } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';

/** What handlers work with, all of it over the connection that writes. */
export interface Deps {
  log: LogReader;
  appender: Appender;
  prune: Prune;
  models: ReadModels;
  secrets: Secrets;
  random: Random;
}

/** What a configuration command expects of its category: to be where it is now. */
export function expectation(log: LogReader): Expectation {
  const category: Category = 'configuration';
  return { category, position: log.categoryPosition(category) };
}

/** Throws NOT_FOUND or PORTAL_RETIRED unless there is such a portal and it lives. */
export function assertLivingPortal(models: ReadModels, portalId: string): void {
  const portal = models.portals.get(portalId);
  assertLiving(portal ? { retired: portal.retiredAt !== null } : null, portalId);
}
