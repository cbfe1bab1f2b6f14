import type { Commands } from '../commands/handlers.js';
import type { TestDestination } from '../delivery/destination-test.js';
import type { Cause } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { Tail } from '../log/tail.js';
import type { ReadModels } from '../projections/read-models.js';
import type { StatusAt } from '../queries/status.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';

/** What the operations share. Reads see what was committed. */
export interface Services {
  commands: Commands;
  log: LogReader;
  tail: Tail;
  models: ReadModels;
  statusOf: (portalId: string) => StatusAt;
  /** Why an endpoint may not be saved, or null. The same rule holds for every connection. */
  reasonAgainstEndpoint: (url: URL) => Promise<string | null>;
  testDestination: TestDestination;
  clock: Clock;
  random: Random;
}

/** Who calls: the token of the call. */
export interface Viewer {
  tokenId: string;
  name: string;
}

/** What an operation works with: the services, the caller, and the cause of the events that follow. */
export interface Context extends Services {
  viewer: Viewer;
  cause: Cause;
}
