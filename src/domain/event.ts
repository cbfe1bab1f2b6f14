import type { DestinationEvent } from './destination.js';
import type { DestinationHealthEvent } from './destination-health.js';
import type { DestinationTestEvent } from './destination-test.js';
import type { DeliveryEvent } from './lane/events.js';
import type { LoginEvent } from './login.js';
import type { OrganizationEvent } from './organization.js';
import type { PortalEvent } from './portal.js';
import type { ReplayEvent } from './replay.js';
import type { SigningKeyEvent } from './signing-key.js';
import type { Envelope } from './stream.js';
import type { TokenEvent } from './token.js';
import type { UndeliveredEvent } from './undelivered.js';
import type { WebhookEvent } from './webhook.js';

/** Every event that the log can hold. */
export type DomainEvent =
  | PortalEvent
  | DestinationEvent
  | DestinationHealthEvent
  | DestinationTestEvent
  | WebhookEvent
  | LoginEvent
  | DeliveryEvent
  | UndeliveredEvent
  | ReplayEvent
  | TokenEvent
  | OrganizationEvent
  | SigningKeyEvent;

export type EventType = DomainEvent['type'];

const eventTypes: Record<EventType, true> = {
  PortalRegistered: true,
  PortalRenamed: true,
  PortalRetired: true,
  DestinationCreated: true,
  DestinationUpdated: true,
  DestinationDeleted: true,
  DestinationHealthChanged: true,
  DestinationTested: true,
  WebhookCreated: true,
  WebhookRenamed: true,
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
  return Object.hasOwn(eventTypes, type);
}

/** An event as read from the log. */
export type Recorded<E extends DomainEvent = DomainEvent> = E extends DomainEvent ? E & Envelope : never;
