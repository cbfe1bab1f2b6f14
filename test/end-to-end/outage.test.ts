import { expect, it } from 'vitest';
import { field } from '../support/crash/repeats.js';
import { answer, type Received, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal } from '../support/server/app.js';
import { longAccountOf, startLongRun } from '../support/server/long-run.js';

const MINUTE_MS = 60_000;
const PORTALS = 3;
/** A portal records a login about twice as often. */
const EVERY_MS = 40_000;
/** What each portal records in the moment in which the receiver is back. */
const FRESH = 40;
/** Far less than the outage, and much for a machine that is busy. */
const NEIGHBOUR_MS = 30_000;
/** Longest wait between two attempts of a lane, with its jitter. */
const MAX_WAIT_MS = 90_000;

it('an hour without a receiver loses nothing, and the status says all the while where things stand', async () => {
  const receiver = await startReceiver();
  const healthy = await startReceiver();
  const taken: Received[] = [];
  receiver.answers((response, received, request) => {
    response.once('finish', () => taken.push(received));
    answer(200)(response, received, request);
  });
  const run = await startLongRun();
  const { clock, recorded } = run;
  const portalIds: string[] = [];
  for (let count = 0; count < PORTALS; count += 1) portalIds.push((await connectPortal(run, receiver)).portalId);
  const { portalId: spared } = await connectPortal(run, healthy);
  const start = clock.now();
  const after = (minutes: number) => run.at(start + minutes * MINUTE_MS);
  for (const portalId of [...portalIds, spared]) run.keepRecording(portalId, EVERY_MS);

  const statuses = () => portalIds.map((portalId) => run.statusOf(portalId).status);
  const recordedBy = (portalId: string) => recorded.filter((login) => login.portalId === portalId);
  const delivered = new Set<string>();
  const expectHealthy = () => {
    for (const status of statuses()) {
      expect(status).toMatchObject({ state: 'ACTIVE', pending: 0, oldestPendingAt: null, undeliveredTotal: 0 });
      expect(status).toMatchObject({ oldestUndeliveredAt: null, nextAttemptAt: null, consecutiveFailures: 0 });
    }
  };
  /** What an operator has to know while nothing arrives. */
  const expectOutage = (message: RegExp, responseCode: number | null) => {
    for (const [index, status] of statuses().entries()) {
      const logins = recordedBy(portalIds[index] ?? '');
      const [oldest] = logins.filter(({ traceId }) => !delivered.has(traceId));
      const { pending, undeliveredTotal, deliveredTotal, nextAttemptAt, lastAttemptAt } = status;
      expect(status).toMatchObject({ state: 'INACTIVE', needsActionTotal: 0, discardedTotal: 0 });
      expect(status).toMatchObject({ lastResponseCode: responseCode });
      expect(status.lastResponseMessage).toMatch(message);
      expect(undeliveredTotal).toBeGreaterThan(0);
      expect([logins.length, deliveredTotal]).toEqual([pending + undeliveredTotal + deliveredTotal, deliveredTotal]);
      expect(status.oldestUndeliveredAt).toBe(oldest && recordedAtOf(oldest.position));
      expect(lastAttemptAt).toBeGreaterThan(clock.now() - MAX_WAIT_MS);
      // Something is due soon, or under way.
      if (nextAttemptAt !== null) expect(nextAttemptAt).toBeLessThan(clock.now() + MAX_WAIT_MS);
    }
  };
  const recordedAtOf = (position: number) => run.app.services.log.at([position])[0]?.recordedAt;

  await after(5);
  expectHealthy();
  for (const { lines } of taken) for (const line of lines) delivered.add(field(line, 'trace_id'));
  await receiver.down();
  await after(8);
  expectOutage(/connection refused/, null);
  await after(30);
  expectOutage(/connection refused/, null);
  receiver.answers(answer(503, {}, 'warming up'));
  await receiver.up();
  await after(64);
  expectOutage(/warming up/, 503);
  const worst = statuses().map(({ undeliveredTotal }) => undeliveredTotal);
  const ranges = portalIds.map((portalId) => run.app.services.models.undelivered.page(portalId, ['WAITING'], all));

  // It is back, and everyone logs in.
  const before = taken.length;
  const backAt = clock.now();
  receiver.answers((response, received, request) => {
    response.once('finish', () => taken.push(received));
    answer(200)(response, received, request);
  });
  await Promise.all(portalIds.map((portalId) => run.record(portalId, FRESH)));
  await after(75);
  run.stop();
  await Promise.all([...portalIds, spared].map((portalId) => run.untilNothingIsLeft(portalId)));
  expectHealthy();

  const account = longAccountOf(run, [receiver, healthy], [...taken, ...healthy.received]);
  const turns = portalIds.map((portalId) => turnsOf(portalId, taken.slice(before)));
  const lastRecovery = Math.max(...turns.flat().map(({ at, purpose }) => (purpose === 'RECOVERY' ? at : 0)));
  process.stdout.write(
    `an hour: ${JSON.stringify(account)}; undelivered at the end of the outage ${worst.join(', ')} in ` +
      `${ranges.map(({ length }) => length).join(', ')} ranges; all delivered ${Math.ceil((lastRecovery - backAt) / 1_000)} s after it was back\n`,
  );
  expect(account).toMatchObject({ lost: 0, twiceInOne: 0, inSeveral: 0, changed: 0 });
  expect(account).toMatchObject({ disorderedFirsts: 0, disorderedRecoveries: 0 });
  for (const { deliveredTotal } of statuses()) expect(deliveredTotal).toBeGreaterThan(FRESH);
  expect(statuses().map(({ deliveredTotal }) => deliveredTotal)).toEqual(portalIds.map((id) => recordedBy(id).length));
  // While both wait, fresh logins and what was given up go out by turns.
  for (const batches of turns) {
    const purposes = batches.map(({ purpose }) => purpose);
    const both = purposes.slice(purposes.indexOf('RECOVERY'), purposes.lastIndexOf('FIRST'));
    expect(both.slice(0, 6)).toEqual(['RECOVERY', 'FIRST', 'RECOVERY', 'FIRST', 'RECOVERY', 'FIRST']);
  }
  // Its neighbour never waited.
  const late = recordedBy(spared).filter(
    ({ traceId, at }) => (arrivalOf(spared, traceId) ?? Number.NaN) - at > NEIGHBOUR_MS,
  );
  expect(late).toEqual([]);
  await Promise.all([receiver.down(), healthy.down()]);

  function eventsOf(portalId: string) {
    return run.app.services.log.range(`delivery-${portalId}`, 1, Number.MAX_SAFE_INTEGER);
  }

  /** The batches of a portal that were taken, in the order of arrival. */
  function turnsOf(portalId: string, batches: readonly Received[]) {
    const started = new Map(
      eventsOf(portalId).flatMap((event) =>
        event.type === 'BatchStarted' ? [[event.data.deliveryId, event] as const] : [],
      ),
    );
    return batches.flatMap(({ deliveryId }) => {
      const event = started.get(deliveryId);
      return event ? [{ purpose: event.data.purpose ?? 'FIRST', at: event.recordedAt }] : [];
    });
  }

  /** When the delivery of a login of a portal was recorded, by the server's clock. */
  function arrivalOf(portalId: string, traceId: string): number | undefined {
    const batch = healthy.received.find(({ text }) => text.includes(`trace_id=${traceId}`));
    const isIt = (event: ReturnType<typeof eventsOf>[number]) =>
      event.type === 'BatchDelivered' && event.data.deliveryId === batch?.deliveryId;
    return eventsOf(portalId).find(isIt)?.recordedAt;
  }
}, 90_000);

const all = { after: undefined, before: undefined, limit: 10_000, inverted: false };
