import type { Commands } from '../commands/handlers.js';
import type { TestDestination } from '../delivery/destination-test.js';
import type { Cause } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { Tail } from '../log/tail.js';
import type { ReadModels } from '../projections/read-models.js';
import type { StatusAt } from '../queries/status.js';
import type { WebhookFeed } from '../queries/webhook-feed.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';

/** The services that all operations use. Reads return committed data. */
export interface Services {
  commands: Commands;
  log: LogReader;
  tail: Tail;
  models: ReadModels;
  secrets: Secrets;
  statusOf: (webhookId: string) => StatusAt;
  webhookFeed: WebhookFeed;
  /** Why the address guard refuses an endpoint; null if it is allowed. Every connection is checked by the same rule. */
  reasonAgainstEndpoint: (url: URL) => Promise<string | null>;
  testDestination: TestDestination;
  clock: Clock;
  random: Random;
}

/** The caller: the token of the call. */
export interface Viewer {
  tokenId: string;
  name: string;
}

/** The context of one call: the services, the caller, and the cause of the events that the call appends. */
export interface Context extends Services {
  viewer: Viewer;
  cause: Cause;
}
