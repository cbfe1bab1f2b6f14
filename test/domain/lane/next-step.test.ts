import { describe, expect, it } from 'vitest';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane } from '../../../src/domain/lane/lane.js';
import { type LaneContext, type NextStep, nextStep } from '../../../src/domain/lane/next-step.js';
import type { ReplayEvent } from '../../../src/domain/replay.js';
import {
  batchAbandoned,
  batchDelivered,
  batchSplit,
  batchStarted,
  DESTINATION,
  lineTooLarge,
  OTHER_DESTINATION,
  retryScheduled,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../../support/domain/events.js';

const after = (...events: LaneEvent[]): Lane => events.reduce<Lane>(evolve, emptyLane);
const range = (firstVersion: number, lastVersion: number) => ({ firstVersion, lastVersion });
const waitingRange = (first: number, last: number) => ({ ...range(first, last), state: 'WAITING' as const });
const requested = (first: number, last: number) => ({ ...range(first, last), state: 'REQUESTED' as const });
const siem = {
  logFormat: 'CEF' as const,
  updatedAt: 0,
  linesPerSecond: null,
  maxBatchLines: null,
  healthySince: null,
  pausedUntil: null,
};

/** The attempts of these events begin at 1,000 ms and end at 1,500 ms. `now` is 1,500 ms unless a test sets it. */
function next(lane: Lane, context: Partial<LaneContext> = {}): NextStep {
  return nextStep(lane, {
    lastLogin: 0,
    now: 1_500,
    destination: siem,
    sender: lane.webhook && { ...lane.webhook, id: 'w' },
    narrowed: null,
    recoverable: null,
    replayable: null,
    ...context,
  });
}
const start = (purpose: Purpose, first: number, last: number) => ({
  type: 'START',
  purpose,
  range: range(first, last),
});
const wait = (until: number) => ({ type: 'WAIT', until });
const attempts = (deliveryId: string) => ({ type: 'ATTEMPT', delivery: { deliveryId } });
const redelivery = (deliveryId: string, first: number, last: number, purpose: Purpose = 'RECOVERY') =>
  batchStarted(deliveryId, first, last, { purpose });

const requestedReplay: ReplayEvent = {
  type: 'ReplayRequested',
  data: { jobId: 'job', startAt: 0, endAt: 9, scope: 'ALL', at: 1 },
};
const replay: ReplayEvent[] = [
  requestedReplay,
  { type: 'ReplayStarted', data: { jobId: 'job', ranges: [range(1, 900)], total: 900, at: 2 } },
];
const replayBatch = (deliveryId: string, first: number, last: number): LaneEvent => {
  const { type, data } = redelivery(deliveryId, first, last, 'REPLAY');
  return { type, data: { ...data, replayJobId: 'job' } };
};

describe('the order of deliveries', () => {
  const all = { lastLogin: 999, recoverable: waitingRange(1, 2), replayable: range(1, 900) };

  it('alternates between first deliveries, recoveries and a replay while each of them has logins', () => {
    const lane = after(webhookOn(), ...replay, batchStarted('a', 1, 5), batchDelivered('a'));
    expect(next(lane, all)).toEqual(start('RECOVERY', 1, 2));
    const recovered = [lane, redelivery('r', 1, 2), batchDelivered('r')] as const;
    const second = evolve(evolve(lane, recovered[1]), recovered[2]);
    expect(next(second, all)).toEqual(start('REPLAY', 1, 500));
    const third = evolve(evolve(second, replayBatch('p', 1, 500)), batchDelivered('p'));
    expect(next(third, all)).toEqual(start('FIRST', 6, 505));
  });

  it('skips a purpose that has no logins', () => {
    const lane = after(webhookOn(), ...replay, batchStarted('a', 1, 5), batchDelivered('a'));
    expect(next(lane, { ...all, recoverable: null })).toEqual(start('REPLAY', 1, 500));
    expect(next(lane, { lastLogin: 5, recoverable: waitingRange(1, 2), replayable: range(1, 900) })).toEqual(
      start('RECOVERY', 1, 2),
    );
    const afterRecovery = after(
      webhookOn(),
      batchStarted('a', 1, 5),
      batchDelivered('a'),
      redelivery('r', 1, 2),
      batchDelivered('r'),
    );
    expect(next(afterRecovery, { lastLogin: 5, recoverable: waitingRange(3, 4) })).toEqual(start('RECOVERY', 3, 4));
  });

  it('continues after the purpose that was started last, whether it succeeded or not', () => {
    const failed = after(
      webhookOn(),
      batchStarted('a', 1, 1),
      batchDelivered('a'),
      redelivery('r', 2, 2),
      batchAbandoned('r', 1, null),
    );
    expect(failed.lastStarted).toBe('RECOVERY');
    expect(next(failed, { lastLogin: 9 })).toEqual(start('FIRST', 2, 2));
  });

  it('begins with a delivery that was started and not attempted, whatever else is due', () => {
    expect(next(after(webhookOn(), batchStarted('a', 1, 5)), all)).toMatchObject(attempts('a'));
    expect(next(after(webhookOn(), redelivery('r', 1, 2)), all)).toMatchObject(attempts('r'));
    const failedFirst = after(
      webhookOn(),
      redelivery('r', 1, 2),
      retryScheduled('r', 1, 1_400),
      batchStarted('a', 1, 5),
    );
    expect(next(failedFirst, all)).toMatchObject(attempts('a'));
  });
});

describe('while a first delivery waits for its retry', () => {
  const failed = after(webhookOn(), ...replay, batchStarted('a', 6, 9), retryScheduled('a', 1, 2_500));

  it('nothing is started', () => {
    const others = { lastLogin: 99, recoverable: requested(1, 5), replayable: range(1, 5) };
    expect(next(failed, others)).toEqual(wait(2_500));
    expect(next(failed, { ...others, now: 2_500 })).toMatchObject(attempts('a'));
  });

  it('no redelivery is attempted', () => {
    const both = after(
      webhookOn(),
      redelivery('r', 1, 5),
      retryScheduled('r', 1, 1_400),
      batchStarted('a', 6, 9),
      retryScheduled('a', 1, 2_500),
    );
    expect(next(both)).toEqual(wait(2_500));
  });
});

describe('a redelivery that waits for its retry', () => {
  const waiting = after(webhookOn(), redelivery('r', 1, 5), retryScheduled('r', 1, 2_500));

  it('does not delay first deliveries', () => {
    expect(next(waiting, { lastLogin: 9 })).toEqual(start('FIRST', 1, 9));
    expect(next(waiting)).toEqual(wait(2_500));
  });

  it('is attempted when it is due, alternately with first deliveries', () => {
    expect(next(waiting, { now: 2_500 })).toMatchObject(attempts('r'));
    expect(next(waiting, { now: 2_500, lastLogin: 9 })).toEqual(start('FIRST', 1, 9));
    const afterFirst = evolve(evolve(waiting, batchStarted('a', 1, 9)), batchDelivered('a'));
    expect(next(afterFirst, { now: 2_500, lastLogin: 10 })).toMatchObject(attempts('r'));
  });

  it('is the only redelivery of its lane', () => {
    const others = { recoverable: requested(6, 7), replayable: range(1, 5) };
    expect(next(waiting, others)).toEqual(wait(2_500));
  });

  it('continues after the webhook was off', () => {
    const off = evolve(waiting, webhookOff(0));
    expect(next(off, { now: 9_999 })).toEqual({ type: 'IDLE' });
    expect(next(evolve(off, webhookOn(0)), { now: 9_999 })).toMatchObject(attempts('r'));
  });

  it('is superseded if the destination or the log format changes', () => {
    expect(next(evolve(waiting, webhookOn(0, OTHER_DESTINATION)))).toMatchObject({
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
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      batchAbandoned('a', 5, 2_500),
      batchStarted('b', 4, 4),
      batchDelivered('b'),
    );
    expect(lane.redelivery.recovering).toBe(true);
    expect(next(lane, { recoverable })).toEqual(start('RECOVERY', 1, 2));
  });

  it('is due at once at another destination', () => {
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      batchAbandoned('a', 5, 2_500),
      webhookOn(3, OTHER_DESTINATION),
    );
    expect(next(lane, { recoverable })).toEqual(start('RECOVERY', 1, 3));
  });

  it('ends with the first abandoned batch of any purpose', () => {
    const healthy = after(webhookOn(), batchStarted('a', 1, 1), batchDelivered('a'));
    expect(evolve(evolve(healthy, redelivery('r', 1, 1)), batchAbandoned('r', 1, null)).redelivery.recovering).toBe(
      false,
    );
    expect(evolve(evolve(healthy, batchStarted('b', 2, 2)), batchAbandoned('b', 1, 9)).redelivery.recovering).toBe(
      false,
    );
    expect(
      evolve(evolve(healthy, redelivery('r', 1, 1)), lineTooLarge('r')).redelivery.recovering,
      'one line is too large',
    ).toBe(true);
  });

  it('does not wait if a person asked for it, whatever was abandoned before', () => {
    const lane = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 5, 2_500));
    expect(next(lane, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
    const failedBefore = evolve(evolve(lane, redelivery('r', 1, 1)), batchAbandoned('r', 1, 9_500));
    const afterRequest = evolve(failedBefore, { type: 'RedeliveryRequested', data: { ranges: [range(1, 3)] } });
    expect(next(afterRequest, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
  });

  it('waits after a failed recovery, and first deliveries do not', () => {
    const healthy = after(webhookOn(), batchStarted('a', 1, 1), batchDelivered('a'));
    const failed = evolve(evolve(healthy, redelivery('r', 2, 2)), batchAbandoned('r', 1, 2_500));
    expect(next(failed, { recoverable: requested(2, 2) })).toEqual(wait(2_500));
    expect(next(failed, { recoverable: requested(2, 2), lastLogin: 9 })).toEqual(start('FIRST', 2, 2));
    expect(next(failed, { replayable: range(1, 1) })).toEqual(wait(2_500));
    const afterFirst = evolve(evolve(failed, batchStarted('b', 2, 2)), batchDelivered('b'));
    expect(next(afterFirst, { recoverable: requested(2, 2) })).toEqual(wait(2_500));
    expect(afterFirst).toMatchObject({ redelivery: { abandonedInARow: 1 }, first: { abandonedInARow: 0 } });
    const again = evolve(evolve(afterFirst, redelivery('s', 2, 2)), batchDelivered('s'));
    expect(again).toMatchObject({ redelivery: { abandonedInARow: 0, nextBatchDueAt: null } });
  });

  it('that a person asked for is sent while everything fails', () => {
    const lane = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 5, 1_400));
    expect(next(lane, { recoverable: requested(1, 3) })).toEqual(start('RECOVERY', 1, 1));
  });
});

describe('a probe', () => {
  const PROBE_DUE_AT = 1_500 + 5 * 60_000;
  const failing = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 5, 2_500));
  const recoverable = waitingRange(1, 3);

  it('sends one login of the oldest range when it is due', () => {
    expect(next(failing, { recoverable })).toEqual(wait(PROBE_DUE_AT));
    expect(next(failing, { recoverable, now: PROBE_DUE_AT - 1 })).toEqual(wait(PROBE_DUE_AT));
    expect(next(failing, { recoverable, now: PROBE_DUE_AT })).toEqual(start('PROBE', 1, 1));
  });

  it('does not delay first deliveries', () => {
    expect(next(failing, { recoverable, lastLogin: 4 })).toEqual(wait(2_500));
    expect(next(failing, { recoverable, lastLogin: 4, now: 2_500 })).toEqual(start('FIRST', 4, 4));
  });

  it('is due a minute after the last attempt if the destination has worked for another portal since', () => {
    const healthy = { ...siem, healthySince: 1_200 };
    expect(next(failing, { recoverable, destination: healthy, now: 2_500 })).toEqual(wait(61_000));
    expect(next(failing, { recoverable, destination: healthy, now: 61_000 })).toEqual(start('PROBE', 1, 1));
    const before = { ...siem, healthySince: 900 };
    expect(next(failing, { recoverable, destination: before, now: 61_000 })).toEqual(wait(PROBE_DUE_AT));
  });

  it('is due at once if the destination was changed after the last attempt', () => {
    const changed = { ...siem, updatedAt: 1_001 };
    expect(next(failing, { recoverable, destination: changed })).toEqual(start('PROBE', 1, 1));
    const earlier = { ...siem, updatedAt: 1_000 };
    expect(next(failing, { recoverable, destination: earlier, now: 2_500 })).toEqual(wait(PROBE_DUE_AT));
  });

  it('is not due because of a change with a future time: the clock was wrong', () => {
    const ahead = { ...siem, updatedAt: 3_600_000 };
    expect(next(failing, { recoverable, destination: ahead, now: 10_000 })).toEqual(wait(PROBE_DUE_AT));
    expect(next(failing, { recoverable, destination: ahead, now: 3_600_000 })).toEqual(start('PROBE', 1, 1));
  });

  it('is due if its time is further in the future than any wait: the clock was wrong', () => {
    const lane = { ...failing, redelivery: { ...failing.redelivery, probeDueAt: 365 * 24 * 3_600_000 } };
    expect(next(lane, { recoverable, now: 10_000 })).toEqual(start('PROBE', 1, 1));
  });

  it('that fails is followed by another one later; a success resets the probes', () => {
    const once = evolve(
      evolve(failing, redelivery('p', 1, 1, 'PROBE')),
      batchAbandoned('p', 5, null, 503, { probeDueAt: 700_000 }),
    );
    expect(once).toMatchObject({ redelivery: { failedProbes: 1, probeDueAt: 700_000, recovering: false } });
    expect(next(once, { recoverable, now: 10_000 })).toEqual(wait(700_000));
    const healthy = evolve(evolve(once, redelivery('q', 1, 1, 'PROBE')), batchDelivered('q'));
    expect(healthy).toMatchObject({ redelivery: { failedProbes: 0, probeDueAt: null, recovering: true } });
    expect(next(healthy, { recoverable: waitingRange(2, 3) })).toEqual(start('RECOVERY', 2, 3));
  });

  it('is not sent while the webhook is off', () => {
    expect(next(evolve(failing, webhookOff(3)), { recoverable, now: 9_999_999 })).toEqual({ type: 'IDLE' });
  });
});

