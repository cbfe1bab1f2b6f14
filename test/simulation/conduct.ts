/** Whether each request that arrives may be made, as the log stands at that moment. */

import { createHash } from 'node:crypto';
import type { Attempt, Purpose } from '../../src/domain/lane/attempt.js';
import type { Account } from './account.js';
import type { Reply } from './faults.js';
import type { Report } from './invariants.js';
import type { DeliveryAccount, Standing } from './portal.js';
import { type Arrival, requestOf } from './receivers.js';

const LEAST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;

/** What a destination has seen of this process. */
interface Gate {
  /** It asked for nothing before, in ms. */
  pausedUntil: number;
  /** When the lines that it got are as many as it takes a second, in ms. */
  linesDueAt: number;
  failing: boolean;
}

/** What has arrived of a delivery. */
interface Seen {
  text: string;
  arrivals: number;
  /** Of the last arrival. */
  attempt: number;
  life: number;
  /** Whether a receiver has taken it, and has said so. */
  accepted: boolean;
  replies: Map<number, (number | null)[]>;
}

/** @param read brings the account up to what is in the log */
export function createConduct(account: Account, report: Report, read: () => void, onRepeat: () => void) {
  const seen = new Map<string, Seen>();
  const gates = new Map<string, Gate>();
  const underWay = new Map<string, Arrival>();
  /** The first login of the latest first delivery that was sent, by portal. */
  const reached = new Map<string, number>();
  /** Every login that some receiver has kept, by its request. */
  const taken = new Set<string>();

  function checkConfiguration({ target, at }: Arrival, { portalId, destinationId, logFormat }: DeliveryAccount): void {
    const webhook = account.portals.get(portalId)?.webhook;
    const destination = account.destinations.get(destinationId);
    const { endpoint } = target;
    if (!webhook?.enabled) report('as configured', `a try of ${portalId} at ${at}, whose webhook is off`);
    else if (webhook.destinationId !== destinationId || target.destinationId !== destinationId) {
      report('as configured', `a try to ${target.destinationId}, where ${webhook.destinationId} is configured`);
    } else if (destination?.endpoint !== endpoint || destination.logFormat !== logFormat) {
      report('as configured', `a try to ${endpoint} in ${logFormat}, which is not how it is set`);
    }
  }

  function checkLines({ logins }: Arrival, { portalId, firstVersion, lastVersion, purpose }: DeliveryAccount): void {
    const portal = account.portals.get(portalId);
    const wanted = portal?.requests.slice(firstVersion - 1, lastVersion) ?? [];
    const sent = logins.map(({ portal, number }) => requestOf(portal, number));
    if (sent.length !== wanted.length || sent.some((request, index) => request !== wanted[index])) {
      report('nothing too much', `logins ${firstVersion} to ${lastVersion} of ${portalId} are sent as ${digest(sent)}`);
    }
    const allowed: Record<Purpose, (standing: Standing) => boolean> = {
      FIRST: (standing) => standing === 'pending',
      RECOVERY: (standing) => standing === 'undelivered',
      PROBE: (standing) => standing === 'undelivered',
      REPLAY: (standing) => standing !== 'pending',
    };
    const stray = portal?.standings.slice(firstVersion - 1, lastVersion).find((one) => !allowed[purpose](one));
    if (stray) report('nothing too much', `a login of ${portalId} is sent (${purpose}) that is ${stray}`);
  }

  function checkTry({ at, life, text, deliveryId }: Arrival, delivery: DeliveryAccount): void {
    const attempt = delivery.failed + 1;
    if (attempt > 5) report('retries', `${deliveryId} is tried for the ${attempt}th time`);
    if (delivery.dueAt !== null && at < delivery.dueAt) {
      report('waits', `try ${attempt} of ${deliveryId} is made ${delivery.dueAt - at} ms before it is due`);
    }
    account.deliveries.checkWait(delivery);
    const before = seen.get(deliveryId);
    if (before && before.text !== text) report('identical', `${deliveryId} is not what it was`);
    if (before?.attempt === attempt) {
      if (before.life === life) report('once a life', `try ${attempt} of ${deliveryId} is made twice`);
      else onRepeat();
    }
    seen.set(deliveryId, {
      text,
      arrivals: (before?.arrivals ?? 0) + 1,
      attempt,
      life,
      accepted: before?.accepted ?? false,
      replies: before?.replies ?? new Map(),
    });
  }

  function checkOrder({ portalId, firstVersion, deliveryId, purpose }: DeliveryAccount): void {
    if (purpose !== 'FIRST') {
      const open = account.portals.get(portalId)?.open;
      if (open?.failed)
        report('turns', `${deliveryId} (${purpose}) is sent while ${open.deliveryId} waits for a retry`);
      return;
    }
    const last = reached.get(portalId) ?? 0;
    if (firstVersion < last) report('order', `${deliveryId} goes back to login ${firstVersion} from ${last}`);
    reached.set(portalId, Math.max(last, firstVersion));
  }

  function checkCapacity(arrival: Arrival, { portalId, destinationId }: DeliveryAccount): void {
    const { at, deliveryId, logins } = arrival;
    const other = underWay.get(portalId);
    if (other) report('one at a time', `${deliveryId} is sent while ${other.deliveryId} is under way`);
    underWay.set(portalId, arrival);
    const count = [...underWay.values()].filter(({ target }) => target.destinationId === destinationId).length;
    const { maxInFlight = 16, linesPerSecond = null } = account.destinations.get(destinationId) ?? {};
    const gate = gateOf(destinationId);
    const most = gate.failing ? 1 : maxInFlight;
    if (count > most)
      report('capacity', `request ${count} to ${destinationId}, of ${most}${gate.failing ? ' while it fails' : ''}`);
    if (at < gate.pausedUntil) {
      report(
        'capacity',
        `${deliveryId} is sent ${gate.pausedUntil - at} ms before ${destinationId} is to get anything`,
      );
    }
    if (linesPerSecond === null) return;
    if (at < gate.linesDueAt) {
      report('capacity', `${destinationId} gets more lines than ${linesPerSecond} a second with ${deliveryId}`);
    }
    gate.linesDueAt = Math.max(gate.linesDueAt, at) + Math.floor((logins.length * 1_000) / linesPerSecond);
  }

  function gateOf(destinationId: string): Gate {
    const gate = gates.get(destinationId) ?? { pausedUntil: 0, linesDueAt: 0, failing: false };
    gates.set(destinationId, gate);
    return gate;
  }

  return {
    taken,
    seen,
    underWay,
    onArrival(arrival: Arrival): void {
      read();
      const delivery = account.deliveries.all.get(arrival.deliveryId);
      if (delivery?.state !== 'open') {
        report('log first', `${arrival.deliveryId} is sent, which is ${delivery?.state ?? 'not in the log'}`);
        return;
      }
      checkConfiguration(arrival, delivery);
      checkLines(arrival, delivery);
      checkTry(arrival, delivery);
      checkOrder(delivery);
      checkCapacity(arrival, delivery);
    },
    onReply({ deliveryId, logins }: Arrival, { taken: isTaken, code }: Reply): void {
      const known = seen.get(deliveryId);
      if (!known) return;
      if (isTaken) for (const { portal, number } of logins) taken.add(requestOf(portal, number));
      if (isTaken && code !== null && code < 300) known.accepted = true;
      const replies = known.replies.get(known.attempt) ?? [];
      known.replies.set(known.attempt, [...replies, code]);
    },
    onEnd(arrival: Arrival, { retryAfterMs, code }: Reply, now: number): void {
      const gate = gateOf(arrival.target.destinationId);
      gate.failing = code === null || code >= 300;
      if (gate.failing && retryAfterMs !== null) {
        const pause = Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, retryAfterMs));
        gate.pausedUntil = Math.max(gate.pausedUntil, now + pause);
      }
      for (const [portalId, one] of underWay) if (one === arrival) underWay.delete(portalId);
    },
    /** The log has the outcome of a try. */
    onTried({ deliveryId, attemptNumber: attempt, responseCode }: Attempt, delivered: boolean): void {
      const said = seen.get(deliveryId)?.replies.get(attempt)?.at(-1);
      const isGood = responseCode !== null && responseCode >= 200 && responseCode < 300;
      if (said !== responseCode || delivered !== isGood) {
        const recorded = `${responseCode}, ${delivered ? 'delivered' : 'not delivered'}`;
        report('truth', `try ${attempt} of ${deliveryId} was answered ${said}, and is recorded as ${recorded}`);
      }
    },
    /** A process has ended, and its connections with it. */
    onProcessEnd(): void {
      underWay.clear();
      gates.clear();
    },
  };
}

function digest(requests: readonly string[]): string {
  const hash = createHash('sha256').update(requests.join()).digest('hex').slice(0, 8);
  return `${requests.length} lines from ${requests[0]} to ${requests.at(-1)} (${hash})`;
}
