/** Checks each attempt when it begins: may the product send it now, by the log and by what the receivers answered before? */
import { createHash } from 'node:crypto';
import type { Attempt, Purpose } from '../../src/domain/lane/attempt.js';
import type { Account } from '../support/account/account.js';
import type { DeliveryAccount, LoginState } from '../support/account/lane.js';
import type { Report } from './invariants.js';
import type { Known } from './network/answers.js';
import { type Arrival, requestOf } from './receivers.js';

const MAX_ATTEMPTS = 5;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** What one process has seen of a destination. */
interface Limits {
  /** The receiver asked for a pause until this time, in ms. */
  pausedUntil: number;
  /** When `linesPerSecond` allows the next lines, in ms. */
  linesDueAt: number;
  failing: boolean;
}

/** The requests of one delivery that have arrived. */
interface Seen {
  text: string;
  /** The number of the last attempt, and the process that made it. */
  attempt: number;
  processNumber: number;
  /** The answers that the sender had, by attempt number. null: none. */
  answers: Map<number, number | null>;
}

/** Which logins a delivery may hold, by its purpose. */
const mayHold: Record<Purpose, (state: LoginState) => boolean> = {
  FIRST: (state) => state === 'pending',
  RECOVERY: (state) => state === 'undelivered',
  PROBE: (state) => state === 'undelivered',
  REPLAY: (state) => state !== 'pending',
};

/**
 * @param read applies new events of the log to the account
 * @param onRepeat called when a new process repeats an attempt
 */
