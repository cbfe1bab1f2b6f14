import { assertLiving } from '../domain/portal.js';
import type { LogReader, LogWriter } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Random } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';

/** What commands use. It works on the connection that writes, inside the transaction of the group. */
export interface CommandContext {
  log: LogReader;
  writer: LogWriter;
  models: ReadModels;
  secrets: Secrets;
  random: Random;
}

/** @throws Refusal NOT_FOUND or PORTAL_RETIRED unless the portal exists and is not retired */
export function assertLivingPortal(models: ReadModels, portalId: string): void {
  const portal = models.portals.get(portalId);
  assertLiving(portal ? { retired: portal.retiredAt !== null } : null, portalId);
}
