import { describe, expect, it } from 'vitest';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane, pending, waiting } from '../../../src/domain/lane/lane.js';
import { type LaneContext, nextStep } from '../../../src/domain/lane/next-step.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  DESTINATION,
  deliverySuperseded,
  loginsSkipped,
  loginsUndelivered,
  OTHER_DESTINATION,
  retryScheduled,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../../support/domain/events.js';

const after = (...events: LaneEvent[]): Lane => events.reduce<Lane>(evolve, emptyLane);
const range = (firstVersion: number, lastVersion: number) => ({ firstVersion, lastVersion });
/** The next step of a lane at 1,500 ms whose destination uses CEF. */
const next = (lane: Lane, lastLogin: number, now = 1_500, context: Partial<LaneContext> = {}) =>
  nextStep(lane, {
    lastLogin,
    now,
    destination: {
      logFormat: 'CEF',
      updatedAt: 0,
      linesPerSecond: null,
      maxBatchLines: null,
      healthySince: null,
      pausedUntil: null,
    },
    sender: lane.webhook && { ...lane.webhook, id: 'w' },
    narrowed: null,
    recoverable: null,
    replayable: null,
    ...context,
  });
const idle = { type: 'IDLE' };
const start = (first: number, last: number) => ({ type: 'START', range: range(first, last), purpose: 'FIRST' });

describe('a lane', () => {
  it('is idle until a webhook is turned on', () => {
    expect(next(emptyLane, 5)).toEqual(idle);
    expect(next(after(webhookOff(5)), 9)).toEqual(idle);
    expect(pending(after(webhookOff(5)), 9)).toBe(0);
  });

  it('starts a batch of the logins that wait', () => {
    expect(next(after(webhookOn()), 0)).toEqual(idle);
    expect(next(after(webhookOn()), 3)).toEqual(start(1, 3));
  });

  it('starts a batch of 500 logins at most', () => {
    expect(next(after(webhookOn()), 500)).toEqual(start(1, 500));
    expect(next(after(webhookOn()), 501)).toEqual(start(1, 500));
    expect(next(after(webhookOn(), batchStarted('a', 1, 500), batchDelivered('a')), 501)).toEqual(start(501, 501));
  });

  it('attempts the open delivery at once, then when the retry is due', () => {
    const open = after(webhookOn(), batchStarted('a', 1, 3));
    expect(next(open, 3)).toMatchObject({ type: 'ATTEMPT', delivery: { deliveryId: 'a', failedAttempts: 0 } });
    const failed = evolve(open, retryScheduled('a', 1, 2_500));
    expect(next(failed, 3, 2_499)).toEqual({ type: 'WAIT', until: 2_500 });
    expect(next(failed, 3, 2_500)).toMatchObject({ type: 'ATTEMPT', delivery: { deliveryId: 'a', failedAttempts: 1 } });
  });

  it('waits after an abandoned batch, then continues after it', () => {
    const lane = after(webhookOn(), batchStarted('a', 1, 3), batchAbandoned('a', 1, 2_500));
    expect(next(lane, 3)).toEqual(idle);
    expect(next(lane, 4, 2_499)).toEqual({ type: 'WAIT', until: 2_500 });
    expect(next(lane, 4, 2_500)).toEqual(start(4, 4));
  });

  it('is idle while its destination is unknown', () => {
    expect(next(after(webhookOn()), 3, 0, { destination: null })).toEqual(idle);
  });
});

describe('turning a webhook off', () => {
  const off = after(webhookOn(), batchStarted('a', 1, 2), webhookOff(5));

  it('freezes the lane: nothing is attempted or started, and due logins stay due', () => {
    expect(next(off, 9)).toEqual(idle);
    expect(next(evolve(off, batchDelivered('a')), 9)).toEqual(idle);
    expect(pending(off, 9)).toBe(5);
    expect(waiting(off, 9)).toEqual([range(3, 5)]);
  });

  it('twice, or with another destination, makes no other login due', () => {
    const twice = after(webhookOn(), webhookOff(5), webhookOff(9, OTHER_DESTINATION));
    expect(pending(twice, 9)).toBe(5);
  });
});

