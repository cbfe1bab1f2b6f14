import type { Db } from '../../db/open.js';
import type { Recorded } from '../domain/event.js';
import { createDestinationHealth } from './destination-health.js';
import { createDestinations } from './destinations.js';
import { createIssuer } from './issuer.js';
import { createLanes } from './lanes.js';
import { createLogins } from './logins.js';
import { createPortals } from './portals.js';
import type { ReadModel } from './read-model.js';
import { createTokens } from './tokens.js';
import { createUndelivered } from './undelivered.js';
import { createWebhooks } from './webhooks.js';

export type ReadModels = ReturnType<typeof createReadModels>;

/** All read models on one connection. On the writer's connection they apply events; on the reader's they answer queries. */
export function createReadModels(db: Db) {
  const undelivered = createUndelivered(db);
  return {
    portals: createPortals(db),
    destinations: createDestinations(db),
    webhooks: createWebhooks(db),
    logins: createLogins(db),
    lanes: createLanes(db, undelivered),
    undelivered: undelivered.ranges,
    destinationHealth: createDestinationHealth(db),
    tokens: createTokens(db),
    issuer: createIssuer(db),
    /** Calls a function whose reads, of the log too, all see the same state. They also cost less than one by one. */
    snapshot: db.$client.transaction((read: () => unknown) => read()) as <T>(read: () => T) => T,
  };
}

/** The read models that have an `apply`; the others only read tables of those. */
export function projectionsOf(models: ReadModels): ReadModel[] {
  return Object.values(models).filter((model) => typeof model === 'object' && 'apply' in model);
}

/** Applies one event to every read model, in the transaction that appends it. */
export function projectInto(models: ReadModels): (event: Recorded) => void {
  const all = projectionsOf(models);
  return (event) => {
    for (const model of all) model.apply(event);
  };
}

/** Removes one event from every read model, in the transaction that prunes it. */
export function unprojectFrom(models: ReadModels): (event: Recorded) => void {
  const pruning = projectionsOf(models).filter((model) => 'prune' in model);
  return (event) => {
    for (const model of pruning) model.prune?.(event);
  };
}
