import type { EventType } from '../../src/domain/event.js';

/** Every type of event, and whether the runs must reach it. */
const types: Record<EventType, boolean> = {
  PortalRegistered: true,
  PortalRenamed: false,
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
  TokenIssued: false,
  TokenRevoked: false,
  OrganizationIdentified: true,
  SigningKeyCreated: true,
};

export const eventTypes = (Object.keys(types) as EventType[]).filter((type) => types[type]);