describe('a replay', () => {
  it('is started and finished by the lane', () => {
    expect(next(after(webhookOn(), requestedReplay))).toEqual({ type: 'START_REPLAY' });
    expect(next(after(webhookOn(), ...replay))).toEqual({ type: 'FINISH_REPLAY' });
    expect(next(after(webhookOff(), requestedReplay))).toEqual({ type: 'IDLE' });
  });

  it('is not finished while its last delivery is open', () => {
    const lane = after(webhookOn(), ...replay, replayBatch('p', 1, 900), retryScheduled('p', 1, 2_500));
    expect(next(lane)).toEqual(wait(2_500));
  });

  it('that was cancelled supersedes its delivery that waits for a retry', () => {
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

  it('waits after an abandoned batch, as first deliveries do', () => {
    const lane = after(webhookOn(), ...replay, batchStarted('a', 1, 3), batchAbandoned('a', 5, 2_500));
    expect(next(lane, { replayable: range(1, 3) })).toEqual(wait(2_500));
    expect(next(lane, { replayable: range(1, 3), now: 2_500 })).toEqual(start('REPLAY', 1, 1));
  });
});

describe('the size of a batch', () => {
  const many = { lastLogin: 10_000 };
  const sizes = (lane: Lane, context: Partial<LaneContext> = {}) => {
    const step = next(lane, { ...many, now: 99_999, ...context });
    return step.type === 'START' ? step.range.lastVersion - step.range.firstVersion + 1 : step;
  };
  const tooLarge = after(webhookOn(), batchStarted('a', 1, 500), batchSplit('a'));

  it('is 500 logins at most', () => {
    expect(sizes(after(webhookOn()))).toBe(500);
  });

  it('is at most half of the last batch that was too large, rounded up', () => {
    expect(sizes(tooLarge)).toBe(250);
    const again = evolve(evolve(tooLarge, batchStarted('b', 1, 250)), batchSplit('b'));
    expect(sizes(again)).toBe(125);
    const odd = evolve(evolve(again, batchStarted('c', 1, 3)), batchSplit('c'));
    expect(sizes(odd)).toBe(2);
  });

  it('does not grow if a larger batch is too large later', () => {
    const waiting = after(
      webhookOn(),
      redelivery('r', 1, 400),
      retryScheduled('r', 1, 2_500),
      batchStarted('a', 1, 2),
      batchSplit('a'),
    );
    expect(evolve(waiting, batchSplit('r', 2)).batch.limit).toBe(1);
  });

  it('grows again after 20 delivered batches: it doubles with each full one, up to 500', () => {
    const deliveredBatches = Array.from({ length: 22 }, (_, index) => {
      const id = `t${index}`;
      return [batchStarted(id, 1, 500), batchDelivered(id)];
    });
    const limits = deliveredBatches.map(
      (_, index) =>
        deliveredBatches
          .slice(0, index + 1)
          .flat()
          .reduce<Lane>(evolve, tooLarge).batch.limit,
    );
    expect(limits.slice(18)).toEqual([250, 250, 500, 500]);
  });

  it('does not grow after batches that are not full: they do not show that larger ones work', () => {
    const one = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 5, 9));
    expect(sizes(one)).toBe(1);
    const two = evolve(evolve(one, batchStarted('b', 4, 4)), batchDelivered('b'));
    expect(sizes(two)).toBe(2);
    expect(sizes(evolve(evolve(two, batchStarted('c', 5, 5)), batchDelivered('c')))).toBe(2);
    expect(sizes(evolve(evolve(two, batchStarted('c', 5, 6)), batchDelivered('c')))).toBe(4);
  });

  it('is 1 after an abandoned batch, whatever is sent next', () => {
    const lane = after(webhookOn(), batchStarted('a', 1, 300), batchAbandoned('a', 5, 9));
    expect(next(lane, many)).toEqual(start('FIRST', 301, 301));
    expect(next(lane, { recoverable: requested(1, 300), lastLogin: 300 })).toEqual(start('RECOVERY', 1, 1));
    expect(next(lane, { replayable: range(1, 300), lastLogin: 300 })).toEqual(start('REPLAY', 1, 1));
  });

  it('is 500 again at another destination', () => {
    expect(sizes(evolve(tooLarge, webhookOn(500, OTHER_DESTINATION)))).toBe(500);
    expect(sizes(evolve(tooLarge, webhookOn(500, DESTINATION)))).toBe(250);
  });

  it('is at most `linesPerSecond` of the destination', () => {
    const slow = { destination: { ...siem, linesPerSecond: 40 } };
    expect(sizes(after(webhookOn()), slow)).toBe(40);
    expect(sizes(tooLarge, { destination: { ...siem, linesPerSecond: 300 } })).toBe(250);
  });
});

