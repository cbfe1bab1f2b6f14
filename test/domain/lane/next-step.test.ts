import { describe, expect, it } from 'vitest';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane } from '../../../src/domain/lane/lane.js';
import { type LaneContext, type NextStep, nextStep } from '../../../src/domain/lane/next-step.js';
import type { ReplayEvent } from '../../../src/domain/replay.js';
import {
  abandoned,
  delivered,
  OTHER,
  retryScheduled,
  SIEM,
  split,
  started,
  tooLargeLine,
  webhookOff,
  webhookOn,
} from '../../support/lane/events.js';

const after = (...events: LaneEvent[]): Lane => events.reduce<Lane>(evolve, emptyLane);
const range = (firstVersion: number, lastVersion: number) => ({ firstVersion, lastVersion });
const waitingRange = (first: number, last: number) => ({ ...range(first, last), state: 'WAITING' as const });
const requested = (first: number, last: number) => ({ ...range(first, last), state: 'REQUESTED' as const });
const siem = { logFormat: 'CEF' as const, updatedAt: 0, linesPerSecond: null };

/** Tries of these events begin at 1,000 and end at 1,500; it is 1,500 unless a test says otherwise. */
function next(lane: Lane, around: Partial<LaneContext> = {}): NextStep {
  return nextStep(lane, {
    lastLogin: 0,
    now: 1_500,
    destination: siem,
    recoverable: null,
    replayable: null,
    ...around,
  });
}
const start = (purpose: Purpose, first: number, last: number) => ({
  type: 'START',
  purpose,
  range: range(first, last),
});
const wait = (until: number) => ({ type: 'WAIT', until });
const attempts = (deliveryId: string) => ({ type: 'ATTEMPT', delivery: { deliveryId } });
const side = (deliveryId: string, first: number, last: number, purpose: Purpose = 'RECOVERY') =>
  started(deliveryId, first, last, { purpose });

const requestedReplay: ReplayEvent = {
  type: 'ReplayRequested',
  data: { jobId: 'job', startAt: 0, endAt: 9, scope: 'ALL', at: 1 },
};
const replay: ReplayEvent[] = [
  requestedReplay,
  { type: 'ReplayStarted', data: { jobId: 'job', ranges: [range(1, 900)], total: 900, at: 2 } },
];
const replayBatch = (deliveryId: string, first: number, last: number): LaneEvent => {
  const { type, data } = side(deliveryId, first, last, 'REPLAY');
  return { type, data: { ...data, replayJobId: 'job' } };
};

describe('turns', () => {
  const all = { lastLogin: 999, recoverable: waitingRange(1, 2), replayable: range(1, 900) };

  it('alternate between fresh logins, what was given up and a replay, while there is all of it', () => {
    const lane = after(webhookOn(), ...replay, started('a', 1, 5), delivered('a'));
    expect(next(lane, all)).toEqual(start('RECOVERY', 1, 2));
    const recovered = [lane, side('r', 1, 2), delivered('r')] as const;
    const second = evolve(evolve(lane, recovered[1]), recovered[2]);
    expect(next(second, all)).toEqual(start('REPLAY', 1, 500));
    const third = evolve(evolve(second, replayBatch('p', 1, 500)), delivered('p'));
    expect(next(third, all)).toEqual(start('FIRST', 6, 505));
  });

  it('go to whoever is there where the next one has nothing', () => {
    const lane = after(webhookOn(), ...replay, started('a', 1, 5), delivered('a'));
    expect(next(lane, { ...all, recoverable: null })).toEqual(start('REPLAY', 1, 500));
    expect(next(lane, { lastLogin: 5, recoverable: waitingRange(1, 2), replayable: range(1, 900) })).toEqual(
      start('RECOVERY', 1, 2),
    );
    const afterRecovery = after(webhookOn(), started('a', 1, 5), delivered('a'), side('r', 1, 2), delivered('r'));
    expect(next(afterRecovery, { lastLogin: 5, recoverable: waitingRange(3, 4) })).toEqual(start('RECOVERY', 3, 4));
  });

  it('are counted from what was started last, whether it ended well or not', () => {
    const failed = after(webhookOn(), started('a', 1, 1), delivered('a'), side('r', 2, 2), abandoned('r', 1, null));
    expect(failed.lastStarted).toBe('RECOVERY');
    expect(next(failed, { lastLogin: 9 })).toEqual(start('FIRST', 2, 2));
  });

  it('begin with what was started and not tried, whatever else is due', () => {
    expect(next(after(webhookOn(), started('a', 1, 5)), all)).toMatchObject(attempts('a'));
    expect(next(after(webhookOn(), side('r', 1, 2)), all)).toMatchObject(attempts('r'));
    const failedFirst = after(webhookOn(), side('r', 1, 2), retryScheduled('r', 1, 1_400), started('a', 1, 5));
    expect(next(failedFirst, all)).toMatchObject(attempts('a'));
  });
});

