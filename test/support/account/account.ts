/**
 * The account of a log: the state of each login, each delivery and each replay job, computed from the events alone, without
 * the product's fold. It reports each event that breaks a rule. The simulation, the model test of the lane and the tests
 * that kill servers use it.
 */
import type { DestinationEvent, DestinationSettings } from '../../../src/domain/destination.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Attempt } from '../../../src/domain/lane/attempt.js';
import type { LaneEvent } from '../../../src/domain/lane/evolve.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import { streamId } from '../../../src/domain/stream.js';
import type { WebhookEvent } from '../../../src/domain/webhook.js';
import { createDeliveries } from './deliveries.js';
import type { Report } from './invariants.js';
import { emptyLaneAccount, type LaneAccount, type LoginState, MAX_LINES, versionsIn, versionsOf } from './lane.js';
import { createReplays } from './replays.js';

/** Events about the lane of a webhook that exists. */
type OfLane = Exclude<Recorded<LaneEvent>, { type: 'WebhookCreated' }>;

type DestinationAccount = Pick<DestinationSettings, 'endpoint' | 'logFormat' | 'maxInFlight' | 'linesPerSecond'> & {
  /** It has or had a limit of lines a second: lines that were sent under a former limit still count. */
  wasLimited: boolean;
};

export type Account = ReturnType<typeof createAccount>;

interface AccountOptions {
  /** Opens the sealed endpoint of a destination; by default the account keeps it as it is. */
  openEndpoint?: (destinationId: string, sealed: string) => string;
  /** The age before which no due login may expire, in ms; infinite by default. */
  undeliveredAgeMs?: number;
  /** Called with each outcome in the log before the account applies it. */
  onAttempt?: (attempt: Attempt, delivered: boolean) => void;
}

