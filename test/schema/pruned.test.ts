import { describe, expect, it } from 'vitest';
import { executeRecordLogins } from '../../src/api/record-logins.js';
import { batchDelivered, batchStarted, LOGIN, loginRecorded } from '../support/domain/events.js';
import { dataOf, post, registerPortal } from '../support/graphql/calls.js';
import { subscribe, transports } from '../support/graphql/live.js';
import { CAUSE, openLog } from '../support/log/fixture.js';
import { startApp, type TestApp, temporaryDirectory, testConfig } from '../support/server/app.js';

const everything = { recordedBefore: Number.MAX_SAFE_INTEGER, throughPosition: 0, expireBefore: 0 };

const LOGINS = `subscription ($portalId: ID!, $after: String) { loginRecorded(portalId: $portalId, after: $after) {
  position } }`;
const ATTEMPTS = `subscription ($portalId: ID!, $after: String) {
  deliveryAttempted(portalId: $portalId, after: $after) { position } }`;
const STATUS = `subscription ($portalId: ID!, $after: String) {
  webhookStatusChanged(portalId: $portalId, after: $after) { position } }`;

interface At {
  position: string;
}

/** A server without deliveries, with a portal. */
async function startWithPortal() {
  const test = await startApp({ appOptions: { deliver: false } });
  const portalId = await registerPortal(test);
  const { commands, random, log } = test.app.services;
  const record = (count: number) =>
    executeRecordLogins(
      commands,
      random,
      { portalId, logins: Array.from({ length: count }, () => ({ ...LOGIN, idempotencyKey: undefined })) },
      CAUSE,
    );
  return {
    test,
    portalId,
    log,
    record,
    /** Prunes up to a position (inclusive), or everything that may be pruned. */
    async prune(throughPosition?: number) {
      const cut = throughPosition === undefined ? everything : { ...everything, recordedBefore: 0, throughPosition };
      const prunable = await commands.execute('snapshotLanes', { portalId, cut }, CAUSE);
      if (!prunable) throw new Error('nothing can be pruned');
      await commands.execute('pruneHistory', { portalId, ...prunable, limit: 500 }, CAUSE);
    },
    /** Records 1,500 logins and prunes the first 500 of them, all in one commit. */
    recordAndPrune: () =>
      Promise.all([
        record(1_000),
        record(500),
        commands.execute('snapshotLanes', { portalId, cut: everything }, CAUSE),
        commands.execute(
          'pruneHistory',
          { portalId, loginsThrough: Number.MAX_SAFE_INTEGER, deliveries: [], limit: 500 },
          CAUSE,
        ),
      ]),
  };
}

const refused = {
  code: 'PRUNED',
  fields: [{ field: 'after', reason: expect.stringMatching(/oldest retained|was pruned/) }],
};

async function errorsOf(test: TestApp, query: string, variables: Record<string, unknown>) {
  const { body } = await post(test, query, variables);
  return body.errors;
}

