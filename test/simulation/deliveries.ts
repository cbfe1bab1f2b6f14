/** The deliveries of a run, as the log has them: whether each was started, tried and ended as it had to be. */

import type { Recorded } from '../../src/domain/event.js';
import type { Attempt, Purpose } from '../../src/domain/lane/attempt.js';
import type { BatchStarted } from '../../src/domain/lane/batch.js';
import type { LoginRange } from '../../src/domain/login-range.js';
import type { Report } from './invariants.js';
import { type DeliveryAccount, MOST_LINES, type PortalAccount, type Standing, versionsOf } from './portal.js';
import type { Replays } from './replays.js';

const MOST_TRIES = 5;
const LEAST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 30_000;
const LEAST_PROBE_WAIT_MS = 5 * 60_000;
const MENDED_WAIT_MS = 60_000;

type Of<T extends Recorded['type']> = Extract<Recorded, { type: T }>;
type Tried = Of<'BatchDelivered' | 'RetryScheduled' | 'BatchSplit' | 'BatchAbandoned'>;

/** Logins of a range that stand where they have to, and now elsewhere. */
export type Move = (account: PortalAccount, range: LoginRange, from: Standing, to: Standing) => void;

/**
 * @param leastAgeMs how old a login is at least that expires although it is due
 * @param onTried told of each outcome that the log has, before the account minds it
 */
