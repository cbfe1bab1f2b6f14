/**
 * The account of a log: the state of each login, each delivery and each replay job, computed from the events alone, without
 * the product's fold. It reports each event that breaks a rule. The simulation, the model test of the lane and the tests
 * that kill servers use it.
 */
import type { DestinationEvent, DestinationSettings } from '../../../src/domain/destination.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Attempt } from '../../../src/domain/lane/attempt.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import type { OrganizationEvent } from '../../../src/domain/organization.js';
import type { SigningKeyEvent } from '../../../src/domain/signing-key.js';
import { streamId } from '../../../src/domain/stream.js';
import type { TokenEvent } from '../../../src/domain/token.js';
import { createDeliveries } from './deliveries.js';
import type { Report } from './invariants.js';
import { emptyPortal, type LoginState, MAX_LINES, type PortalAccount, versionsIn, versionsOf } from './portal.js';
import { createReplays } from './replays.js';

/** Events about one portal. */
type PortalEvent = Exclude<Recorded, DestinationEvent | TokenEvent | OrganizationEvent | SigningKeyEvent>;

type DestinationAccount = Pick<DestinationSettings, 'endpoint' | 'logFormat' | 'maxInFlight' | 'linesPerSecond'>;

export type Account = ReturnType<typeof createAccount>;

interface AccountOptions {
  /** The age before which no due login may expire, in ms; infinite by default. */
  undeliveredAgeMs?: number;
  /** Called with each outcome in the log before the account applies it. */
  onAttempt?: (attempt: Attempt, delivered: boolean) => void;
}

export function createAccount(
  report: Report,
  { undeliveredAgeMs = Number.POSITIVE_INFINITY, onAttempt = () => {} }: AccountOptions = {},
) {
  const portals = new Map<string, PortalAccount>();
  const destinations = new Map<string, DestinationAccount>();
  const replays = createReplays(report);
  const deliveries = createDeliveries(report, undeliveredAgeMs, replays, move, onAttempt);
  let position = 0;

  function portalOf(portalId: string): PortalAccount {
    const portal = portals.get(portalId) ?? emptyPortal(portalId);
    portals.set(portalId, portal);
    return portal;
  }

  function move({ states, portalId }: PortalAccount, range: LoginRange, from: LoginState, to: LoginState): void {
    for (const version of versionsOf(range)) {
      const state = states[version - 1];
      if (state !== from) {
        report('order', `login ${version} of ${portalId} was ${state} instead of ${from} before it was ${to}`);
      }
      states[version - 1] = to;
    }
  }

  function configure(portal: PortalAccount, { data, recordedAt }: Extract<Recorded, { type: 'WebhookConfigured' }>) {
    const { destinationId, enabled } = data;
    if (portal.webhook?.destinationId !== destinationId) forget(portal, recordedAt);
    portal.webhook = { destinationId, enabled };
    if (!enabled) return;
    // All of them are due, except those that the next event skips.
    for (const version of versionsIn(portal, 'off')) {
      portal.states[version - 1] = 'pending';
      portal.skippable.add(version);
    }
  }

  /** The limits that a destination caused do not apply to the next one. */
  function forget(portal: PortalAccount, at: number): void {
    portal.maxLines = MAX_LINES;
    portal.nextBatchAt = 0;
    portal.changedAt = at;
  }

  function skip(portal: PortalAccount, range: LoginRange): void {
    const due = versionsOf(range).filter((version) => !portal.skippable.has(version));
    if (due.length) report('nothing is lost', `due logins of ${portal.portalId} are skipped: ${due.join(', ')}`);
    move(portal, range, 'pending', 'skipped');
  }

  function requestRedelivery(portal: PortalAccount, range: LoginRange): void {
    move(portal, range, 'undelivered', 'undelivered');
    for (const version of versionsOf(range)) portal.failedRecoveries.delete(version);
  }

  /** Logins that are due must not be pruned. Logins of the time when the webhook was off can no longer become due. */
  function prune(portal: PortalAccount, through: number): void {
    const { states, portalId } = portal;
    for (const [index, state] of states.slice(0, through).entries()) {
      if (state === 'off') states[index] = 'skipped';
      if (state === 'pending' || state === 'undelivered') {
        report('retention', `login ${index + 1} of ${portalId} is ${state}, but may be pruned`);
      }
    }
    portal.prunedThrough = Math.max(portal.prunedThrough, through);
  }

  function changeDestination(id: string, event: DestinationEvent, at: number): void {
    const known = destinations.get(id) ?? { endpoint: '', logFormat: 'CEF', maxInFlight: 16, linesPerSecond: null };
    if (event.type === 'DestinationDeleted') destinations.delete(id);
    else destinations.set(id, { ...known, ...event.data });
    for (const portal of portals.values()) if (portal.webhook?.destinationId === id) portal.changedAt = at;
  }

  function apply(event: Recorded): void {
    position += 1;
    if (event.position !== position) report('acknowledged', `position ${event.position} follows ${position - 1}`);
    const id = streamId(event.stream);
    switch (event.type) {
      case 'DestinationCreated':
      case 'DestinationUpdated':
      case 'DestinationDeleted':
        return changeDestination(id, event, event.recordedAt);
      case 'TokenIssued':
      case 'TokenRevoked':
      case 'OrganizationIdentified':
      case 'SigningKeyCreated':
        return;
      default:
        return applyToPortal(portalOf(id), event);
    }
  }

  function applyToPortal(portal: PortalAccount, event: PortalEvent): void {
    if (event.type !== 'LoginsSkipped') portal.skippable.clear();
    switch (event.type) {
      case 'PortalRegistered':
      case 'PortalRenamed':
      case 'PortalRetired':
        return;
      case 'LoginRecorded':
        portal.states.push(portal.webhook?.enabled ? 'pending' : 'off');
        portal.requests.push(event.data.request);
        portal.traceIds.push(event.data.traceId);
        portal.recordedAt.push(event.recordedAt);
        return;
      case 'WebhookConfigured':
        return configure(portal, event);
      case 'WebhookRemoved':
        portal.webhook = null;
        return forget(portal, event.recordedAt);
      case 'BatchStarted':
      case 'BatchDelivered':
      case 'RetryScheduled':
      case 'BatchSplit':
      case 'BatchAbandoned':
      case 'DeliverySuperseded':
      case 'LoginsUndelivered':
      case 'LoginsExpired':
        return deliveries.apply(portal, event);
      case 'LoginsSkipped':
        return skip(portal, event.data);
      case 'RedeliveryRequested':
        for (const range of event.data.ranges) requestRedelivery(portal, range);
        return;
      case 'LoginsDiscarded':
        for (const range of event.data.ranges) move(portal, range, 'undelivered', 'discarded');
        return;
      case 'LaneSnapshotted':
        return prune(portal, event.data.loginsThrough);
      case 'ReplayRequested':
      case 'ReplayStarted':
      case 'ReplayCompleted':
      case 'ReplayFailed':
      case 'ReplayCancelled':
        return replays.apply(portal, event);
      default:
        return event satisfies never;
    }
  }

  return {
    /** Applies the next event of the log: the events must come in the order of their positions, from 1 and without gaps. */
    apply,
    /** The position of the last event. */
    position: (): number => position,
    portals,
    deliveries,
    destinations,
    replays,
    count: (portalId: string, state: LoginState): number =>
      portals.get(portalId)?.states.filter((other) => other === state).length ?? 0,
  };
}