describe('a page', () => {
  const PAGE = `query ($portalId: ID!, $after: String, $before: String) {
    logins(portalId: $portalId, after: $after, before: $before) { edges { cursor } } }`;

  it('of logins is refused after or before a pruned login, and returned otherwise', async () => {
    const { test, portalId, record, prune } = await startWithPortal();
    const [, second] = await record(4);
    const page = (args: Record<string, unknown> = {}) =>
      dataOf<{ logins: { edges: { cursor: string }[] } }>(test, PAGE, { portalId, ...args });
    const [, newer, older] = (await page()).logins.edges.map(({ cursor }) => cursor);
    await prune(second?.position);
    expect(await errorsOf(test, PAGE, { portalId, after: older })).toMatchObject([{ extensions: refused }]);
    expect(await errorsOf(test, PAGE, { portalId, before: older })).toMatchObject([{ extensions: { code: 'PRUNED' } }]);
    expect((await page({ after: newer })).logins.edges).toEqual([]);
    expect((await page()).logins.edges).toHaveLength(2);
  });

  it('of deliveries is refused after or before a pruned delivery, and returned otherwise, in both directions', async () => {
    const { directory, token, portalId } = await withDeliveries();
    const query = `query ($portalId: ID!, $first: Int, $last: Int, $after: String, $before: String) {
      deliveries(portalId: $portalId, first: $first, last: $last, after: $after, before: $before) {
        edges { cursor node { id } } } }`;
    const idsOf = async (test: TestApp, args: Record<string, unknown>) => {
      const data = await dataOf<{ deliveries: Deliveries }>(test, query, { portalId, ...args });
      return data.deliveries.edges.map(({ node, cursor }) => ({ id: node.id, cursor }));
    };
    const before = await startApp({ directory, token, appOptions: { deliver: false } });
    const [, , oldest] = await idsOf(before, { first: 9 });
    expect(oldest).toMatchObject({ id: 'd-1' });
    await before.app.stop();

    const opened = openLog(testConfig(directory).dataDir);
    opened.prune(`delivery-${portalId}`, 2);
    opened.close();
    const test = await startApp({ directory, token, appOptions: { deliver: false } });
    for (const args of [{ first: 9 }, { last: 9 }]) {
      expect((await idsOf(test, args)).map(({ id }) => id)).toEqual(['d-3', 'd-2']);
    }
    for (const args of [
      { first: 9, after: oldest?.cursor },
      { last: 9, before: oldest?.cursor },
    ]) {
      expect(await errorsOf(test, query, { portalId, ...args })).toMatchObject([{ extensions: { code: 'PRUNED' } }]);
    }
  });
});

interface Deliveries {
  edges: { cursor: string; node: { id: string } }[];
}

/** A data directory with three deliveries of a portal. */
async function withDeliveries() {
  const directory = temporaryDirectory();
  const { app, token, ...test } = await startApp({ directory, appOptions: { deliver: false } });
  const portalId = await registerPortal({ ...test, token });
  await app.stop();
  const opened = openLog(testConfig(directory).dataDir);
  for (const version of [1, 2, 3]) {
    opened.given(
      [`login-${portalId}`, loginRecorded()],
      [`delivery-${portalId}`, batchStarted(`d-${version}`, version, version)],
      [`delivery-${portalId}`, batchDelivered(`d-${version}`)],
    );
  }
  opened.close();
  return { directory, token, portalId };
}

describe.each(transports)('a subscription over %s', (transport) => {
  it('is refused after a position before the horizon, and gets all later events after a position at the horizon', async () => {
    const { test, portalId, record, prune, log } = await startWithPortal();
    const [first, second, third] = await record(3);
    await prune(second?.position);
    const early = subscribe<At>(transport, test, LOGINS, { portalId, after: String(first?.position) });
    await expect(early.next()).rejects.toEqual(aboutPruned());
    const live = subscribe<At>(transport, test, LOGINS, { portalId, after: String(second?.position) });
    expect(await live.next()).toEqual({ position: String(third?.position) });
    // Everything in the delivery stream except the newest lane snapshot is pruned.
    await record(1);
    await prune();
    const horizon = log.horizon(`delivery-${portalId}`).position;
    expect(horizon).toBeGreaterThan(0);
    const attempts = subscribe<At>(transport, test, ATTEMPTS, { portalId, after: String(horizon - 1) });
    await expect(attempts.next()).rejects.toEqual(aboutPruned());
  });

  it('ends with the same refusal if the horizon passes its position', async () => {
    const { test, portalId, record, recordAndPrune } = await startWithPortal();
    const live = subscribe<At>(transport, test, LOGINS, { portalId, after: '0' });
    const [login] = await record(1);
    expect(await live.next()).toEqual({ position: String(login?.position) });
    await recordAndPrune();
    await expect(live.next()).rejects.toEqual(aboutPruned());
  });

  it('to a state is accepted even if its events were pruned', async () => {
    const { test, portalId, record, prune } = await startWithPortal();
    await record(3);
    const live = subscribe<At>(transport, test, STATUS, { portalId, after: '0' });
    await live.next();
    await prune();
    await record(3);
    await prune();
    const late = subscribe<At>(transport, test, STATUS, { portalId, after: '1' });
    expect(Number((await late.next()).position)).toBeGreaterThan(1);
  });
});

/** Matches the refusal with both transports. */
function aboutPruned(): unknown {
  return expect.toSatisfy((error: unknown) =>
    JSON.stringify(error instanceof Error ? error.message : error).includes('PRUNED'),
  );
}
