import { expect, it } from 'vitest';
import { emptyLane, type Lane } from '../../src/domain/lane.js';
import { nextStep } from '../../src/domain/turn.js';
import { batchAbandoned, batchStarted, loginRecorded, PORTAL, webhookConfigured } from '../support/log-events.js';
import { openLog } from '../support/log-fixture.js';

it('F13: a lane of before there were recoveries goes on', () => {
  const { given, sqlite, models } = openLog();
  given(
    [`webhook-${PORTAL}`, webhookConfigured(true)],
    [`login-${PORTAL}`, loginRecorded()],
    [`delivery-${PORTAL}`, batchStarted('d-1', { firstVersion: 1, lastVersion: 1 })],
    [`delivery-${PORTAL}`, batchAbandoned('d-1')],
    [`login-${PORTAL}`, loginRecorded()],
  );
  const fields = ['side', 'lastTurn', 'batchLimit', 'batchesBeforeGrowth', 'recovering', 'failedProbes', 'probeDueAt'];
  const more = ['destinationDueAt', 'discardedTotal', 'replay'];
  sqlite.exec(`UPDATE lanes SET state = json_remove(state, ${[...fields, ...more].map((f) => `'$.${f}'`).join(', ')})`);
  const { lane } = models.lanes.get(PORTAL);
  const destination = { logFormat: 'CEF', updatedAt: 0, linesPerSecond: null } as const;
  const look = (of: Lane) =>
    nextStep(of, { lastLogin: 2, destination, recoverable: null, replayable: null, now: Date.UTC(2026, 0, 2) });
  expect(look(lane)).toEqual(look({ ...emptyLane, ...lane }));
});
