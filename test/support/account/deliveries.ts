/** The deliveries of a log: whether each was started, attempted and ended by the rules. */
import type { Recorded } from '../../../src/domain/event.js';
import type { Attempt } from '../../../src/domain/lane/attempt.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import type { Report } from './invariants.js';
import { type DeliveryAccount, type LaneAccount, type LoginState, MAX_LINES, versionsOf } from './lane.js';
import { createNarrowing, type Ending } from './narrowing.js';
import type { Replays } from './replays.js';

const MAX_ATTEMPTS = 5;
const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;
/** A probe waits so long after an abandoned batch, */
const PROBE_WAIT_MS = 5 * 60_000;
/** or, if the destination worked for another webhook since, so long after the last attempt of that batch. */
const HEALTHY_WAIT_MS = 60_000;

type Of<T extends Recorded['type']> = Extract<Recorded, { type: T }>;
type Attempted = Of<'BatchDelivered' | 'RetryScheduled' | 'BatchSplit' | 'BatchAbandoned'>;

/** Changes the state of each login of a range, and reports a login that was in another state before. */
export type Move = (lane: LaneAccount, range: LoginRange, from: LoginState, to: LoginState) => void;

interface Health {
  healthySince: number | null;
  failingSince: number | null;
  pausedUntil: number | null;
}

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
  /** The health of each destination, in ms. */
  const health = new Map<string, Health>();
  /** When each destination last accepted a batch, in ms. */
  const deliveredAt = new Map<string, number>();
  const narrowing = createNarrowing(report);

  function start(lane: LaneAccount, { data, recordedAt }: Of<'BatchStarted'>): void {
    const { webhookId } = lane;
    const { deliveryId, purpose = 'FIRST' } = data;
    const place = purpose === 'FIRST' ? 'first' : 'redelivery';
    const size = versionsOf(data).length;
    const open = lane[place];
    if (open) report('one at a time', `${deliveryId} was started while ${open.deliveryId} was open`);
    if (deliveries.has(deliveryId)) report('log first', `${deliveryId} was started twice`);
    if (size > lane.maxLines) report('batches', `a batch has ${size} lines instead of at most ${lane.maxLines}`);
    const attempts = { state: 'open', failedAttempts: 0, dueAt: null, endedAt: 0 } as const;
    const delivery: DeliveryAccount = { ...data, webhookId, purpose, ...attempts };
    checkStart(lane, delivery, recordedAt);
    narrowing.started(delivery);
    lane[place] = delivery;
    deliveries.set(deliveryId, delivery);
  }

  /** @param at when the batch was started, in ms */
  function checkStart(lane: LaneAccount, delivery: DeliveryAccount, at: number): void {
    const { states, webhookId, abandonedAt, attemptedAt, changedAt, nextBatchAt } = lane;
    const { purpose, firstVersion } = delivery;
    if (purpose === 'FIRST') {
      const next = states.indexOf('pending') + 1;
      if (firstVersion !== next) {
        report('order', `a batch of ${webhookId} starts at login ${firstVersion}, but login ${next} is next`);
      }
      if (at < nextBatchAt) report('waits', `a batch of ${webhookId} starts ${nextBatchAt - at} ms early`);
      return move(lane, delivery, 'pending', 'pending');
    }
    if (purpose === 'REPLAY') return replays.started(lane, delivery);
    move(lane, delivery, 'undelivered', 'undelivered');
    // A destination that was changed while the last attempt was in flight may be probed at once.
    if (purpose === 'PROBE' && changedAt <= attemptedAt && at < probeAllowedAt(lane, delivery)) {
      report('waits', `a probe of ${webhookId} starts ${at - abandonedAt} ms after a batch was abandoned`);
    }
  }

  /** The time before which a probe is too early, in ms. */
  function probeAllowedAt(lane: LaneAccount, { destinationId }: DeliveryAccount): number {
    const { webhook, abandonedAt, attemptedAt, attemptedDestinationId } = lane;
    // Another webhook redelivers for the removed one, or that webhook was moved.
    if (!webhook && destinationId !== attemptedDestinationId) return abandonedAt + MIN_WAIT_MS;
    const isHealthySince = (deliveredAt.get(destinationId) ?? 0) > attemptedAt;
    return isHealthySince ? attemptedAt + HEALTHY_WAIT_MS : abandonedAt + PROBE_WAIT_MS;
  }

  /** The open delivery that an event names. */
  function openDelivery({ first, redelivery }: LaneAccount, deliveryId: string, type: string) {
    const delivery = [first, redelivery].find((open) => open?.deliveryId === deliveryId) ?? null;
    if (!delivery) report('log first', `${type} names ${deliveryId}, which is not open`);
    return delivery;
  }

  function end(lane: LaneAccount, delivery: DeliveryAccount, state: DeliveryAccount['state']): void {
    delivery.state = state;
    if (lane.first === delivery) lane.first = null;
    else lane.redelivery = null;
  }

  function attempted(lane: LaneAccount, delivery: DeliveryAccount, event: Attempted): void {
    const { attemptNumber, attemptedAt, durationMs } = event.data;
    onAttempt(event.data, event.type === 'BatchDelivered');
    if (attemptNumber !== delivery.failedAttempts + 1) {
      report('attempts', `attempt ${attemptNumber} of ${delivery.deliveryId} follows ${delivery.failedAttempts}`);
    }
    if (attemptNumber > MAX_ATTEMPTS) report('retries', `${delivery.deliveryId} had attempt ${attemptNumber}`);
    delivery.endedAt = attemptedAt + durationMs;
    const workedBefore = (health.get(delivery.destinationId)?.healthySince ?? null) !== null;
    const ending = { responseCode: event.data.responseCode, workedBefore };
    follow(delivery, event);
    switch (event.type) {
      case 'BatchDelivered':
        return deliver(lane, delivery, event.data.recovered ?? 0);
      case 'BatchSplit':
        return split(lane, delivery, ending);
      case 'BatchAbandoned':
        return abandon(lane, delivery, event, ending);
      case 'RetryScheduled':
        delivery.failedAttempts = attemptNumber;
        delivery.dueAt = event.data.retryDueAt;
        return;
      default:
        return event satisfies never;
    }
  }

  function follow({ destinationId, endedAt }: DeliveryAccount, event: Attempted): void {
    const before = health.get(destinationId) ?? { healthySince: null, failingSince: null, pausedUntil: null };
    const isDelivered = event.type === 'BatchDelivered';
    const pause = 'destinationPausedUntil' in event.data ? (event.data.destinationPausedUntil ?? 0) : 0;
    health.set(destinationId, {
      healthySince: isDelivered ? (before.healthySince ?? endedAt) : null,
      failingSince: isDelivered ? null : (before.failingSince ?? endedAt),
      pausedUntil: Math.max(before.pausedUntil ?? 0, pause) || null,
    });
  }

  /** @param recovered how many of the logins were undelivered, by the event */
  function deliver(lane: LaneAccount, delivery: DeliveryAccount, recovered: number): void {
    end(lane, delivery, 'delivered');
    narrowing.delivered(delivery);
    deliveredAt.set(delivery.destinationId, delivery.endedAt);
    if (isPresent(lane, delivery)) {
      lane.maxLines = Math.min(MAX_LINES, lane.maxLines * 2);
      lane.nextBatchAt = 0;
    }
    if (delivery.purpose === 'FIRST') return move(lane, delivery, 'pending', 'delivered');
    if (delivery.purpose === 'REPLAY') replays.delivered(delivery);
    const versions = versionsOf(delivery).filter((version) => lane.states[version - 1] === 'undelivered');
    for (const version of versions) lane.states[version - 1] = 'delivered';
    if (versions.length !== recovered) {
      report('figures', `${delivery.deliveryId} recovered ${versions.length} logins, but its event says ${recovered}`);
    }
  }

  function abandon(lane: LaneAccount, delivery: DeliveryAccount, { data }: Of<'BatchAbandoned'>, ending: Ending): void {
    const { attemptNumber, responseCode, message, reason } = data;
    const { purpose, deliveryId, endedAt } = delivery;
    const isFinal = responseCode === null ? /not allowed/.test(message) : !isRetryable(responseCode);
    if (attemptNumber < MAX_ATTEMPTS && !isFinal) {
      report('retries', `${deliveryId} was abandoned after ${attemptNumber} attempts`);
    }
    end(lane, delivery, 'abandoned');
    // A receiver that rejects one line works: nothing waits.
    if (reason) {
      lane.maxLines = narrowing.rejectedAlone(delivery, ending) ?? lane.maxLines;
      lane.rejectedAlone.set(delivery.firstVersion, reason);
    } else {
      const released = narrowing.givenUp(delivery, ending, Boolean(lane.webhook || delivery.throughWebhookId));
      replays.givenUp(delivery, released.keys());
      for (const [version, releasedPurpose] of released) {
        lane.rejectedAlone.delete(version);
        if (releasedPurpose === 'RECOVERY') failRecovery(lane, version);
      }
      lane.abandonedAt = endedAt;
      if (isPresent(lane, delivery)) {
        narrowing.abandoned(lane.webhookId, lane.redelivery !== null);
        lane.maxLines = 1;
        if (purpose === 'FIRST') lane.nextBatchAt = endedAt + MIN_WAIT_MS;
      }
    }
    lane.attemptedAt = data.attemptedAt;
    lane.attemptedDestinationId = delivery.destinationId;
    if (purpose === 'FIRST') return move(lane, delivery, 'pending', 'undelivered');
    if (reason) {
      if (purpose === 'REPLAY') replays.rejected(delivery);
      return;
    }
    if (purpose !== 'RECOVERY') return;
    for (const version of versionsOf(delivery)) failRecovery(lane, version);
  }

  function failRecovery({ failedRecoveries, rejectedAlone }: LaneAccount, version: number): void {
    failedRecoveries.set(version, (failedRecoveries.get(version) ?? 0) + 1);
    rejectedAlone.delete(version);
  }

  function split(lane: LaneAccount, delivery: DeliveryAccount, ending: Ending): void {
    end(lane, delivery, 'split');
    narrowing.split(delivery, ending, lane.maxLines);
    if (ending.responseCode === 413) lane.maxLines = Math.ceil(versionsOf(delivery).length / 2);
  }

  /** @param wasPending whether the logins waited for their first delivery */
  function expire(lane: LaneAccount, { data, recordedAt }: Of<'LoginsExpired'>, wasPending: boolean): void {
    const { states, webhookId } = lane;
    const from: LoginState = wasPending ? 'pending' : 'undelivered';
    const expired = versionsOf(data).filter((version) => wasPending || states[version - 1] === from);
    const undelivered = wasPending ? 0 : expired.length;
    if (data.undelivered !== undelivered) {
      report('figures', `${data.undelivered} undelivered logins of ${webhookId} expire instead of ${undelivered}`);
    }
    for (const version of expired) {
      const age = recordedAt - (lane.recordedAt[version - 1] ?? 0);
      if (age < undeliveredAgeMs) report('retention', `login ${version} of ${webhookId} expires after ${age} ms`);
      move(lane, { firstVersion: version, lastVersion: version }, from, 'expired');
    }
  }

  return {
    all: deliveries,
    health,
    forgetRejections: narrowing.forget,
    requested: narrowing.requested,
    apply(
      lane: LaneAccount,
      event: Of<'BatchStarted' | 'DeliverySuperseded' | 'LoginsUndelivered' | 'LoginsExpired'> | Attempted,
    ): void {
      if (event.type === 'BatchStarted') return start(lane, event);
      const { deliveryId } = event.data;
      const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId, event.type);
      if (event.type === 'LoginsUndelivered') {
        if (delivery) end(lane, delivery, 'webhook removed');
        return move(lane, event.data, 'pending', 'undelivered');
      }
      if (event.type === 'LoginsExpired') {
        if (delivery) {
          narrowing.ended(delivery);
          end(lane, delivery, 'expired');
        }
        return expire(lane, event, delivery ? delivery.purpose === 'FIRST' : !event.data.undelivered);
      }
      if (!delivery) return;
      if (event.type === 'DeliverySuperseded') {
        narrowing.ended(delivery);
        return end(lane, delivery, 'superseded');
      }
      attempted(lane, delivery, event);
    },
    /**
     * A retry waits 1 to 30 s, unless a person requested a redelivery since. A superseded delivery makes no retry, so its wait does
     * not count.
     */
    checkWait({ state, failedAttempts, dueAt, endedAt, deliveryId }: DeliveryAccount): void {
      const wait = (dueAt ?? endedAt) - endedAt;
      if (state === 'open' && dueAt !== null && failedAttempts > 0 && !(wait >= MIN_WAIT_MS && wait <= MAX_WAIT_MS)) {
        report('waits', `attempt ${failedAttempts + 1} of ${deliveryId} was to wait ${wait} ms`);
      }
    },
  };
}

/** Whether the webhook still points at the destination of a delivery, or, after its removal, another one sends for it. */
const isPresent = ({ webhook }: LaneAccount, { destinationId, throughWebhookId }: DeliveryAccount): boolean =>
  webhook ? webhook.destinationId === destinationId : throughWebhookId !== undefined;

const isRetryable = (code: number): boolean => code >= 500 || code === 429;
