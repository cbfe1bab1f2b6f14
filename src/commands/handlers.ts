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
 * All commands. Each loads, decides and appends inside the transaction of its group. The input is validated before; the result is
 * plain data. An error undoes the events that the command appended.
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

/** About how many events a command appends or deletes. This bounds the groups and the queue. */
export function eventCount({ name, input }: Command): number {
  if (name === 'pruneHistory' || name === 'pruneDestination') return (input as Pick<PruneHistory, 'limit'>).limit;
  return name === 'recordLogins' ? (input as { logins: readonly unknown[] }).logins.length : 1;
}
