/** The narrowing of rejected batches in a log: whether each step of it follows the rules. */
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import type { Report } from './invariants.js';
import { type DeliveryAccount, versionsOf } from './lane.js';

/** These answers are about the request, not about its lines. */
const ABOUT_THE_REQUEST = [401, 404, 405, 407, 410, 429];

/** A batch of several lines that was rejected, and what became of its lines. */
interface Narrowed {
  purpose: Purpose;
  replayJobId: string | undefined;
  lines: number;
  /** Most lines of a batch before the first rejection. */
  maxLines: number;
  /** Lines without a final result. */
  left: Set<number>;
  /** Every rejected batch of more than one line. */
  rejected: LoginRange[];
  requests: number;
  rejectedAlone: Set<number>;
  /** A line of the lane was delivered since the first rejection. */
  taken: boolean;
  /** A batch was smaller than half of the rejected one, for another reason: the number of requests is not checked. */
  limited: boolean;
}

/** What the account knows of a lane. */
interface Lane {
  first: Narrowed | null;
  redelivery: Narrowed | null;
  /** These lines were rejected alone, and nothing was delivered since: maybe the receiver rejects everything. */
  inDoubt: Map<number, Purpose>;
  /** Those of them that a person has requested since. */
  requested: Set<number>;
  /** A batch was abandoned, and nothing was delivered since. */
  abandoned: boolean;
}

/** So many lines may be rejected alone without a success in between. */
const MAX_IN_DOUBT = 16;

/** What an attempt was answered with, and whether the attempt to the destination before it was a success. */
export interface Ending {
  responseCode: number | null;
  workedBefore: boolean;
}