export function createConduct(account: Account, report: Report, read: () => void, onRepeat: () => void) {
  const seen = new Map<string, Seen>();
  const limits = new Map<string, Limits>();
  /** The request in flight of each webhook. */
  const inFlight = new Map<string, Arrival>();
  /** The first login of the latest first delivery that was sent, by webhook. */
  const latestFirst = new Map<string, number>();
  /** Every login that a receiver accepted, by the webhook that sent it and its request. */
  const accepted = new Set<string>();

  function checkConfiguration({ target, at }: Arrival, delivery: DeliveryAccount): void {
    const { webhookId, throughWebhookId, destinationId, logFormat } = delivery;
    const webhook = account.lanes.get(webhookId)?.webhook ?? account.lanes.get(throughWebhookId ?? '')?.webhook;
    const destination = account.destinations.get(destinationId);
    const { endpoint } = target;
    if (!webhook?.enabled) report('as configured', `an attempt of ${webhookId} at ${at} while its webhook is off`);
    else if (webhook.destinationId !== destinationId || target.destinationId !== destinationId) {
      report('as configured', `an attempt to ${target.destinationId} instead of ${webhook.destinationId}`);
    } else if (destination?.endpoint !== endpoint || destination.logFormat !== logFormat) {
      report('as configured', `an attempt to ${endpoint} in ${logFormat}, which are not the settings`);
    }
  }

  function checkLines({ logins }: Arrival, { webhookId, firstVersion, lastVersion, purpose }: DeliveryAccount): void {
    const lane = account.lanes.get(webhookId);
    const expected = lane?.requests.slice(firstVersion - 1, lastVersion) ?? [];
    const sent = logins.map(({ portal, number }) => requestOf(portal, number));
    if (sent.length !== expected.length || sent.some((request, index) => request !== expected[index])) {
      report(
        'nothing too much',
        `logins ${firstVersion} to ${lastVersion} of ${webhookId} are sent as ${digest(sent)}`,
      );
    }
    const wrong = lane?.states.slice(firstVersion - 1, lastVersion).find((state) => !mayHold[purpose](state));
    if (wrong) report('nothing too much', `a ${purpose} of ${webhookId} holds a login that is ${wrong}`);
  }

  function checkAttempt({ at, processNumber, text, deliveryId }: Arrival, delivery: DeliveryAccount): void {
    const attempt = delivery.failedAttempts + 1;
    if (attempt > MAX_ATTEMPTS) report('retries', `${deliveryId} makes attempt ${attempt}`);
    if (delivery.dueAt !== null && at < delivery.dueAt) {
      report('waits', `attempt ${attempt} of ${deliveryId} starts ${delivery.dueAt - at} ms before it is due`);
    }
    account.deliveries.checkWait(delivery);
    const before = seen.get(deliveryId);
    if (before && before.text !== text) report('identical', `${deliveryId} has other lines than before`);
    if (before?.attempt === attempt) {
      if (before.processNumber === processNumber)
        report('attempts', `attempt ${attempt} of ${deliveryId} is made twice`);
      else onRepeat();
    }
    seen.set(deliveryId, { text, attempt, processNumber, answers: before?.answers ?? new Map() });
  }

  function checkOrder({ webhookId, firstVersion, deliveryId, purpose }: DeliveryAccount): void {
    if (purpose !== 'FIRST') {
      const open = account.lanes.get(webhookId)?.first;
      if (!open?.failedAttempts) return;
      report('turns', `${deliveryId} (${purpose}) is sent while ${open.deliveryId} waits for a retry`);
      return;
    }
    const latest = latestFirst.get(webhookId) ?? 0;
    if (firstVersion < latest) report('order', `${deliveryId} starts at login ${firstVersion}, after login ${latest}`);
    latestFirst.set(webhookId, Math.max(latest, firstVersion));
  }

  function checkCapacity(arrival: Arrival, { webhookId, destinationId }: DeliveryAccount): void {
    const { at, deliveryId, logins } = arrival;
    const other = inFlight.get(webhookId);
    if (other) report('one at a time', `${deliveryId} is sent while ${other.deliveryId} is in flight`);
    inFlight.set(webhookId, arrival);
    const count = [...inFlight.values()].filter(({ target }) => target.destinationId === destinationId).length;
    const { maxInFlight = 16, linesPerSecond = null } = account.destinations.get(destinationId) ?? {};
    const limit = limitsOf(destinationId);
    const most = limit.failing ? 1 : maxInFlight;
    if (count > most) {
      const reason = limit.failing ? ' while it fails' : '';
      report('capacity', `${count} requests to ${destinationId} instead of at most ${most}${reason}`);
    }
    if (at < limit.pausedUntil) {
      report(
        'capacity',
        `${deliveryId} is sent ${limit.pausedUntil - at} ms before the pause of ${destinationId} ends`,
      );
    }
    if (linesPerSecond === null) return;
    if (at < limit.linesDueAt) {
      report('capacity', `${destinationId} gets more than ${linesPerSecond} lines a second with ${deliveryId}`);
    }
    limit.linesDueAt = Math.max(limit.linesDueAt, at) + Math.floor((logins.length * 1_000) / linesPerSecond);
  }

  function limitsOf(destinationId: string): Limits {
    const limit = limits.get(destinationId) ?? { pausedUntil: 0, linesDueAt: 0, failing: false };
    limits.set(destinationId, limit);
    return limit;
  }

  return {
    isAccepted: (webhookId: string, request: string): boolean => accepted.has(acceptance(webhookId, request)),
    inFlight,
    read,
    onArrival(arrival: Arrival): void {
      read();
      const delivery = account.deliveries.all.get(arrival.deliveryId);
      if (delivery?.state !== 'open') {
        report('log first', `${arrival.deliveryId} is sent, but is ${delivery?.state ?? 'not in the log'}`);
        return;
      }
      checkConfiguration(arrival, delivery);
      checkLines(arrival, delivery);
      checkAttempt(arrival, delivery);
      checkOrder(delivery);
      checkCapacity(arrival, delivery);
    },
    /** A receiver stores the lines of an attempt. */
    onAccepted({ deliveryId, logins }: Arrival): void {
      const { webhookId } = account.deliveries.all.get(deliveryId) ?? {};
      if (webhookId === undefined) return;
      for (const { portal, number } of logins) accepted.add(acceptance(webhookId, requestOf(portal, number)));
    },
    /** An attempt has ended, with the answer that its sender must have read. */
    onEnd(arrival: Arrival, { retryAfterMs, code }: Known, now: number): void {
      const known = seen.get(arrival.deliveryId);
      known?.answers.set(known.attempt, code);
      const limit = limitsOf(arrival.target.destinationId);
      limit.failing = code === null || code >= 300;
      if (limit.failing && retryAfterMs !== null) {
        const pause = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, retryAfterMs));
        limit.pausedUntil = Math.max(limit.pausedUntil, now + pause);
      }
      for (const [webhookId, other] of inFlight) if (other === arrival) inFlight.delete(webhookId);
    },
    /** The log has the outcome of an attempt. */
    onAttempt({ deliveryId, attemptNumber, responseCode }: Attempt, delivered: boolean): void {
      const answered = seen.get(deliveryId)?.answers.get(attemptNumber);
      const isSuccess = responseCode !== null && responseCode >= 200 && responseCode < 300;
      if (answered !== responseCode || delivered !== isSuccess) {
        const recorded = `${responseCode}, ${delivered ? 'delivered' : 'not delivered'}`;
        const attempt = `attempt ${attemptNumber} of ${deliveryId}`;
        report('truth', `${attempt} was answered with ${answered}, but recorded as ${recorded}`);
      }
    },
    /** A process has ended, and its connections and its memory with it. */
    onProcessEnd(): void {
      inFlight.clear();
      limits.clear();
    },
  };
}

const acceptance = (webhookId: string, request: string): string => `${webhookId} ${request}`;

function digest(requests: readonly string[]): string {
  const hash = createHash('sha256').update(requests.join()).digest('hex').slice(0, 8);
  return `${requests.length} lines from ${requests[0]} to ${requests.at(-1)} (${hash})`;
}