describe('beside a first delivery between two of its attempts', () => {
  const failed = after(webhookOn(), ...replay, started('a', 6, 9), retryScheduled('a', 1, 2_500));

  it('nothing is started', () => {
    const others = { lastLogin: 99, recoverable: requested(1, 5), replayable: range(1, 5) };
    expect(next(failed, others)).toEqual(wait(2_500));
    expect(next(failed, { ...others, now: 2_500 })).toMatchObject(attempts('a'));
  });

  it('nothing is tried again', () => {
    const both = after(
      webhookOn(),
      side('r', 1, 5),
      retryScheduled('r', 1, 1_400),
      started('a', 6, 9),
      retryScheduled('a', 1, 2_500),
    );
    expect(next(both)).toEqual(wait(2_500));
  });
});

describe('a side delivery that waits for its retry', () => {
  const waiting = after(webhookOn(), side('r', 1, 5), retryScheduled('r', 1, 2_500));

  it('does not hold up fresh logins', () => {
    expect(next(waiting, { lastLogin: 9 })).toEqual(start('FIRST', 1, 9));
    expect(next(waiting)).toEqual(wait(2_500));
  });

  it('is tried when it is due, in turn with fresh logins', () => {
    expect(next(waiting, { now: 2_500 })).toMatchObject(attempts('r'));
    expect(next(waiting, { now: 2_500, lastLogin: 9 })).toEqual(start('FIRST', 1, 9));
    const fresh = evolve(evolve(waiting, started('a', 1, 9)), delivered('a'));
    expect(next(fresh, { now: 2_500, lastLogin: 10 })).toMatchObject(attempts('r'));
  });

  it('is the only one beside the first deliveries', () => {
    const others = { recoverable: requested(6, 7), replayable: range(1, 5) };
    expect(next(waiting, others)).toEqual(wait(2_500));
  });

  it('goes on from where it was after the webhook was off', () => {
    const off = evolve(waiting, webhookOff(0));
    expect(next(off, { now: 9_999 })).toEqual({ type: 'IDLE' });
    expect(next(evolve(off, webhookOn(0)), { now: 9_999 })).toMatchObject(attempts('r'));
  });

  it('ends with a change of destination or format, and its logins start anew', () => {
    expect(next(evolve(waiting, webhookOn(0, OTHER)))).toMatchObject({
      type: 'SUPERSEDE',
      delivery: { deliveryId: 'r' },
    });
    const json = { ...siem, logFormat: 'JSON' as const };
    expect(next(waiting, { destination: json })).toMatchObject({ type: 'SUPERSEDE', delivery: { deliveryId: 'r' } });
  });
});

describe('a recovery', () => {
  const recoverable = waitingRange(1, 3);

  it('follows a success', () => {
    const lane = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 2_500), started('b', 4, 4), delivered('b'));
    expect(lane.redelivery.recovering).toBe(true);
    expect(next(lane, { recoverable })).toEqual(start('RECOVERY', 1, 2));
  });

  it('is due at once at another destination', () => {
    const lane = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 2_500), webhookOn(3, OTHER));
    expect(next(lane, { recoverable })).toEqual(start('RECOVERY', 1, 3));
  });

  it('ends with the first batch that is given up, of whatever purpose', () => {
    const well = after(webhookOn(), started('a', 1, 1), delivered('a'));
    expect(evolve(evolve(well, side('r', 1, 1)), abandoned('r', 1, null)).redelivery.recovering).toBe(false);
    expect(evolve(evolve(well, started('b', 2, 2)), abandoned('b', 1, 9)).redelivery.recovering).toBe(false);
    expect(
      evolve(evolve(well, side('r', 1, 1)), tooLargeLine('r')).redelivery.recovering,
      'one line is too large',
    ).toBe(true);
  });

  it('does not wait where a person asked for it, whatever was given up before', () => {
    const lane = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 2_500));
    expect(next(lane, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
    const failedBefore = evolve(evolve(lane, side('r', 1, 1)), abandoned('r', 1, 9_500));
    const asked = evolve(failedBefore, { type: 'RedeliveryRequested', data: { ranges: [range(1, 3)] } });
    expect(next(asked, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
  });

  it('waits after one that failed, twice as long each time, and fresh logins do not', () => {
    const well = after(webhookOn(), started('a', 1, 1), delivered('a'));
    const failed = evolve(evolve(well, side('r', 2, 2)), abandoned('r', 1, 2_500));
    expect(next(failed, { recoverable: requested(2, 2) })).toEqual(wait(2_500));
    expect(next(failed, { recoverable: requested(2, 2), lastLogin: 9 })).toEqual(start('FIRST', 2, 2));
    expect(next(failed, { replayable: range(1, 1) })).toEqual(wait(2_500));
    const fresh = evolve(evolve(failed, started('b', 2, 2)), delivered('b'));
    expect(next(fresh, { recoverable: requested(2, 2) })).toEqual(wait(2_500));
    expect(fresh).toMatchObject({ redelivery: { abandonedInARow: 1 }, first: { abandonedInARow: 0 } });
    const again = evolve(evolve(fresh, side('s', 2, 2)), delivered('s'));
    expect(again).toMatchObject({ redelivery: { abandonedInARow: 0, nextBatchDueAt: null } });
  });

  it('that someone asked for goes out while everything fails', () => {
    const lane = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 1_400));
    expect(next(lane, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
  });
});