describe('a destination that is paused', () => {
  const paused = { destination: { ...siem, pausedUntil: 5_000 } };

  it('gets no batch and no attempt before the pause ends', () => {
    expect(next(after(webhookOn()), { ...paused, lastLogin: 3 })).toEqual(wait(5_000));
    expect(next(after(webhookOn(), batchStarted('a', 1, 3)), paused)).toEqual(wait(5_000));
    const failed = after(webhookOn(), batchStarted('a', 1, 3), retryScheduled('a', 1, 2_500));
    expect(next(failed, paused)).toEqual(wait(5_000));
    expect(next(failed, { ...paused, now: 5_000 })).toMatchObject(attempts('a'));
  });

  it('does not delay steps that send nothing', () => {
    const changed = { destination: { ...siem, logFormat: 'JSON' as const, pausedUntil: 5_000 } };
    expect(next(after(webhookOn(), batchStarted('a', 1, 3)), changed)).toMatchObject({ type: 'SUPERSEDE' });
  });

  it('until a time that is further away than any pause is not paused: the clock was wrong', () => {
    const wrong = { destination: { ...siem, pausedUntil: 86_400_000 } };
    expect(next(after(webhookOn()), { ...wrong, lastLogin: 3 })).toEqual(start('FIRST', 1, 3));
  });
});