export function createAccount(
  report: Report,
  {
    undeliveredAgeMs = Number.POSITIVE_INFINITY,
    onAttempt = () => {},
    openEndpoint = (_, sealed) => sealed,
  }: AccountOptions = {},
) {
  const lanes = new Map<string, LaneAccount>();
  const destinations = new Map<string, DestinationAccount>();
  const replays = createReplays(report);
  const deliveries = createDeliveries(report, undeliveredAgeMs, replays, move, onAttempt);
  let position = 0;

  /** The webhook `default` has the id of its portal, and no event that creates it. */
  function laneOf(webhookId: string): LaneAccount {
    const lane = lanes.get(webhookId) ?? emptyLaneAccount(webhookId);
    lanes.set(webhookId, lane);
    return lane;
  }

  const lanesOf = (portalId: string) => [...lanes.values()].filter((lane) => lane.portalId === portalId);

  /** A new webhook: its lane begins after the pruned logins. The others count as recorded while it was off. */
  function create(
    webhookId: string,
    { portalId, loginsThrough }: Extract<WebhookEvent, { type: 'WebhookCreated' }>['data'],
  ) {
    const lane = emptyLaneAccount(webhookId, portalId, laneOf(portalId));
    lane.states = lane.requests.map((_, index) => (index < loginsThrough ? 'skipped' : 'off'));
    lane.prunedThrough = loginsThrough;
    lanes.set(webhookId, lane);
  }

  function recordLogin(portalId: string, { data, recordedAt }: Extract<Recorded, { type: 'LoginRecorded' }>): void {
    const logins = laneOf(portalId);
    logins.requests.push(data.request);
    logins.traceIds.push(data.traceId);
    logins.recordedAt.push(recordedAt);
    for (const lane of lanesOf(portalId)) {
      lane.skippable.clear();
      lane.states.push(lane.webhook?.enabled ? 'pending' : 'off');
    }
  }

  function move({ states, webhookId }: LaneAccount, range: LoginRange, from: LoginState, to: LoginState): void {
    for (const version of versionsOf(range)) {
      const state = states[version - 1];
      if (state !== from) {
        report('order', `login ${version} of ${webhookId} was ${state} instead of ${from} before it was ${to}`);
      }
      states[version - 1] = to;
    }
  }

  function configure(lane: LaneAccount, { data, recordedAt }: Extract<Recorded, { type: 'WebhookConfigured' }>) {
    const { destinationId, enabled } = data;
    if (lane.webhook?.destinationId !== destinationId) forget(lane, recordedAt);
    if (!lane.webhook) lane.through.clear();
    lane.webhook = { destinationId, enabled };
    if (!enabled) return;
    const sharing = lanesOf(lane.portalId).filter(
      ({ webhook }) => webhook?.enabled && webhook.destinationId === destinationId,
    );
    if (sharing.length > 1)
      report('one destination', `${destinationId} is used by ${sharing.length} webhooks that are on`);
    // All of them are due, except those that the next event skips.
    for (const version of versionsIn(lane, 'off')) {
      lane.states[version - 1] = 'pending';
      lane.skippable.add(version);
    }
  }

  /** The limits that a destination caused do not apply to the next one. */
  function forget(lane: LaneAccount, at: number): void {
    lane.maxLines = MAX_LINES;
    lane.nextBatchAt = 0;
    lane.changedAt = at;
    deliveries.forgetRejections(lane.webhookId);
  }

  function skip(lane: LaneAccount, range: LoginRange): void {
    const due = versionsOf(range).filter((version) => !lane.skippable.has(version));
    if (due.length) report('nothing is lost', `due logins of ${lane.webhookId} are skipped: ${due.join(', ')}`);
    move(lane, range, 'pending', 'skipped');
  }

  function requestRedelivery(lane: LaneAccount, range: LoginRange, through: string | undefined): void {
    move(lane, range, 'undelivered', 'undelivered');
    deliveries.requested(lane.webhookId, versionsOf(range));
    for (const version of versionsOf(range)) {
      lane.failedRecoveries.delete(version);
      if (through) lane.through.set(version, through);
      else lane.through.delete(version);
    }
  }

  /** Logins that are due must not be pruned. Logins of the time when the webhook was off can no longer become due. */
  function prune(lane: LaneAccount, through: number): void {
    const { states, webhookId } = lane;
    for (const [index, state] of states.slice(0, through).entries()) {
      if (state === 'off') states[index] = 'skipped';
      if (state === 'pending' || state === 'undelivered') {
        report('retention', `login ${index + 1} of ${webhookId} is ${state}, but may be pruned`);
      }
    }
    lane.prunedThrough = Math.max(lane.prunedThrough, through);
  }

  function changeDestination(id: string, event: DestinationEvent, at: number): void {
    const known = destinations.get(id) ?? {
      endpoint: '',
      logFormat: 'CEF',
      maxInFlight: 16,
      linesPerSecond: null,
      wasLimited: false,
    };
    if (event.type === 'DestinationDeleted') destinations.delete(id);
    else {
      const { endpoint } = event.data;
      const opened = endpoint === undefined ? {} : { endpoint: openEndpoint(id, endpoint) };
      const changed = { ...known, ...event.data, ...opened };
      destinations.set(id, { ...changed, wasLimited: known.wasLimited || changed.linesPerSecond !== null });
    }
    // A removed webhook may send through another one.
    for (const lane of lanes.values()) {
      if (!lane.webhook || lane.webhook.destinationId === id) lane.changedAt = at;
    }
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
      case 'DestinationHealthChanged':
      case 'DestinationTested':
      case 'TokenIssued':
      case 'TokenRevoked':
      case 'OrganizationIdentified':
      case 'SigningKeyCreated':
      case 'PortalRegistered':
      case 'PortalRenamed':
      case 'PortalRetired':
        return;
      case 'LoginRecorded':
        return recordLogin(id, event);
      case 'WebhookCreated':
        return create(id, event.data);
      default:
        return applyToLane(laneOf(id), event);
    }
  }

  function applyToLane(lane: LaneAccount, event: OfLane): void {
    if (event.type !== 'LoginsSkipped') lane.skippable.clear();
    switch (event.type) {
      case 'WebhookRenamed':
        return;
      case 'WebhookConfigured':
        return configure(lane, event);
      case 'WebhookRemoved':
        lane.webhook = null;
        return forget(lane, event.recordedAt);
      case 'BatchStarted':
      case 'BatchDelivered':
      case 'RetryScheduled':
      case 'BatchSplit':
      case 'BatchAbandoned':
      case 'DeliverySuperseded':
      case 'LoginsUndelivered':
      case 'LoginsExpired':
        return deliveries.apply(lane, event);
      case 'LoginsSkipped':
        return skip(lane, event.data);
      case 'RedeliveryRequested':
        for (const range of event.data.ranges) requestRedelivery(lane, range, event.data.throughWebhookId);
        for (const open of [lane.first, lane.redelivery]) if (open) open.dueAt = null;
        return;
      case 'LoginsDiscarded':
        for (const range of event.data.ranges) move(lane, range, 'undelivered', 'discarded');
        return;
      case 'LaneSnapshotted':
        lane.mayForgetDiscarded = true;
        return prune(lane, event.data.loginsThrough);
      case 'ReplayRequested':
      case 'ReplayStarted':
      case 'ReplayCompleted':
      case 'ReplayFailed':
      case 'ReplayCancelled':
        return replays.apply(lane, event);
      default:
        return event satisfies never;
    }
  }

  return {
    /** Applies the next event of the log: the events must come in the order of their positions, from 1 and without gaps. */
    apply,
    /** The position of the last event. */
    position: (): number => position,
    /** By the id of the webhook. */
    lanes,
    lanesOf,
    deliveries,
    destinations,
    replays,
    count: (webhookId: string, state: LoginState): number =>
      lanes.get(webhookId)?.states.filter((other) => other === state).length ?? 0,
  };
}
