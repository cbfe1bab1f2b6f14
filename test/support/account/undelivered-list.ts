import type { LoginRange } from '../../../src/domain/login-range.js';
import type { UndeliveredReason, UndeliveredState } from '../../../src/domain/undelivered.js';
import type { Report } from './invariants.js';
import { type LaneAccount, type LoginState, versionsOf } from './lane.js';

export interface ListedRange extends LoginRange {
  state: UndeliveredState;
  reason: UndeliveredReason;
}

/** After so many failed recoveries a range needs action. */
const MAX_RECOVERIES = 3;

/**
 * Compares the product's list of undelivered ranges with the account: it has every undelivered and every discarded login, each
 * once and in order, and no other. Discarded logins leave the list some time later, at a snapshot of the lane.
 *
 * @param ranges all ranges of the lane, in the order of the list
 */
export function checkList(report: Report, lane: LaneAccount, ranges: readonly ListedRange[]): void {
  const { webhookId, states, mayForgetDiscarded } = lane;
  const listed = new Map<number, LoginState>();
  let last = 0;
  for (const range of ranges) {
    if (range.firstVersion <= last) report('recovery', `${nameOf(range)} of ${webhookId} follow login ${last}`);
    last = range.lastVersion;
    for (const version of versionsOf(range)) {
      listed.set(version, range.state === 'DISCARDED' ? 'discarded' : 'undelivered');
    }
    checkReason(report, lane, range);
  }
  for (const [index, state] of states.entries()) {
    const expected = state === 'undelivered' || state === 'discarded' ? state : undefined;
    const found = listed.get(index + 1);
    if (state === 'discarded' && !found && mayForgetDiscarded) continue;
    if (found !== expected)
      report('recovery', `login ${index + 1} of ${webhookId} is ${state}, but listed as ${found}`);
  }
}

function checkReason(
  report: Report,
  { webhookId, failedRecoveries, rejectedAlone }: LaneAccount,
  range: ListedRange,
): void {
  const { firstVersion, state, reason } = range;
  const counts = versionsOf(range).map((version) => failedRecoveries.get(version) ?? 0);
  const needsAction = state === 'NEEDS_ACTION' && reason === 'RECOVERIES_FAILED';
  const isWrong = needsAction
    ? counts.some((count) => count < MAX_RECOVERIES)
    : state === 'WAITING' && counts.some((count) => count >= MAX_RECOVERIES);
  if (isWrong)
    report('recovery', `${nameOf(range)} of ${webhookId} are ${state} after ${counts.join(', ')} recoveries`);
  const isRejection = state !== 'DISCARDED' && (reason === 'TOO_LARGE' || reason === 'REJECTED');
  if (isRejection && (rejectedAlone.get(firstVersion) !== reason || counts.length !== 1)) {
    report('recovery', `${nameOf(range)} of ${webhookId} are listed as ${reason}, but no answer said so`);
  }
}

export const nameOf = ({ firstVersion, lastVersion }: LoginRange): string => `logins ${firstVersion} to ${lastVersion}`;