describe('a removed webhook', () => {
  const removed = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 5, 2_500), webhookRemoved(3));
  const sender = { id: 'other', destinationId: OTHER_DESTINATION, enabled: true };

  it('sends nothing by itself', () => {
    expect(next(removed, { recoverable: waitingRange(1, 3), lastLogin: 9 })).toEqual({ type: 'IDLE' });
  });

  it('has its undelivered logins sent through another webhook, and nothing else', () => {
    expect(next(removed, { sender, recoverable: requested(1, 3), lastLogin: 9 })).toEqual(start('RECOVERY', 1, 1));
    expect(next(removed, { sender, lastLogin: 9 })).toEqual({ type: 'IDLE' });
    expect(next(removed, { sender: { ...sender, enabled: false }, recoverable: requested(1, 3) })).toEqual({
      type: 'IDLE',
    });
  });

  it('waits after an abandoned redelivery before it sends to the destination of a third webhook', () => {
    const failed = [
      batchStarted('r', 1, 1, { purpose: 'RECOVERY', destinationId: OTHER_DESTINATION, throughWebhookId: 'other' }),
      batchAbandoned('r', 1, 9_500, 401),
    ].reduce<Lane>(evolve, removed);
    const third = { id: 'third', destinationId: DESTINATION, enabled: true };
    const context = { sender: third, recoverable: waitingRange(2, 3) };
    expect(next(failed, { ...context, now: 9_499 })).toEqual(wait(9_500));
    expect(next(failed, { ...context, now: 9_500 })).toEqual(start('PROBE', 2, 2));
  });

  it('ends a redelivery through a webhook that does not send any more, or sends elsewhere', () => {
    const open = evolve(
      removed,
      batchStarted('r', 1, 1, { purpose: 'RECOVERY', destinationId: OTHER_DESTINATION, throughWebhookId: 'other' }),
    );
    expect(next(open, { sender })).toMatchObject(attempts('r'));
    expect(next(open, { sender: null })).toMatchObject({ type: 'END', delivery: { deliveryId: 'r' } });
    expect(next(open, { sender: { ...sender, id: 'third' } })).toMatchObject({ type: 'END' });
    expect(next(open, { sender: { ...sender, destinationId: DESTINATION } })).toMatchObject({ type: 'END' });
    expect(next(evolve(open, webhookOn(3)), {})).toMatchObject({ type: 'SUPERSEDE', delivery: { deliveryId: 'r' } });
  });
});
