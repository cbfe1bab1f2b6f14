import { expect, it } from 'vitest';
import { field } from '../support/crash/repeats.js';
import { answer, type Received, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal } from '../support/server/app.js';
import { longAccountOf, startLongRun } from '../support/server/long-run.js';

const MINUTE_MS = 60_000;
const PORTALS = 3;
/** Longest time between two logins of a portal; the average is half of it. */
const EVERY_MS = 40_000;
/** Logins that each portal records at the moment when the receiver works again. */
const FRESH = 40;
/** Longest delivery time for a portal with a healthy receiver: far shorter than the outage, long enough on a busy machine. */
const NEIGHBOUR_MS = 30_000;
/** Longest wait between two attempts of a lane, with its jitter. */
const MAX_WAIT_MS = 90_000;

it('a long outage of a receiver loses no login, and the status describes it correctly all the time', async () => {
  const receiver = await startReceiver();
  const healthy = await startReceiver();
  const accepted: Received[] = [];
  receiver.answers((response, received, request) => {
    response.once('finish', () => accepted.push(received));
    answer(200)(response, received, request);
  });
  const run = await startLongRun();
  const { clock, recorded } = run;
  const portalIds: string[] = [];
  for (let count = 0; count < PORTALS; count += 1) portalIds.push((await connectPortal(run, receiver)).portalId);
  const { portalId: healthyPortalId } = await connectPortal(run, healthy);
  const start = clock.now();
  const after = (minutes: number) => run.at(start + minutes * MINUTE_MS);
  for (const portalId of [...portalIds, healthyPortalId]) run.keepRecording(portalId, EVERY_MS);

  const statuses = () => portalIds.map((portalId) => run.statusOf(portalId).status);
  const recordedBy = (portalId: string) => recorded.filter((login) => login.portalId === portalId);
  const delivered = new Set<string>();
  const expectHealthy = () => {
    for (const status of statuses()) {
      expect(status).toMatchObject({ state: 'ACTIVE', pending: 0, oldestPendingAt: null, undeliveredTotal: 0 });
      expect(status).toMatchObject({ oldestUndeliveredAt: null, nextAttemptAt: null, consecutiveFailures: 0 });
    }
  };
  /** Checks what the status must show while the receiver accepts nothing. */
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
      // The next attempt is due soon or in flight.
      if (nextAttemptAt !== null) expect(nextAttemptAt).toBeLessThan(clock.now() + MAX_WAIT_MS);
    }
  };
  const recordedAtOf = (position: number) => run.app.services.log.at([position])[0]?.recordedAt;

  await after(5);
  expectHealthy();
  for (const { lines } of accepted) for (const line of lines) delivered.add(field(line, 'trace_id'));
  await receiver.down();
  await after(8);
  expectOutage(/connection refused/, null);
  await after(30);
  expectOutage(/connection refused/, null);
  receiver.answers(answer(503, {}, 'warming up'));
  await receiver.up();
  await after(64);
  expectOutage(/^Service Unavailable$/, 503);
  const worst = statuses().map(({ undeliveredTotal }) => undeliveredTotal);
  const ranges = portalIds.map((portalId) => run.app.services.models.undelivered.page(portalId, ['WAITING'], all));

  // The receiver works again, and many people log in at once.
  const before = accepted.length;
  const backAt = clock.now();
  receiver.answers((response, received, request) => {
    response.once('finish', () => accepted.push(received));
    answer(200)(response, received, request);
  });
  await Promise.all(portalIds.map((portalId) => run.record(portalId, FRESH)));
  await after(75);
  run.stop();
  await Promise.all([...portalIds, healthyPortalId].map((portalId) => run.untilNothingIsLeft(portalId)));
  expectHealthy();

  const account = longAccountOf(run, [receiver, healthy], [...accepted, ...healthy.received]);
  const batchesAfter = portalIds.map((portalId) => batchesOf(portalId, accepted.slice(before)));
  const lastRecovery = Math.max(...batchesAfter.flat().map(({ at, purpose }) => (purpose === 'RECOVERY' ? at : 0)));
  process.stdout.write(
    `an hour: ${JSON.stringify(account)}; undelivered at the end of the outage ${worst.join(', ')} in ` +
      `${ranges.map(({ length }) => length).join(', ')} ranges; all delivered ${Math.ceil((lastRecovery - backAt) / 1_000)} s after it worked again\n`,
  );
  expect(account).toMatchObject({ lost: 0, twiceInOne: 0, inSeveral: 0, changed: 0 });
  expect(account).toMatchObject({ disorderedFirsts: 0, disorderedRecoveries: 0 });
  for (const { deliveredTotal } of statuses()) expect(deliveredTotal).toBeGreaterThan(FRESH);
  expect(statuses().map(({ deliveredTotal }) => deliveredTotal)).toEqual(portalIds.map((id) => recordedBy(id).length));
  // While both wait, first deliveries and recoveries alternate.
  for (const batches of batchesAfter) {
    const purposes = batches.map(({ purpose }) => purpose);
    const both = purposes.slice(purposes.indexOf('RECOVERY'), purposes.lastIndexOf('FIRST'));
    expect(both.slice(0, 6)).toEqual(['RECOVERY', 'FIRST', 'RECOVERY', 'FIRST', 'RECOVERY', 'FIRST']);
  }
  // The portal with the healthy receiver never waited.
  const late = recordedBy(healthyPortalId).filter(
    ({ traceId, at }) => (arrivalOf(healthyPortalId, traceId) ?? Number.NaN) - at > NEIGHBOUR_MS,
  );
  expect(late).toEqual([]);
  await Promise.all([receiver.down(), healthy.down()]);

  function eventsOf(portalId: string) {
    return run.app.services.log.range(`delivery-${portalId}`, 1, Number.MAX_SAFE_INTEGER);
  }

  /** The accepted batches of a portal, in the order of arrival. */
  function batchesOf(portalId: string, batches: readonly Received[]) {
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

  /** The time of the `BatchDelivered` of a login, by the server's clock in ms. */
  function arrivalOf(portalId: string, traceId: string): number | undefined {
    const batch = healthy.received.find(({ text }) => text.includes(`trace_id=${traceId}`));
    const isIt = (event: ReturnType<typeof eventsOf>[number]) =>
      event.type === 'BatchDelivered' && event.data.deliveryId === batch?.deliveryId;
    return eventsOf(portalId).find(isIt)?.recordedAt;
  }
}, 90_000);

const all = { after: undefined, before: undefined, limit: 10_000, inverted: false };