export function createDeliveries(
  report: Report,
  leastAgeMs: number,
  replays: Replays,
  move: Move,
  onTried: (attempt: Attempt, delivered: boolean) => void,
) {
  const deliveries = new Map<string, DeliveryAccount>();
  // By destination: when it last took something, in ms.
  const deliveredAt = new Map<string, number>();

  function start(account: PortalAccount, { data, recordedAt }: Of<'BatchStarted'>): void {
    const { firstVersion, lastVersion, deliveryId, purpose = 'FIRST' } = data;
    const size = lastVersion - firstVersion + 1;
    const before = purpose === 'FIRST' ? account.open : account.side;
    if (before) report('one at a time', `${deliveryId} was started while ${before.deliveryId} was open`);
    if (deliveries.has(deliveryId)) report('log first', `${deliveryId} was started twice`);
    if (size > account.mostLines) report('batches', `a batch has ${size} lines, of at most ${account.mostLines}`);
    checkStart(account, data, purpose, recordedAt);
    const { portalId } = account;
    const delivery: DeliveryAccount = { ...data, portalId, purpose, state: 'open', failed: 0, dueAt: null, endedAt: 0 };
    if (purpose === 'FIRST') account.open = delivery;
    else account.side = delivery;
    deliveries.set(deliveryId, delivery);
  }

  function checkStart(account: PortalAccount, range: BatchStarted, purpose: Purpose, at: number): void {
    const { standings, portalId, abandonedAt, changedAt, nextBatchAt } = account;
    if (purpose === 'FIRST') {
      const next = standings.indexOf('pending') + 1;
      if (range.firstVersion !== next) {
        report('order', `a batch of ${portalId} starts at login ${range.firstVersion}, where ${next} is next`);
      }
      if (at < nextBatchAt) report('waits', `a batch of ${portalId} starts ${nextBatchAt - at} ms early`);
      return move(account, range, 'pending', 'pending');
    }
    if (purpose === 'REPLAY') return replays.started(account, range);
    move(account, range, 'undelivered', 'undelivered');
    if (purpose === 'PROBE' && changedAt <= abandonedAt && at < abandonedAt + leastProbeWaitMs(account, range)) {
      report('waits', `a probe of ${portalId} ${at - abandonedAt} ms after a batch was given up`);
    }
  }

  /** A minute after the last try where another portal has found since that the destination works, else five after its end. */
  function leastProbeWaitMs({ abandonedAt, triedAt }: PortalAccount, { destinationId }: BatchStarted): number {
    const worksSince = deliveredAt.get(destinationId) ?? 0;
    return worksSince > triedAt ? triedAt + MENDED_WAIT_MS - abandonedAt : LEAST_PROBE_WAIT_MS;
  }

  /** The open delivery that an event is about. */
  function openOf({ open, side }: PortalAccount, deliveryId: string, type: string): DeliveryAccount | null {
    const found = [open, side].find((one) => one?.deliveryId === deliveryId);
    if (!found) report('log first', `${type} is about ${deliveryId}, which is not open`);
    return found ?? null;
  }

  function end(account: PortalAccount, delivery: DeliveryAccount, state: DeliveryAccount['state']): void {
    delivery.state = state;
    if (account.open === delivery) account.open = null;
    else account.side = null;
  }

  function tried(delivery: DeliveryAccount, event: Attempt, delivered: boolean): void {
    const { attemptNumber: attempt, attemptedAt, durationMs } = event;
    onTried(event, delivered);
    if (attempt !== delivery.failed + 1) {
      report('once a life', `try ${attempt} of ${delivery.deliveryId} follows try ${delivery.failed}`);
    }
    if (attempt > MOST_TRIES) report('retries', `${delivery.deliveryId} had try ${attempt}`);
    delivery.endedAt = attemptedAt + durationMs;
  }

  function deliver(account: PortalAccount, delivery: DeliveryAccount, recovered: number): void {
    end(account, delivery, 'delivered');
    deliveredAt.set(delivery.destinationId, delivery.endedAt);
    if (isPresent(account, delivery)) {
      account.mostLines = Math.min(MOST_LINES, account.mostLines * 2);
      account.nextBatchAt = 0;
    }
    if (delivery.purpose === 'FIRST') return move(account, delivery, 'pending', 'delivered');
    if (delivery.purpose === 'REPLAY') replays.sent(account, delivery);
    const again = versionsOf(delivery).filter((version) => account.standings[version - 1] === 'undelivered');
    for (const version of again) account.standings[version - 1] = 'delivered';
    if (again.length !== recovered) {
      report('figures', `${delivery.deliveryId} recovered ${again.length} logins, and ${recovered} by the log`);
    }
  }

  function abandon(account: PortalAccount, delivery: DeliveryAccount, { data }: Of<'BatchAbandoned'>): void {
    const { attemptNumber: attempt, responseCode, message } = data;
    const isTooLarge = data.reason === 'TOO_LARGE';
    const isFinal = responseCode === null ? /not allowed/.test(message) : !isRetryable(responseCode);
    const size = versionsOf(delivery).length;
    if (attempt < MOST_TRIES && !isFinal) report('retries', `${delivery.deliveryId} was given up after ${attempt}`);
    if (responseCode === 413 && size > 1 && account.webhook)
      report('batches', `${size} lines were given up because they are too large`);
    end(account, delivery, 'abandoned');
    if (isTooLarge) account.tooLarge.add(delivery.firstVersion);
    else if (isPresent(account, delivery)) {
      account.mostLines = 1;
      if (delivery.purpose === 'FIRST') account.nextBatchAt = delivery.endedAt + LEAST_WAIT_MS;
    }
    account.abandonedAt = delivery.endedAt;
    account.triedAt = data.attemptedAt;
    if (delivery.purpose === 'FIRST') return move(account, delivery, 'pending', 'undelivered');
    if (delivery.purpose === 'REPLAY' && isTooLarge) return replays.refused(account, delivery);
    if (delivery.purpose !== 'RECOVERY') return;
    const { failedRecoveries } = account;
    for (const version of versionsOf(delivery)) failedRecoveries.set(version, (failedRecoveries.get(version) ?? 0) + 1);
  }

  function split(account: PortalAccount, delivery: DeliveryAccount, { responseCode }: Attempt): void {
    const size = versionsOf(delivery).length;
    if (responseCode !== 413 || size < 2) report('batches', `a batch of ${size} was split after ${responseCode}`);
    end(account, delivery, 'split');
    account.mostLines = Math.max(1, Math.floor(size / 2));
  }

  /** @param wasPending whether they still waited for their first delivery */
  function expire(account: PortalAccount, { data, recordedAt }: Of<'LoginsExpired'>, wasPending: boolean): void {
    const { standings, portalId } = account;
    const from: Standing = wasPending ? 'pending' : 'undelivered';
    const gone = versionsOf(data).filter((version) => wasPending || standings[version - 1] === from);
    const count = wasPending ? data.undelivered : data.undelivered - gone.length;
    if (count)
      report('figures', `${data.undelivered} undelivered logins of ${portalId} expire, and should be ${gone.length}`);
    for (const version of gone) {
      const age = recordedAt - (account.recordedAt[version - 1] ?? 0);
      if (age < leastAgeMs) report('retention', `login ${version} of ${portalId} expires after ${age} ms`);
      move(account, { firstVersion: version, lastVersion: version }, from, 'expired');
    }
  }

  function afterTry(account: PortalAccount, delivery: DeliveryAccount, event: Tried): void {
    tried(delivery, event.data, event.type === 'BatchDelivered');
    switch (event.type) {
      case 'BatchDelivered':
        return deliver(account, delivery, event.data.recovered ?? 0);
      case 'BatchSplit':
        return split(account, delivery, event.data);
      case 'BatchAbandoned':
        return abandon(account, delivery, event);
      case 'RetryScheduled':
        delivery.failed = event.data.attemptNumber;
        delivery.dueAt = event.data.retryDueAt;
    }
  }

  function apply(
    account: PortalAccount,
    event: Of<'BatchStarted' | 'DeliverySuperseded' | 'LoginsUndelivered' | 'LoginsExpired'> | Tried,
  ): void {
    if (event.type === 'BatchStarted') return start(account, event);
    const { deliveryId } = event.data;
    const delivery = deliveryId === null ? null : openOf(account, deliveryId, event.type);
    if (event.type === 'LoginsUndelivered') {
      if (delivery) end(account, delivery, 'given up');
      return move(account, event.data, 'pending', 'undelivered');
    }
    if (event.type === 'LoginsExpired') {
      if (delivery) end(account, delivery, 'expired');
      return expire(account, event, delivery?.purpose === 'FIRST' || (!delivery && !event.data.undelivered));
    }
    if (!delivery) return;
    if (event.type === 'DeliverySuperseded') return end(account, delivery, 'superseded');
    afterTry(account, delivery, event);
  }

  return {
    all: deliveries,
    apply,
    /** A retry must wait, unless the delivery was left for another destination or format. */
    checkWait({ state, failed, dueAt, endedAt, deliveryId }: DeliveryAccount): void {
      const wait = (dueAt ?? 0) - endedAt;
      if (state === 'open' && failed > 0 && !(wait >= LEAST_WAIT_MS && wait <= MOST_WAIT_MS)) {
        report('waits', `try ${failed + 1} of ${deliveryId} was to wait ${wait} ms`);
      }
    },
  };
}

const isPresent = ({ webhook }: PortalAccount, { destinationId }: DeliveryAccount): boolean =>
  webhook?.destinationId === destinationId;

function isRetryable(code: number): boolean {
  return code >= 500 || code === 429;
}