describe('turning a webhook on again', () => {
  it('resumes with the due logins and skips the others', () => {
    const lane = after(webhookOn(), webhookOff(5), webhookOn(9), loginsSkipped(6, 9));
    expect(pending(lane, 12)).toBe(8);
    expect(waiting(lane, 12)).toEqual([range(1, 5), range(10, 12)]);
    expect(next(lane, 12)).toEqual(start(1, 5));
    expect(
      next(
        after(
          webhookOn(),
          webhookOff(5),
          webhookOn(9),
          loginsSkipped(6, 9),
          batchStarted('a', 1, 5),
          batchDelivered('a'),
        ),
        12,
      ),
    ).toEqual(start(10, 12));
  });

  it('moves the cursor over skipped logins that are next', () => {
    const lane = after(webhookOn(5), loginsSkipped(1, 5));
    expect(lane).toMatchObject({ backlog: { cursor: 5, skipped: [] } });
    expect(pending(lane, 5)).toBe(0);
  });

  it('keeps the attempts of the open delivery', () => {
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      retryScheduled('a', 2, 2_500),
      webhookOff(3),
      webhookOn(3),
    );
    expect(next(lane, 3)).toEqual({ type: 'WAIT', until: 2_500 });
    expect(lane).toMatchObject({
      health: { failing: true, consecutiveFailures: 1 },
      first: { open: { failedAttempts: 2 } },
    });
  });
});

describe('removing a webhook', () => {
  const removed = after(
    webhookOn(),
    batchStarted('a', 1, 2),
    retryScheduled('a', 1, 2_500),
    webhookRemoved(5),
    loginsUndelivered(3, 5),
  );

  it('abandons the open delivery at once', () => {
    expect(next(removed, 9)).toMatchObject({ type: 'END', delivery: { deliveryId: 'a' } });
  });

  it('leaves nothing pending except the open delivery', () => {
    expect(pending(removed, 9)).toBe(2);
    const done = evolve(removed, loginsUndelivered(1, 2, 'a'));
    expect(done).toMatchObject({
      first: { open: null },
      backlog: { cursor: 5, skipped: [] },
      totals: { undelivered: 5 },
    });
    expect(pending(done, 9)).toBe(0);
    expect(next(done, 9)).toEqual(idle);
  });

  it('keeps the skipped ranges in order, whatever was skipped before', () => {
    const lane = after(
      webhookOn(),
      webhookOff(3),
      webhookOn(5),
      loginsSkipped(4, 5),
      webhookRemoved(5),
      loginsUndelivered(1, 3),
    );
    expect(lane).toMatchObject({ backlog: { cursor: 5, skipped: [] } });
    expect(pending(lane, 5)).toBe(0);
    expect(waiting(lane, 5)).toEqual([]);
  });

  it('resets the failures', () => {
    expect(removed).toMatchObject({
      webhook: null,
      health: { failing: false, consecutiveFailures: 0 },
      first: { nextBatchDueAt: null },
    });
  });
});

describe('a change of destination or log format', () => {
  const open = after(webhookOn(), batchStarted('a', 1, 3), retryScheduled('a', 1, 9_000));

  it('supersedes the open delivery at once and starts its logins again', () => {
    const moved = evolve(open, webhookOn(3, OTHER_DESTINATION));
    expect(next(moved, 3)).toMatchObject({ type: 'SUPERSEDE', delivery: { deliveryId: 'a' } });
    expect(
      next(open, 3, 1_500, {
        destination: {
          logFormat: 'JSON',
          updatedAt: 0,
          linesPerSecond: null,
          maxBatchLines: null,
          healthySince: null,
          pausedUntil: null,
        },
      }),
    ).toMatchObject({ type: 'SUPERSEDE', delivery: { deliveryId: 'a' } });
    const restarted = evolve(moved, deliverySuperseded('a'));
    expect(next(restarted, 4)).toEqual(start(1, 4));
    expect(pending(restarted, 4)).toBe(4);
  });

  it('does not supersede while the webhook is off', () => {
    expect(next(evolve(open, webhookOff(3, OTHER_DESTINATION)), 3)).toEqual(idle);
  });

  it('ends the wait after an abandoned batch if the destination changes', () => {
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      batchAbandoned('a', 1, 9_000),
      webhookOn(3, OTHER_DESTINATION),
    );
    expect(next(lane, 4)).toEqual(start(4, 4));
  });
});

