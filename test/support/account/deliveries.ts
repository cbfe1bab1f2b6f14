/** The deliveries of a log: whether each was started, attempted and ended by the rules. */
import type { Recorded } from '../../../src/domain/event.js';
import type { Attempt } from '../../../src/domain/lane/attempt.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import type { Report } from './invariants.js';
import { type DeliveryAccount, type LoginState, MAX_LINES, type PortalAccount, versionsOf } from './portal.js';
import type { Replays } from './replays.js';

const MAX_ATTEMPTS = 5;
const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;
/** A probe waits so long after an abandoned batch, */
const PROBE_WAIT_MS = 5 * 60_000;
/** or, if the destination worked for another portal since, so long after the last attempt of that batch. */
const HEALTHY_WAIT_MS = 60_000;

type Of<T extends Recorded['type']> = Extract<Recorded, { type: T }>;
type Attempted = Of<'BatchDelivered' | 'RetryScheduled' | 'BatchSplit' | 'BatchAbandoned'>;

/** Changes the state of each login of a range, and reports a login that was in another state before. */
export type Move = (portal: PortalAccount, range: LoginRange, from: LoginState, to: LoginState) => void;

/**
 * @param undeliveredAgeMs the age before which no due login may expire
 * @param onAttempt called with each outcome before the account applies it
 */
