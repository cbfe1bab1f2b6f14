import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openReader } from '../../../db/open.js';
import { createPrefetch } from '../../../src/delivery/batch/prefetch.js';
import type { Plan, Rendered } from '../../../src/delivery/batch/render.js';
import { createRender } from '../../../src/delivery/delivery-service.js';
import { logFormats } from '../../../src/domain/formats/index.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createReadModels } from '../../../src/projections/read-models.js';
import { createSecrets } from '../../../src/vault/secrets.js';
import { createSigners } from '../../../src/vault/signing-keys.js';
import { seededRandom } from '../../support/clock/random.js';
import { hold } from '../../support/engine/answers.js';
import {
  aPortal,
  deliveryEvents,
  logIn,
  numbered,
  requestsIn,
  untilEvent,
  updateDestination,
} from '../../support/engine/portal.js';
import { type Receiver, startReceiver } from '../../support/receiver/receiver.js';
import { startApp, temporaryDirectory } from '../../support/server/app.js';

const PLAN: Plan = {
  portalId: 'p',
  firstVersion: 1,
  lastVersion: 500,
  logFormat: 'CEF',
  signingKeyId: 'key-1',
  line: { host: 'h', vendor: 'v', product: 'p', version: '1', organizationId: 'o-1' },
  maxBytes: 1_048_576,
};

const bodyOf = (plan: Plan) => JSON.stringify(plan);

/** A prefetch whose renderer returns the plan as the body. `rendered` lists the plans that were rendered. */
function openPrefetch(limit: number) {
  const rendered: Plan[] = [];
  const render = async (plan: Plan): Promise<Rendered> => {
    rendered.push(plan);
    if (plan.line.host === 'fails') throw new Error('cannot be rendered');
    return { lastVersion: plan.lastVersion, body: Buffer.from(bodyOf(plan)) };
  };
  const prefetch = createPrefetch(render, limit);
  return { rendered, prefetch, take: async (plan: Plan) => String((await prefetch.take(plan.portalId, plan)).body) };
}

const numberedPlan = (nth: number, portalId = 'p'): Plan => ({
  ...PLAN,
  portalId,
  firstVersion: 500 * nth + 1,
  lastVersion: 500 * (nth + 1),
});

describe('a prefetched batch', () => {
  it('is used once, for exactly its plan', async () => {
    const { prefetch, rendered, take } = openPrefetch(4);
    prefetch.start('p', PLAN);
    prefetch.start('p', { ...PLAN, line: { ...PLAN.line } });
    expect(rendered).toHaveLength(1);
    expect(await take({ ...PLAN })).toBe(bodyOf(PLAN));
    expect(rendered).toHaveLength(1);
    expect(await take(PLAN)).toBe(bodyOf(PLAN));
    expect(rendered).toHaveLength(2);
  });

  it.each<[string, Partial<Plan>]>([
    ['portal', { portalId: 'q' }],
    ['start', { firstVersion: 2 }],
    ['end', { lastVersion: 499 }],
    ['log format', { logFormat: 'JSON' }],
    ['signing key', { signingKeyId: 'key-2' }],
    ['organisation', { line: { ...PLAN.line, organizationId: 'o-2' } }],
    ['host', { line: { ...PLAN.line, host: 'other' } }],
    ['version', { line: { ...PLAN.line, version: '2' } }],
  ])('is not used for another %s', async (_, other) => {
    const { prefetch, rendered, take } = openPrefetch(4);
    prefetch.start('p', PLAN);
    const plan = { ...PLAN, ...other };
    expect(await take(plan)).toBe(bodyOf(plan));
    expect(rendered).toEqual([PLAN, plan]);
  });

  it('is dropped if the portal takes another plan', async () => {
    const { prefetch, rendered, take } = openPrefetch(2);
    for (const nth of [1, 2]) prefetch.start('p', numberedPlan(nth));
    await take({ ...numberedPlan(1), logFormat: 'JSON' });
    // There is room again: both batches are rendered again.
    for (const nth of [1, 2]) prefetch.start('p', numberedPlan(nth));
    expect(rendered).toHaveLength(5);
  });

  it('is kept if the batches of another webhook are dropped', async () => {
    const { prefetch, rendered, take } = openPrefetch(4);
    for (const portalId of ['p', 'q']) prefetch.start(portalId, numberedPlan(1, portalId));
    prefetch.drop('p');
    await take(numberedPlan(1, 'q'));
    expect(rendered).toHaveLength(2);
    await take(numberedPlan(1, 'p'));
    expect(rendered).toHaveLength(3);
  });

  it('exists up to a limit over all webhooks', async () => {
    const { prefetch, rendered, take } = openPrefetch(3);
    for (const portalId of ['p', 'q', 'r', 's']) prefetch.start(portalId, numberedPlan(1, portalId));
    expect(rendered).toHaveLength(3);
    for (const portalId of ['p', 'p', 's', 's']) prefetch.drop(portalId);
    await take(numberedPlan(1, 'q'));
    for (const nth of [1, 2, 3, 4]) prefetch.start('s', numberedPlan(nth, 's'));
    expect(rendered).toHaveLength(5);
  });

  it('reports its error only to the caller that takes it', async () => {
    const { prefetch, take } = openPrefetch(4);
    const failing = { ...PLAN, line: { ...PLAN.line, host: 'fails' } };
    prefetch.start('p', failing);
    prefetch.drop('p');
    prefetch.start('p', failing);
    await expect(take(failing)).rejects.toThrow('cannot be rendered');
    await expect(take(PLAN)).resolves.toBe(bodyOf(PLAN));
  });
});

