import { describe, it } from 'vitest';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import { type DeliveryCommand, decide } from '../../../src/domain/lane/decide.js';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane } from '../../../src/domain/lane/lane.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  deliverySuperseded,
  loginsUndelivered,
  OTHER_DESTINATION,
  retryScheduled,
  success,
  unauthorized,
  unavailable,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../../support/domain/events.js';
import { decider } from '../../support/domain/given.js';

const given = decider<Lane, LaneEvent, DeliveryCommand<never>>(emptyLane, evolve, (command, lane) =>
  decide(command, lane, {
    sender: lane.webhook,
    logFormat: undefined,
    workedBefore: () => false,
    undeliveredIn: () => 0,
  }),
);
const start = (batch = batchStarted('a', 1, 3)): DeliveryCommand<never> => ({ type: 'StartBatch', batch: batch.data });
const ended = (deliveryId: string, attempt: number, outcome: Outcome<never>, random = 0): DeliveryCommand<never> => ({
  type: 'RecordOutcome',
  deliveryId,
  attemptNumber: attempt,
  outcome,
  random,
});

describe('a batch', () => {
  it('starts with the first login after the cursor', () => {
    given(webhookOn())
      .when(start())
      .then(batchStarted('a', 1, 3));
    given(webhookOn(), batchStarted('a', 1, 3), batchDelivered('a'))
      .when(start(batchStarted('b', 4, 4)))
      .then(batchStarted('b', 4, 4));
  });

  it('is not started while another batch is open', () => {
    const open = [webhookOn(), batchStarted('a', 1, 3)];
    given(...open)
      .when(start(batchStarted('b', 1, 3)))
      .then();
    given(...open)
      .when(start(batchStarted('b', 4, 4)))
      .then();
  });

  it.each([2, 4, 5])('is not started at login %i when login 3 is next', (first) => {
    given(webhookOn(), batchStarted('a', 1, 2), batchDelivered('a'))
      .when(start(batchStarted('b', first, 9)))
      .then();
  });

  it('is not started if the webhook is off, removed or has another destination', () => {
    given(webhookOn(), webhookOff(3)).when(start()).then();
    given(webhookOn(), webhookRemoved(3)).when(start()).then();
    given(webhookOn(), webhookOn(3, OTHER_DESTINATION)).when(start()).then();
    given().when(start()).then();
  });
});

describe('an attempt', () => {
  const open = [webhookOn(), batchStarted('a', 1, 3)];
  const failedAttempts = (count: number) =>
    Array.from({ length: count }, (_, index) => retryScheduled('a', index + 1, 9));

  it('that succeeds delivers the batch', () => {
    given(...open)
      .when(ended('a', 1, success))
      .then(batchDelivered('a', 1));
    given(...open, ...failedAttempts(4))
      .when(ended('a', 5, success))
      .then(batchDelivered('a', 5));
  });

  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
  ])('with number %i that fails is retried %i ms after its end', (nth, waitMs) => {
    given(...open, ...failedAttempts(nth - 1))
      .when(ended('a', nth, unavailable()))
      .then(retryScheduled('a', nth, 1_500 + waitMs));
  });

  it('is retried later by a random part of the wait', () => {
    given(...open)
      .when(ended('a', 1, unavailable(), 0.5))
      .then(retryScheduled('a', 1, 1_500 + 1_250));
  });

  it('is retried after the Retry-After of the receiver, limited to 1 to 30 s', () => {
    given(...open)
      .when(ended('a', 1, unavailable(7_000), 0.5))
      .then(retryScheduled('a', 1, 8_500, { destinationPausedUntil: 8_500 }));
    given(...open)
      .when(ended('a', 1, unavailable(0)))
      .then(retryScheduled('a', 1, 2_500, { destinationPausedUntil: 2_500 }));
    given(...open)
      .when(ended('a', 1, unavailable(3_600_000)))
      .then(retryScheduled('a', 1, 31_500, { destinationPausedUntil: 31_500 }));
  });

  it('is the last one if it is the fifth: the batch is abandoned', () => {
    given(...open, ...failedAttempts(4))
      .when(ended('a', 5, unavailable(7_000)))
      .then(batchAbandoned('a', 5, 2_500, 503, { destinationPausedUntil: 8_500 }));
  });

  it('is the last one if its answer is final', () => {
    given(...open)
      .when(ended('a', 1, unauthorized))
      .then(batchAbandoned('a', 1, 2_500, 401));
  });

  it('counts only for the open delivery, and only once', () => {
    given(...open)
      .when(ended('b', 1, success))
      .then();
    given(...open)
      .when(ended('a', 2, success))
      .then();
    given(...open, ...failedAttempts(1))
      .when(ended('a', 1, success))
      .then();
    given(...open, batchDelivered('a'))
      .when(ended('a', 1, success))
      .then();
    given(...open, deliverySuperseded('a'))
      .when(ended('a', 1, success))
      .then();
  });

  it('in flight when the webhook is turned off or removed still counts', () => {
    given(...open, webhookOff(3))
      .when(ended('a', 1, success))
      .then(batchDelivered('a', 1));
    given(...open, webhookRemoved(3))
      .when(ended('a', 1, success))
      .then(batchDelivered('a', 1));
  });
});