describe('a probe', () => {
  const PROBE_DUE_AT = 1_500 + 5 * 60_000;
  const dead = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 2_500));
  const recoverable = waitingRange(1, 3);

  it('is of one login of the oldest range, when it is due', () => {
    expect(next(dead, { recoverable })).toEqual(wait(PROBE_DUE_AT));
    expect(next(dead, { recoverable, now: PROBE_DUE_AT - 1 })).toEqual(wait(PROBE_DUE_AT));
    expect(next(dead, { recoverable, now: PROBE_DUE_AT })).toEqual(start('PROBE', 1, 1));
  });

  it('does not keep fresh logins waiting', () => {
    expect(next(dead, { recoverable, lastLogin: 4 })).toEqual(wait(2_500));
    expect(next(dead, { recoverable, lastLogin: 4, now: 2_500 })).toEqual(start('FIRST', 4, 4));
  });

  it('is due a minute after the last try where the destination works for another portal since', () => {
    const mended = { ...siem, healthySince: 1_200 };
    expect(next(dead, { recoverable, destination: mended, now: 2_500 })).toEqual(wait(61_000));
    expect(next(dead, { recoverable, destination: mended, now: 61_000 })).toEqual(start('PROBE', 1, 1));
    const before = { ...siem, healthySince: 900 };
    expect(next(dead, { recoverable, destination: before, now: 61_000 })).toEqual(wait(PROBE_DUE_AT));
  });

  it('is due at once where the destination was changed since the last try', () => {
    const changed = { ...siem, updatedAt: 1_001 };
    expect(next(dead, { recoverable, destination: changed })).toEqual(start('PROBE', 1, 1));
    const earlier = { ...siem, updatedAt: 1_000 };
    expect(next(dead, { recoverable, destination: earlier, now: 2_500 })).toEqual(wait(PROBE_DUE_AT));
  });

  it('is not due because of a change that is still to come: the clock was wrong', () => {
    const ahead = { ...siem, updatedAt: 3_600_000 };
    expect(next(dead, { recoverable, destination: ahead, now: 10_000 })).toEqual(wait(PROBE_DUE_AT));
    expect(next(dead, { recoverable, destination: ahead, now: 3_600_000 })).toEqual(start('PROBE', 1, 1));
  });

  it('is due where its time is further ahead than any wait: the clock was wrong', () => {
    const lane = { ...dead, redelivery: { ...dead.redelivery, probeDueAt: 365 * 24 * 3_600_000 } };
    expect(next(lane, { recoverable, now: 10_000 })).toEqual(start('PROBE', 1, 1));
  });

  it('that fails is followed by the next one, each later; a success starts them anew', () => {
    const once = evolve(evolve(dead, side('p', 1, 1, 'PROBE')), abandoned('p', 5, null, 503, { probeDueAt: 700_000 }));
    expect(once).toMatchObject({ redelivery: { failedProbes: 1, probeDueAt: 700_000, recovering: false } });
    expect(next(once, { recoverable, now: 10_000 })).toEqual(wait(700_000));
    const well = evolve(evolve(once, side('q', 1, 1, 'PROBE')), delivered('q'));
    expect(well).toMatchObject({ redelivery: { failedProbes: 0, probeDueAt: null, recovering: true } });
    expect(next(well, { recoverable: waitingRange(2, 3) })).toEqual(start('RECOVERY', 2, 3));
  });

  it('is not made by a webhook that is off', () => {
    expect(next(evolve(dead, webhookOff(3)), { recoverable, now: 9_999_999 })).toEqual({ type: 'IDLE' });
  });
});