it('for every sequence of calls, a plan gives the same batch as without prefetch, and the limit stays the same', async () => {
  const plan = fc.record({
    portal: fc.constantFrom('p', 'q', 'r'),
    nth: fc.nat(3),
    logFormat: fc.constantFrom(...logFormats),
  });
  const step = fc.record({ do: fc.constantFrom('start', 'start', 'take', 'drop'), plan });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, limit) => {
      const { prefetch, rendered, take } = openPrefetch(limit);
      for (const one of steps) {
        const given: Plan = { ...numberedPlan(one.plan.nth, one.plan.portal), logFormat: one.plan.logFormat };
        if (one.do === 'start') prefetch.start(given.portalId, given);
        else if (one.do === 'drop') prefetch.drop(given.portalId);
        else expect(await take(given)).toBe(bodyOf(given));
      }
      for (const portalId of ['p', 'q', 'r']) prefetch.drop(portalId);
      const before = rendered.length;
      for (let nth = 0; nth < 2 * limit; nth += 1) prefetch.start('p', numberedPlan(nth));
      expect(rendered.length - before).toBe(limit);
    }),
  );
});

describe('a server with prefetch', () => {
  const masterKey = seededRandom('prepare')(32);

  async function start() {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.down());
    const directory = temporaryDirectory();
    const server = await startApp({ directory, env: { AUDITWIRE_MASTER_KEY: masterKey.toString('base64') } });
    const portal = await aPortal(server, { url: receiver.url, ca: receiver.ca });
    const { db, sqlite } = openReader(join(directory, 'data'));
    onTestFinished(() => void sqlite.close());
    const secrets = createSecrets(db, masterKey, seededRandom(0));
    const signers = createSigners(createReadModels(db).issuer.signingKey, secrets);
    onTestFinished(() => signers.close());
    const render = createRender({ log: createLogReader(db), signers }, false);
    return { server, receiver, render, ...portal };
  }

  /** Expects each batch to have the same bytes as its `BatchStarted` gives without prefetch. */
  function expectSameAsWithoutPrefetch({
    server,
    receiver,
    portalId,
    render,
  }: Awaited<ReturnType<typeof start>>): void {
    const started = new Map(
      deliveryEvents(server, portalId).flatMap((event) =>
        event.type === 'BatchStarted' ? [[event.data.deliveryId, event.data]] : [],
      ),
    );
    for (const { deliveryId, body } of receiver.received) {
      const data = started.get(deliveryId);
      if (!data) throw new Error(`${deliveryId} was never started`);
      const alone = render({ ...data, portalId, maxBytes: null });
      expect(alone.lastVersion).toBe(data.lastVersion);
      expect(body.equals(alone.body)).toBe(true);
    }
  }

  const acceptedAll = (receiver: Receiver, count: number) => receiver.until(({ accepted }) => accepted.length >= count);

  it('sends the same batches as without prefetch', async () => {
    const started = await start();
    const { server, receiver, portalId } = started;
    const answers = hold(receiver);
    await logIn(server, portalId, '/1');
    await receiver.until(({ received }) => received.length === 1);
    for (const from of [2, 702, 1_402]) await logIn(server, portalId, ...numbered(700, from));
    // More than 1 MiB: batches contain fewer logins than their plans.
    await logIn(server, portalId, ...numbered(600, 2_102).map((request) => request.padEnd(2_500, 'x')));
    answers.releaseAll();
    await acceptedAll(receiver, 2_701);
    expect(requestsIn(receiver.accepted)).toEqual([
      ...numbered(2_101),
      ...numbered(600, 2_102).map((request) => request.padEnd(2_500, 'x')),
    ]);
    expectSameAsWithoutPrefetch(started);
  });

  it('uses a log format that was changed after batches were prefetched', async () => {
    const started = await start();
    const { server, receiver, portalId, destinationId } = started;
    const answers = hold(receiver);
    await logIn(server, portalId, ...numbered(1_000));
    await receiver.until(({ received }) => received.length === 1);
    await logIn(server, portalId, ...numbered(1_000, 1_001));
    answers.release();
    // The second batch is in flight, and two more are prefetched.
    await receiver.until(({ received }) => received.length === 2);
    await updateDestination(server, destinationId, { logFormat: 'JSON' });
    answers.releaseAll();
    await acceptedAll(receiver, 2_000);
    const [, , ...later] = receiver.received;
    expect(later.flatMap(({ lines }) => lines).every((line) => line.startsWith('{'))).toBe(true);
    expect(requestsIn(receiver.accepted)).toEqual(numbered(2_000));
    expectSameAsWithoutPrefetch(started);
  });

  it('sends the same bytes again after a failure, and then the next batches', async () => {
    const started = await start();
    const { server, receiver, portalId } = started;
    const answers = hold(receiver);
    await logIn(server, portalId, ...numbered(1_000));
    await logIn(server, portalId, ...numbered(500, 1_001));
    await receiver.until(({ received }) => received.length === 1);
    answers.release(503);
    await untilEvent(server, portalId, 'RetryScheduled');
    answers.releaseAll();
    await acceptedAll(receiver, 1_500);
    const [first, again] = receiver.received;
    expect(again?.deliveryId).toBe(first?.deliveryId);
    expect(again?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
    expect(requestsIn(receiver.accepted)).toEqual(numbered(1_500));
    expectSameAsWithoutPrefetch(started);
  });
});
