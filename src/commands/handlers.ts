import type { Command } from '../log/event-log.js';
import type { Commands as CommandsOf } from '../log/queue.js';
import type { CommandContext } from './context.js';
import { deliveryHandlers } from './delivery.js';
import { destinationHandlers } from './destination.js';
import { issuerHandlers } from './issuer.js';
import { loginHandlers } from './login.js';
import { portalHandlers } from './portal.js';
import { replayHandlers } from './replay.js';
import { type PruneHistory, retentionHandlers } from './retention.js';
import { tokenHandlers } from './token.js';
import { undeliveredHandlers } from './undelivered.js';
import { webhookHandlers } from './webhook.js';

/**
 * Every command: load, decide, append, inside the transaction of its group. Input is validated already; what they give back
 * is plain data. Whatever they throw takes back what they appended.
 */
export function createHandlers(context: CommandContext) {
  return {
    ...portalHandlers(context),
    ...destinationHandlers(context),
    ...webhookHandlers(context),
    ...loginHandlers(context),
    ...deliveryHandlers(context),
    ...undeliveredHandlers(context),
    ...replayHandlers(context),
    ...issuerHandlers(context),
    ...tokenHandlers(context),
    ...retentionHandlers(context),
  };
}

export type Commands = CommandsOf<ReturnType<typeof createHandlers>>;

/** How many events a command appends or deletes, about: what bounds a group, and what waits. */
export function eventCount({ name, input }: Command): number {
  if (name === 'pruneHistory') return (input as PruneHistory).limit;
  return name === 'recordLogins' ? (input as { logins: readonly unknown[] }).logins.length : 1;
}