describe('a replay', () => {
  it('is started and finished by the lane', () => {
    expect(next(after(webhookOn(), requestedReplay))).toEqual({ type: 'START_REPLAY' });
    expect(next(after(webhookOn(), ...replay))).toEqual({ type: 'FINISH_REPLAY' });
    expect(next(after(webhookOff(), requestedReplay))).toEqual({ type: 'IDLE' });
  });

  it('is not finished while its last part is under way', () => {
    const lane = after(webhookOn(), ...replay, replayBatch('p', 1, 900), retryScheduled('p', 1, 2_500));
    expect(next(lane)).toEqual(wait(2_500));
  });

  it('that is over gives up what waits for a retry', () => {
    const lane = after(webhookOn(), ...replay, replayBatch('p', 1, 5), retryScheduled('p', 1, 2_500));
    const supersedes = { type: 'SUPERSEDE', delivery: { deliveryId: 'p' } };
    expect(next(evolve(lane, { type: 'ReplayCancelled', data: { jobId: 'job', at: 3 } }))).toMatchObject(supersedes);
    const another = { ...requestedReplay.data, jobId: 'another' };
    const again = [
      { type: 'ReplayCancelled', data: { jobId: 'job', at: 3 } },
      { type: 'ReplayRequested', data: another },
    ];
    expect(next((again as LaneEvent[]).reduce<Lane>(evolve, lane))).toMatchObject(supersedes);
  });

  it('waits as first deliveries do after a batch was given up', () => {
    const lane = after(webhookOn(), ...replay, started('a', 1, 3), abandoned('a', 5, 2_500));
    expect(next(lane, { replayable: range(1, 3) })).toEqual(wait(2_500));
    expect(next(lane, { replayable: range(1, 3), now: 2_500 })).toEqual(start('REPLAY', 1, 1));
  });
});

describe('the size of a batch', () => {
  const many = { lastLogin: 10_000 };
  const sizes = (lane: Lane, around: Partial<LaneContext> = {}) => {
    const step = next(lane, { ...many, now: 99_999, ...around });
    return step.type === 'START' ? step.range.lastVersion - step.range.firstVersion + 1 : step;
  };
  const tooLarge = after(webhookOn(), started('a', 1, 500), split('a'));

  it('is 500 logins at most', () => {
    expect(sizes(after(webhookOn()))).toBe(500);
  });

  it('is at most half of what was found too large, and half of that again', () => {
    expect(sizes(tooLarge)).toBe(250);
    const again = evolve(evolve(tooLarge, started('b', 1, 250)), split('b'));
    expect(sizes(again)).toBe(125);
    const odd = evolve(evolve(again, started('c', 1, 3)), split('c'));
    expect(sizes(odd)).toBe(1);
  });

  it('does not grow by a larger batch that is found too large later', () => {
    const waiting = after(
      webhookOn(),
      side('r', 1, 400),
      retryScheduled('r', 1, 2_500),
      started('a', 1, 2),
      split('a'),
    );
    expect(evolve(waiting, split('r', 2)).batch.limit).toBe(1);
  });

  it('grows again after 20 batches that were taken, twofold with each full one, to 500', () => {
    const taken = Array.from({ length: 22 }, (_, index) => {
      const id = `t${index}`;
      return [started(id, 1, 500), delivered(id)];
    });
    const limits = taken.map(
      (_, index) =>
        taken
          .slice(0, index + 1)
          .flat()
          .reduce<Lane>(evolve, tooLarge).batch.limit,
    );
    expect(limits.slice(18)).toEqual([250, 250, 500, 500]);
  });

  it('does not grow by batches that are not full: they say nothing of larger ones', () => {
    const one = after(webhookOn(), started('a', 1, 3), abandoned('a', 5, 9));
    expect(sizes(one)).toBe(1);
    const two = evolve(evolve(one, started('b', 4, 4)), delivered('b'));
    expect(sizes(two)).toBe(2);
    expect(sizes(evolve(evolve(two, started('c', 5, 5)), delivered('c')))).toBe(2);
    expect(sizes(evolve(evolve(two, started('c', 5, 6)), delivered('c')))).toBe(4);
  });

  it('is 1 after a batch was given up, for whatever is sent next', () => {
    const lane = after(webhookOn(), started('a', 1, 300), abandoned('a', 5, 9));
    expect(next(lane, many)).toEqual(start('FIRST', 301, 301));
    expect(next(lane, { recoverable: requested(1, 300), lastLogin: 300 })).toEqual(start('RECOVERY', 1, 1));
    expect(next(lane, { replayable: range(1, 300), lastLogin: 300 })).toEqual(start('REPLAY', 1, 1));
  });

  it('is 500 again at another destination', () => {
    expect(sizes(evolve(tooLarge, webhookOn(500, OTHER)))).toBe(500);
    expect(sizes(evolve(tooLarge, webhookOn(500, SIEM)))).toBe(250);
  });

  it('is at most what the destination takes in a second', () => {
    const slow = { destination: { ...siem, linesPerSecond: 40 } };
    expect(sizes(after(webhookOn()), slow)).toBe(40);
    expect(sizes(tooLarge, { destination: { ...siem, linesPerSecond: 300 } })).toBe(250);
  });
});
