/**
 * The account of a run: what is due and where each login stands, one by one, kept from the log's events and from nothing that
 * the product made of them.
 */

import type { DestinationEvent, DestinationSettings } from '../../src/domain/destination.js';
import { type Recorded } from '../../src/domain/event.js';
import type { Attempt } from '../../src/domain/lane/attempt.js';
import type { LoginRange } from '../../src/domain/login-range.js';
import { streamId } from '../../src/domain/stream.js';
import { createDeliveries } from './deliveries.js';
import type { Report } from './invariants.js';
import { emptyPortal, MOST_LINES, type PortalAccount, type Standing, versionsOf } from './portal.js';
import { createReplays } from './replays.js';

type DestinationAccount = Pick<DestinationSettings, 'endpoint' | 'logFormat' | 'maxInFlight' | 'linesPerSecond'>;

export type Account = ReturnType<typeof createAccount>;

/**
 * @param undeliveredAgeMs how long a login is kept that is due and not delivered
 * @param onTried told of each outcome that the log has, before the account minds it
 */
export function createAccount(
  report: Report,
  undeliveredAgeMs: number,
  onTried: (attempt: Attempt, delivered: boolean) => void,
) {
  const portals = new Map<string, PortalAccount>();
  const destinations = new Map<string, DestinationAccount>();
  const replays = createReplays(report);
  const deliveries = createDeliveries(report, undeliveredAgeMs, replays, move, onTried);
  let position = 0;

  function portal(portalId: string): PortalAccount {
    const account = portals.get(portalId) ?? emptyPortal(portalId);
    portals.set(portalId, account);
    return account;
  }

  /** Logins of a range that stand where they have to, and now elsewhere. */
  function move({ standings, portalId }: PortalAccount, range: LoginRange, from: Standing, to: Standing): void {
    for (const version of versionsOf(range)) {
      const standing = standings[version - 1];
      if (standing !== from) {
        report('order', `login ${version} of ${portalId} was ${standing}, not ${from}, before it was ${to}`);
      }
      standings[version - 1] = to;
    }
  }

  function configured(account: PortalAccount, destinationId: string, enabled: boolean, at: number): void {
    const { webhook, standings } = account;
    if (webhook?.destinationId !== destinationId) left(account, at);
    account.webhook = { destinationId, enabled };
    if (!enabled) return;
    // Due after all, but for what is passed over in the same breath.
    for (const [index, standing] of standings.entries()) if (standing === 'off') standings[index] = 'pending';
  }

  /** What is known of a destination says nothing of the next one. */
  function left(account: PortalAccount, at: number): void {
    account.mostLines = MOST_LINES;
    account.nextBatchAt = 0;
    account.changedAt = at;
  }

  function redeliver(account: PortalAccount, range: LoginRange): void {
    move(account, range, 'undelivered', 'undelivered');
    for (const version of versionsOf(range)) {
      account.tooLarge.delete(version);
      account.failedRecoveries.delete(version);
    }
  }

  /** What is due stays; what was never due is not due any more. */
  function prune(account: PortalAccount, through: number): void {
    const { standings, portalId } = account;
    for (const [index, standing] of standings.slice(0, through).entries()) {
      if (standing === 'off') standings[index] = 'skipped';
      if (standing === 'pending' || standing === 'undelivered') {
        report('retention', `login ${index + 1} of ${portalId} is ${standing}, and goes`);
      }
    }
    account.goneThrough = Math.max(account.goneThrough, through);
  }

  function apply(event: Recorded): void {
    position += 1;
    if (event.position !== position) report('acknowledged', `position ${event.position} follows ${position - 1}`);
    const account = portal(streamId(event.stream));
    switch (event.type) {
      case 'LoginRecorded':
        account.standings.push(account.webhook?.enabled ? 'pending' : 'off');
        account.requests.push(event.data.request);
        account.recordedAt.push(event.recordedAt);
        return;
      case 'WebhookConfigured':
        return configured(account, event.data.destinationId, event.data.enabled, event.recordedAt);
      case 'WebhookRemoved':
        account.webhook = null;
        return left(account, event.recordedAt);
      case 'BatchStarted':
      case 'BatchDelivered':
      case 'RetryScheduled':
      case 'BatchSplit':
      case 'BatchAbandoned':
      case 'DeliverySuperseded':
      case 'LoginsUndelivered':
      case 'LoginsExpired':
        return deliveries.apply(account, event);
      case 'LoginsSkipped':
        return move(account, event.data, 'pending', 'skipped');
      case 'RedeliveryRequested':
        for (const range of event.data.ranges) redeliver(account, range);
        return;
      case 'LoginsDiscarded':
        for (const range of event.data.ranges) move(account, range, 'undelivered', 'discarded');
        return;
      case 'LaneSnapshotted':
        return prune(account, event.data.loginsThrough);
      case 'ReplayRequested':
      case 'ReplayStarted':
      case 'ReplayCompleted':
      case 'ReplayFailed':
      case 'ReplayCancelled':
        return replays.apply(account, event);
      case 'DestinationCreated':
      case 'DestinationUpdated':
      case 'DestinationDeleted':
        return setDestination(streamId(event.stream), event, event.recordedAt);
    }
  }

  function setDestination(id: string, event: DestinationEvent, at: number): void {
    const known = destinations.get(id) ?? { endpoint: '', logFormat: 'CEF', maxInFlight: 16, linesPerSecond: null };
    if (event.type === 'DestinationDeleted') destinations.delete(id);
    else destinations.set(id, { ...known, ...event.data });
    for (const account of portals.values()) if (account.webhook?.destinationId === id) account.changedAt = at;
  }

  return {
    apply,
    /** The position of the last event. */
    position: (): number => position,
    portals,
    deliveries,
    destinations,
    replays,
    count: (portalId: string, standing: Standing): number =>
      portals.get(portalId)?.standings.filter((one) => one === standing).length ?? 0,
  };
}