describe('the state of a lane', () => {
  const failedTwice = after(webhookOn(), batchStarted('a', 1, 3), retryScheduled('a', 1, 9), retryScheduled('a', 2, 9));

  it('is failing from the first failed attempt to the next success', () => {
    expect(failedTwice).toMatchObject({ health: { failing: true, consecutiveFailures: 2 } });
    expect(evolve(failedTwice, batchAbandoned('a', 3, 9))).toMatchObject({
      health: { failing: true, consecutiveFailures: 3 },
    });
    expect(evolve(failedTwice, batchDelivered('a', 3))).toMatchObject({
      health: { failing: false, consecutiveFailures: 0 },
    });
  });

  it('contains the last attempt', () => {
    expect(failedTwice.health.lastAttempt).toEqual({
      at: 1_000,
      destinationId: DESTINATION,
      responseCode: 503,
      message: 'answer 503',
    });
  });

  it('is not failing after a change of destination', () => {
    expect(evolve(failedTwice, webhookOn(3, OTHER_DESTINATION))).toMatchObject({
      health: { failing: false, consecutiveFailures: 0 },
    });
  });

  it('stays as it is when the webhook is turned off', () => {
    expect(evolve(failedTwice, webhookOff(3))).toMatchObject({ health: { failing: true, consecutiveFailures: 2 } });
  });

  it.each([retryScheduled('a', 3, 9_000), batchAbandoned('a', 3, 9_000)])(
    'is not failing because of $type at the previous destination',
    (failure) => {
      const lanes = [evolve(failedTwice, webhookOn(3, OTHER_DESTINATION)), evolve(failedTwice, webhookRemoved(3))];
      for (const lane of lanes)
        expect(evolve(lane, failure)).toMatchObject({ health: { failing: false, consecutiveFailures: 0 } });
    },
  );

  it('does not wait at a new destination because the previous one refuses', () => {
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      webhookOn(3, OTHER_DESTINATION),
      batchAbandoned('a', 1, 9_000, 401),
    );
    expect(lane).toMatchObject({ first: { abandonedInARow: 0, nextBatchDueAt: null } });
    expect(next(lane, 4)).toEqual(start(4, 4));
  });

  it('counts logins that the previous destination still accepts', () => {
    const lane = after(webhookOn(), batchStarted('a', 1, 3), webhookOn(3, OTHER_DESTINATION), batchDelivered('a'));
    expect(lane).toMatchObject({ totals: { delivered: 3 }, backlog: { cursor: 3 }, first: { open: null } });
  });

  it('is failing if the destination that fails was replaced and then chosen again', () => {
    const back = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      webhookOn(3, OTHER_DESTINATION),
      webhookOn(3, DESTINATION),
      retryScheduled('a', 1, 9),
    );
    expect(back).toMatchObject({ health: { failing: true, consecutiveFailures: 1 } });
  });

  it('counts each login once', () => {
    const lane = after(
      webhookOn(),
      batchStarted('a', 1, 3),
      retryScheduled('a', 1, 9),
      batchDelivered('a', 2),
      batchStarted('b', 4, 5),
      deliverySuperseded('b'),
      batchStarted('c', 4, 6),
      batchAbandoned('c', 1, 9),
    );
    expect(lane).toMatchObject({
      totals: { delivered: 3, undelivered: 3 },
      backlog: { cursor: 6 },
      first: { abandonedInARow: 1 },
    });
  });
});