export function createNarrowing(report: Report) {
  const lanes = new Map<string, Lane>();
  const laneOf = (webhookId: string): Lane => {
    const known = lanes.get(webhookId) ?? {
      first: null,
      redelivery: null,
      inDoubt: new Map<number, Purpose>(),
      requested: new Set<number>(),
      abandoned: false,
    };
    lanes.set(webhookId, known);
    return known;
  };
  const placeOf = ({ purpose }: DeliveryAccount) => (purpose === 'FIRST' ? 'first' : 'redelivery');
  const narrowedOf = (delivery: DeliveryAccount) => laneOf(delivery.webhookId)[placeOf(delivery)];

  function end(delivery: DeliveryAccount, narrowed: Narrowed): void {
    for (const version of versionsOf(delivery)) narrowed.left.delete(version);
    if (narrowed.left.size) return;
    const { requests, rejected, rejectedAlone, lines, limited } = narrowed;
    // Some receivers of the tests answer at random: they reject a batch and then take each line of it.
    const isConsistent = rejected.every((batch) => versionsOf(batch).some((version) => rejectedAlone.has(version)));
    const most = 2 * rejectedAlone.size * Math.ceil(Math.log2(lines)) + 2;
    if (isConsistent && !limited && requests > most) {
      report(
        'narrowing',
        `${requests} requests for ${rejectedAlone.size} rejected of ${lines} lines instead of ${most}`,
      );
    }
    laneOf(delivery.webhookId)[placeOf(delivery)] = null;
  }

  /** Whether a rejected batch must be narrowed, or a rejected line left to a person. */
  function mustNarrow(delivery: DeliveryAccount, { responseCode, workedBefore }: Ending): boolean {
    const { purpose, firstVersion } = delivery;
    const narrowed = narrowedOf(delivery);
    const { inDoubt, abandoned } = laneOf(delivery.webhookId);
    const worked = workedBefore || (inDoubt.size > 0 && !abandoned);
    if (versionsOf(delivery).length > 1)
      return narrowed !== null || purpose !== 'FIRST' || responseCode === 413 || worked;
    if (inDoubt.has(firstVersion)) return true;
    if (inDoubt.size === MAX_IN_DOUBT) return false;
    if (narrowed) return narrowed.taken || !narrowed.rejectedAlone.size;
    return purpose === 'FIRST' ? responseCode === 413 && workedBefore : worked;
  }

  /** A rejected batch was given up. */
  function checkGivenUp(delivery: DeliveryAccount, ending: Ending): void {
    const narrowed = narrowedOf(delivery);
    if (mustNarrow(delivery, ending)) {
      report('narrowing', `${delivery.deliveryId} was given up, although others of its lines may be taken`);
    }
    const most = Math.ceil(Math.log2(narrowed?.lines ?? 1)) + 2;
    if (narrowed && !narrowed.taken && !narrowed.limited && narrowed.requests > most) {
      report('narrowing', `${narrowed.requests} requests found that a receiver rejects everything, instead of ${most}`);
    }
  }

  return {
    started(delivery: DeliveryAccount): void {
      const narrowed = narrowedOf(delivery);
      if (!narrowed) return;
      const { firstVersion, lastVersion } = delivery;
      const isPart = versionsOf(delivery).every((version) => narrowed.left.has(version));
      if (!isPart || narrowed.purpose !== delivery.purpose || narrowed.replayJobId !== delivery.replayJobId) {
        laneOf(delivery.webhookId)[placeOf(delivery)] = null;
        return;
      }
      const middleOf = (range: LoginRange) => range.firstVersion + Math.ceil(versionsOf(range).length / 2) - 1;
      const isCut = (range: LoginRange) => [middleOf(range), range.lastVersion].includes(lastVersion);
      if (!narrowed.rejected.some(isCut)) narrowed.limited = true;
      for (const range of narrowed.rejected) {
        if (firstVersion > range.lastVersion || lastVersion < range.firstVersion) continue;
        if (firstVersion <= middleOf(range) && lastVersion > middleOf(range)) {
          report('narrowing', `a batch of ${delivery.webhookId} is more than half of a rejected one`);
        }
      }
    },
    delivered(delivery: DeliveryAccount): void {
      const lane = laneOf(delivery.webhookId);
      const narrowed = narrowedOf(delivery);
      if (narrowed) {
        narrowed.requests += 1;
        end(delivery, narrowed);
      }
      lane.inDoubt.clear();
      lane.requested.clear();
      lane.abandoned = false;
      for (const each of [lane.first, lane.redelivery]) if (each) each.taken = true;
    },
    split(delivery: DeliveryAccount, { responseCode }: Ending, maxLines: number): void {
      const lines = versionsOf(delivery).length;
      if (!isRejection(responseCode) || lines < 2) {
        report('narrowing', `a batch of ${lines} was split after ${responseCode}`);
      }
      const { purpose, replayJobId } = delivery;
      const none = { purpose, replayJobId, lines, maxLines, left: new Set(versionsOf(delivery)), rejected: [] };
      const narrowed = narrowedOf(delivery) ?? {
        ...none,
        requests: 0,
        rejectedAlone: new Set<number>(),
        taken: false,
        limited: false,
      };
      narrowed.requests += 1;
      narrowed.rejected.push(delivery);
      laneOf(delivery.webhookId)[placeOf(delivery)] = narrowed;
    },
    /** A single line needs action. @returns the most lines of the next batch; null if that does not change */
    rejectedAlone(delivery: DeliveryAccount, ending: Ending): number | null {
      const lane = laneOf(delivery.webhookId);
      const narrowed = narrowedOf(delivery);
      if (!isRejection(ending.responseCode) || versionsOf(delivery).length !== 1) {
        report('narrowing', `${delivery.deliveryId} needs action after ${ending.responseCode}`);
      }
      if (!mustNarrow(delivery, ending)) {
        report('narrowing', `${delivery.deliveryId} needs action, although the receiver may reject everything`);
      }
      lane.inDoubt.set(delivery.firstVersion, delivery.purpose);
      lane.requested.delete(delivery.firstVersion);
      if (!narrowed) return null;
      narrowed.requests += 1;
      narrowed.rejectedAlone.add(delivery.firstVersion);
      end(delivery, narrowed);
      return narrowed.maxLines;
    },
    /** @returns the lines that were rejected before, with their purposes, if they do not need action after all */
    givenUp(delivery: DeliveryAccount, ending: Ending, hasSender: boolean): Map<number, Purpose> {
      const narrowed = narrowedOf(delivery);
      const lane = laneOf(delivery.webhookId);
      if (narrowed) narrowed.requests += 1;
      if (isRejection(ending.responseCode) && hasSender) checkGivenUp(delivery, ending);
      const isLone = delivery.purpose === 'FIRST' && !narrowed && versionsOf(delivery).length === 1;
      const isFirst = !lane.abandoned && ![...lane.inDoubt.values()].includes('FIRST');
      if (isRejection(ending.responseCode) && isLone && isFirst) return new Map();
      const released = lane.inDoubt;
      // That a requested line was rejected does not count as a recovery any more.
      for (const version of lane.requested) if (released.has(version)) released.set(version, 'FIRST');
      lane.inDoubt = new Map();
      lane.requested.clear();
      return released;
    },
    /** A batch was ended without an answer. */
    ended(delivery: DeliveryAccount): void {
      const narrowed = narrowedOf(delivery);
      if (narrowed) narrowed.limited = true;
    },
    /** A person requested a line: that it was rejected does not count as a recovery any more. */
    requested(webhookId: string, versions: readonly number[]): void {
      const { inDoubt, requested } = laneOf(webhookId);
      for (const version of versions) if (inDoubt.has(version)) requested.add(version);
    },
    /** The receiver is dead. Of what was rejected, only a part of a redelivery that is in flight still matters. */
    abandoned(webhookId: string, hasRedelivery: boolean): void {
      const lane = laneOf(webhookId);
      const redelivery = hasRedelivery ? lane.redelivery : null;
      if (redelivery) redelivery.limited = true;
      lanes.set(webhookId, { ...lane, first: null, redelivery, abandoned: true });
    },
    /** What was rejected does not matter any more: the webhook was moved or removed. */
    forget: (webhookId: string): void => void lanes.delete(webhookId),
  };
}

const isRejection = (code: number | null): boolean =>
  code !== null && code >= 400 && code < 500 && !ABOUT_THE_REQUEST.includes(code);
