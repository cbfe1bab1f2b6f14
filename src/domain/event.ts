import type { DestinationEvent } from './destination.js';
import type { DeliveryEvent } from './lane/decide.js';
import type { LoginEvent } from './login.js';
import type { OrganizationEvent } from './organization.js';
import type { PortalEvent } from './portal.js';
import type { ReplayEvent } from './replay.js';
import type { RetentionEvent } from './retention.js';
import type { SigningKeyEvent } from './signing-key.js';
import type { TokenEvent } from './token.js';
import type { UndeliveredEvent } from './undelivered.js';
import type { WebhookEvent } from './webhook.js';

/** Everything that can be in the log. */
export type DomainEvent =
  | PortalEvent
  | DestinationEvent
  | WebhookEvent
  | LoginEvent
  | DeliveryEvent
  | UndeliveredEvent
  | ReplayEvent
  | RetentionEvent
  | TokenEvent
  | OrganizationEvent
  | SigningKeyEvent;

export type EventType = DomainEvent['type'];

const known: Record<EventType, true> = {
  PortalRegistered: true,
  PortalRenamed: true,
  PortalRetired: true,
  DestinationCreated: true,
  DestinationUpdated: true,
  DestinationDeleted: true,
  WebhookConfigured: true,
  WebhookRemoved: true,
  LoginRecorded: true,
  BatchStarted: true,
  BatchDelivered: true,
  RetryScheduled: true,
  BatchSplit: true,
  BatchAbandoned: true,
  DeliverySuperseded: true,
  LoginsSkipped: true,
  LoginsUndelivered: true,
  RedeliveryRequested: true,
  LoginsDiscarded: true,
  ReplayRequested: true,
  ReplayStarted: true,
  ReplayCompleted: true,
  ReplayFailed: true,
  ReplayCancelled: true,
  LaneSnapshotted: true,
  LoginsExpired: true,
  TokenIssued: true,
  TokenRevoked: true,
  OrganizationIdentified: true,
  SigningKeyCreated: true,
};

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(known, type);
}

/** A stream is named by its noun and the id of the one it is about. */
type Noun =
  | 'portal'
  | 'destination'
  | 'webhook'
  | 'login'
  | 'delivery'
  | 'undelivered'
  | 'replay'
  | 'token'
  | 'organization'
  | 'signing';
export type StreamName = `${Noun}-${string}`;

/**
 * Configuration commands form one category: rules that span its streams (unique names, a destination in use) hold because
 * such a command appends only if nothing else was appended to the category since it looked.
 */
export type Category = 'configuration';

/** The category of a stream, or null for streams whose appends expect nothing. */
export function categoryOf(stream: StreamName): Category | null {
  return /^(portal|destination|webhook|token)-/.test(stream) ? 'configuration' : null;
}

/** Who caused an event: `actor` is a token (`token-<id>`) or `system`; `traceId` ties it to a request. */
export interface Cause {
  actor: string;
  traceId: string;
}

/** Where and when an event stands in the log. `version` counts from 1 in its stream; `recordedAt` never decreases. */
interface Envelope extends Cause {
  position: number;
  stream: StreamName;
  version: number;
  recordedAt: number;
}

/** An event as read from the log. */
export type Recorded<E extends DomainEvent = DomainEvent> = E extends DomainEvent ? E & Envelope : never;

/** The id part of a stream's name. */
export function streamId(stream: StreamName): string {
  return stream.slice(stream.indexOf('-') + 1);
}
