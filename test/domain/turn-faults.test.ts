import { expect, it } from 'vitest';
import { emptyLane, evolve, type Lane, type LaneEvent } from '../../src/domain/lane.js';
import { nextStep } from '../../src/domain/turn.js';
import { abandoned, started, webhookOn } from '../support/lane-events.js';

it('F10: a destination that was changed while the clock was ahead is probed once, not for as long as it was ahead', () => {
  const lane = [
    webhookOn(),
    started('a', 1, 1),
    abandoned('a', 1, 2_500),
    started('p', 1, 1, { purpose: 'PROBE' }),
    abandoned('p', 1, null, 401, { probeDueAt: 601_500 }),
  ].reduce<Lane>((state: Lane, event: LaneEvent) => evolve(state, event), emptyLane);
  const step = nextStep(lane, {
    lastLogin: 1,
    now: 10_000,
    // An hour ahead of the try at 1,000.
    destination: { logFormat: 'CEF', updatedAt: 3_600_000, linesPerSecond: null },
    recoverable: { firstVersion: 1, lastVersion: 1, state: 'WAITING' },
    replayable: null,
  });
  expect(step.do).toBe('wait');
});