describe('the wait after abandoned batches in a row', () => {
  const abandonedBatches = (count: number) =>
    Array.from({ length: count }, (_, index) => [
      batchStarted(`a${index}`, index + 1, index + 1),
      batchAbandoned(`a${index}`, 1, 9, 401),
    ]).flat();
  const next = (after: LaneEvent[], version: number) =>
    given(...after, batchStarted('b', version, version)).when(ended('b', 1, unauthorized));

  it.each([
    [1, 2_000],
    [2, 4_000],
    [5, 32_000],
    [6, 60_000],
    [20, 60_000],
  ])('after %i others is %i ms', (count, waitMs) => {
    next([webhookOn(), ...abandonedBatches(count)], count + 1).then(batchAbandoned('b', 1, 1_500 + waitMs, 401));
  });

  it('starts again at 1 s after a success', () => {
    const succeeded = [batchStarted('ok', 3, 3), batchDelivered('ok')];
    next([webhookOn(), ...abandonedBatches(2), ...succeeded], 4).then(batchAbandoned('b', 1, 2_500, 401));
  });

  it('starts again at 1 s at another destination', () => {
    const moved = given(
      webhookOn(),
      ...abandonedBatches(5),
      webhookOn(6, OTHER_DESTINATION),
      batchStarted('b', 6, 6, { destinationId: OTHER_DESTINATION }),
    );
    moved.when(ended('b', 1, unauthorized)).then(batchAbandoned('b', 1, 2_500, 401));
  });
});

describe('a delivery', () => {
  const open = [webhookOn(), batchStarted('a', 1, 3)];

  it('is superseded if it is open', () => {
    given(...open, webhookOn(3, OTHER_DESTINATION))
      .when({ type: 'SupersedeDelivery', deliveryId: 'a' })
      .then(deliverySuperseded('a'));
    given(...open, batchDelivered('a'))
      .when({ type: 'SupersedeDelivery', deliveryId: 'a' })
      .then();
    given(...open)
      .when({ type: 'SupersedeDelivery', deliveryId: 'b' })
      .then();
  });

  it('is abandoned if it is open: its logins are undelivered', () => {
    given(...open, webhookRemoved(3))
      .when({ type: 'EndDelivery', deliveryId: 'a' })
      .then(loginsUndelivered(1, 3, 'a'));
    given(...open, batchDelivered('a'), webhookRemoved(3))
      .when({ type: 'EndDelivery', deliveryId: 'a' })
      .then();
    given(...open, webhookRemoved(3))
      .when({ type: 'EndDelivery', deliveryId: 'b' })
      .then();
  });

  it('is not superseded after the webhook was removed: it is abandoned instead', () => {
    given(...open, webhookOn(3, OTHER_DESTINATION), webhookRemoved(3))
      .when({ type: 'SupersedeDelivery', deliveryId: 'a' })
      .then();
  });

  it('is not abandoned after the webhook was configured again: it continues', () => {
    given(...open, webhookRemoved(3), webhookOn(3))
      .when({ type: 'EndDelivery', deliveryId: 'a' })
      .then();
  });
});