export function createDeliveries(
  report: Report,
  undeliveredAgeMs: number,
  replays: Replays,
  move: Move,
  onAttempt: (attempt: Attempt, delivered: boolean) => void,
) {
  const deliveries = new Map<string, DeliveryAccount>();
  /** When each destination last accepted a batch, in ms. */
  const deliveredAt = new Map<string, number>();

  function start(portal: PortalAccount, { data, recordedAt }: Of<'BatchStarted'>): void {
    const { portalId } = portal;
    const { deliveryId, purpose = 'FIRST' } = data;
    const place = purpose === 'FIRST' ? 'first' : 'redelivery';
    const size = versionsOf(data).length;
    const open = portal[place];
    if (open) report('one at a time', `${deliveryId} was started while ${open.deliveryId} was open`);
    if (deliveries.has(deliveryId)) report('log first', `${deliveryId} was started twice`);
    if (size > portal.maxLines) report('batches', `a batch has ${size} lines instead of at most ${portal.maxLines}`);
    const attempts = { state: 'open', failedAttempts: 0, dueAt: null, endedAt: 0 } as const;
    const delivery: DeliveryAccount = { ...data, portalId, purpose, ...attempts };
    checkStart(portal, delivery, recordedAt);
    portal[place] = delivery;
    deliveries.set(deliveryId, delivery);
  }

  /** @param at when the batch was started, in ms */
  function checkStart(portal: PortalAccount, delivery: DeliveryAccount, at: number): void {
    const { states, portalId, abandonedAt, attemptedAt, changedAt, nextBatchAt } = portal;
    const { purpose, firstVersion } = delivery;
    if (purpose === 'FIRST') {
      const next = states.indexOf('pending') + 1;
      if (firstVersion !== next) {
        report('order', `a batch of ${portalId} starts at login ${firstVersion}, but login ${next} is next`);
      }
      if (at < nextBatchAt) report('waits', `a batch of ${portalId} starts ${nextBatchAt - at} ms early`);
      return move(portal, delivery, 'pending', 'pending');
    }
    if (purpose === 'REPLAY') return replays.started(portal, delivery);
    move(portal, delivery, 'undelivered', 'undelivered');
    // A destination that was changed while the last attempt was in flight may be probed at once.
    if (purpose === 'PROBE' && changedAt <= attemptedAt && at < probeAllowedAt(portal, delivery)) {
      report('waits', `a probe of ${portalId} starts ${at - abandonedAt} ms after a batch was abandoned`);
    }
  }

  /** The time before which a probe is too early, in ms. */
  function probeAllowedAt({ abandonedAt, attemptedAt }: PortalAccount, { destinationId }: DeliveryAccount): number {
    const isHealthySince = (deliveredAt.get(destinationId) ?? 0) > attemptedAt;
    return isHealthySince ? attemptedAt + HEALTHY_WAIT_MS : abandonedAt + PROBE_WAIT_MS;
  }

  /** The open delivery that an event names. */
  function openDelivery({ first, redelivery }: PortalAccount, deliveryId: string, type: string) {
    const delivery = [first, redelivery].find((open) => open?.deliveryId === deliveryId) ?? null;
    if (!delivery) report('log first', `${type} names ${deliveryId}, which is not open`);
    return delivery;
  }

  function end(portal: PortalAccount, delivery: DeliveryAccount, state: DeliveryAccount['state']): void {
    delivery.state = state;
    if (portal.first === delivery) portal.first = null;
    else portal.redelivery = null;
  }

  function attempted(portal: PortalAccount, delivery: DeliveryAccount, event: Attempted): void {
    const { attemptNumber, attemptedAt, durationMs } = event.data;
    onAttempt(event.data, event.type === 'BatchDelivered');
    if (attemptNumber !== delivery.failedAttempts + 1) {
      report('attempts', `attempt ${attemptNumber} of ${delivery.deliveryId} follows ${delivery.failedAttempts}`);
    }
    if (attemptNumber > MAX_ATTEMPTS) report('retries', `${delivery.deliveryId} had attempt ${attemptNumber}`);
    delivery.endedAt = attemptedAt + durationMs;
    switch (event.type) {
      case 'BatchDelivered':
        return deliver(portal, delivery, event.data.recovered ?? 0);
      case 'BatchSplit':
        return split(portal, delivery, event.data);
      case 'BatchAbandoned':
        return abandon(portal, delivery, event);
      case 'RetryScheduled':
        delivery.failedAttempts = attemptNumber;
        delivery.dueAt = event.data.retryDueAt;
        return;
      default:
        return event satisfies never;
    }
  }

  /** @param recovered how many of the logins were undelivered, by the event */
  function deliver(portal: PortalAccount, delivery: DeliveryAccount, recovered: number): void {
    end(portal, delivery, 'delivered');
    deliveredAt.set(delivery.destinationId, delivery.endedAt);
    if (isPresent(portal, delivery)) {
      portal.maxLines = Math.min(MAX_LINES, portal.maxLines * 2);
      portal.nextBatchAt = 0;
    }
    if (delivery.purpose === 'FIRST') return move(portal, delivery, 'pending', 'delivered');
    if (delivery.purpose === 'REPLAY') replays.delivered(delivery);
    const versions = versionsOf(delivery).filter((version) => portal.states[version - 1] === 'undelivered');
    for (const version of versions) portal.states[version - 1] = 'delivered';
    if (versions.length !== recovered) {
      report('figures', `${delivery.deliveryId} recovered ${versions.length} logins, but its event says ${recovered}`);
    }
  }

  function abandon(portal: PortalAccount, delivery: DeliveryAccount, { data }: Of<'BatchAbandoned'>): void {
    const { attemptNumber, responseCode, message } = data;
    const { purpose, deliveryId, endedAt } = delivery;
    const isTooLarge = data.reason === 'TOO_LARGE';
    const isFinal = responseCode === null ? /not allowed/.test(message) : !isRetryable(responseCode);
    const size = versionsOf(delivery).length;
    if (attemptNumber < MAX_ATTEMPTS && !isFinal) {
      report('retries', `${deliveryId} was abandoned after ${attemptNumber} attempts`);
    }
    if (responseCode === 413 && size > 1 && portal.webhook) {
      report('batches', `a batch of ${size} lines was abandoned because it is too large`);
    }
    end(portal, delivery, 'abandoned');
    // A receiver that finds one line too large works: nothing waits.
    if (isTooLarge) portal.tooLarge.add(delivery.firstVersion);
    else {
      portal.abandonedAt = endedAt;
      if (isPresent(portal, delivery)) {
        portal.maxLines = 1;
        if (purpose === 'FIRST') portal.nextBatchAt = endedAt + MIN_WAIT_MS;
      }
    }
    portal.attemptedAt = data.attemptedAt;
    if (purpose === 'FIRST') return move(portal, delivery, 'pending', 'undelivered');
    if (isTooLarge) {
      if (purpose === 'REPLAY') replays.tooLarge(delivery);
      return;
    }
    if (purpose !== 'RECOVERY') return;
    for (const version of versionsOf(delivery)) {
      portal.failedRecoveries.set(version, (portal.failedRecoveries.get(version) ?? 0) + 1);
      portal.tooLarge.delete(version);
    }
  }

  function split(portal: PortalAccount, delivery: DeliveryAccount, { responseCode }: Attempt): void {
    const size = versionsOf(delivery).length;
    if (responseCode !== 413 || size < 2) report('batches', `a batch of ${size} was split after ${responseCode}`);
    end(portal, delivery, 'split');
    portal.maxLines = Math.max(1, Math.floor(size / 2));
  }

  /** @param wasPending whether the logins waited for their first delivery */
  function expire(portal: PortalAccount, { data, recordedAt }: Of<'LoginsExpired'>, wasPending: boolean): void {
    const { states, portalId } = portal;
    const from: LoginState = wasPending ? 'pending' : 'undelivered';
    const expired = versionsOf(data).filter((version) => wasPending || states[version - 1] === from);
    const undelivered = wasPending ? 0 : expired.length;
    if (data.undelivered !== undelivered) {
      report('figures', `${data.undelivered} undelivered logins of ${portalId} expire instead of ${undelivered}`);
    }
    for (const version of expired) {
      const age = recordedAt - (portal.recordedAt[version - 1] ?? 0);
      if (age < undeliveredAgeMs) report('retention', `login ${version} of ${portalId} expires after ${age} ms`);
      move(portal, { firstVersion: version, lastVersion: version }, from, 'expired');
    }
  }

  return {
    all: deliveries,
    apply(
      portal: PortalAccount,
      event: Of<'BatchStarted' | 'DeliverySuperseded' | 'LoginsUndelivered' | 'LoginsExpired'> | Attempted,
    ): void {
      if (event.type === 'BatchStarted') return start(portal, event);
      const { deliveryId } = event.data;
      const delivery = deliveryId === null ? null : openDelivery(portal, deliveryId, event.type);
      if (event.type === 'LoginsUndelivered') {
        if (delivery) end(portal, delivery, 'webhook removed');
        return move(portal, event.data, 'pending', 'undelivered');
      }
      if (event.type === 'LoginsExpired') {
        if (delivery) end(portal, delivery, 'expired');
        return expire(portal, event, delivery ? delivery.purpose === 'FIRST' : !event.data.undelivered);
      }
      if (!delivery) return;
      if (event.type === 'DeliverySuperseded') return end(portal, delivery, 'superseded');
      attempted(portal, delivery, event);
    },
    /** A retry waits 1 to 30 s. A superseded delivery makes no retry, so its wait does not count. */
    checkWait({ state, failedAttempts, dueAt, endedAt, deliveryId }: DeliveryAccount): void {
      const wait = (dueAt ?? 0) - endedAt;
      if (state === 'open' && failedAttempts > 0 && !(wait >= MIN_WAIT_MS && wait <= MAX_WAIT_MS)) {
        report('waits', `attempt ${failedAttempts + 1} of ${deliveryId} was to wait ${wait} ms`);
      }
    },
  };
}

/** Whether the webhook still points at the destination of a delivery. */
const isPresent = ({ webhook }: PortalAccount, { destinationId }: DeliveryAccount): boolean =>
  webhook?.destinationId === destinationId;

const isRetryable = (code: number): boolean => code >= 500 || code === 429;
