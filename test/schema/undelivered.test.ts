import { describe, expect, it } from 'vitest';
import { delivered } from '../support/engine/scripted-sender.js';
import { dataOf, expectInvalid, expectRefusal, mutate, post, UNKNOWN_ID } from '../support/graphql/calls.js';
import { type Range, startLane } from '../support/graphql/lane.js';

const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
const conflict = { __typename: 'Conflict' };
type Ranges = { ranges: Range[] };

/** Three ranges: of 1 login that is too large, although the receiver takes others, of 2 logins, and of 1 login. */
async function startWithThreeRanges() {
  const lane = await startLane();
  await lane.deliver();
  await lane.tooLargeLine();
  // Only now is it known that the receiver takes other lines.
  await lane.deliver();
  await lane.refuse(2);
  await lane.refuse();
  return lane;
}

describe('undelivered', () => {
  it('lists each range with its logins, its reason and the last answer', async () => {
    const lane = await startLane();
    const now = new Date(lane.clock.now()).toISOString();
    await lane.refuse(2);
    expect(await lane.listed()).toEqual([
      {
        id: expect.any(String),
        portalId: lane.portalId,
        webhookId: lane.portalId,
        throughWebhookId: null,
        state: 'WAITING',
        reason: 'ABANDONED',
        loginCount: 2,
        firstRecordedAt: now,
        lastRecordedAt: now,
        abandonedAt: now,
        lastResponseCode: 401,
        lastResponseMessage: 'scripted',
        lastResponseExcerpt: null,
        attempts: 1,
        recoveries: 0,
        discardedAt: null,
        discardedBy: null,
        discardedReason: null,
      },
    ]);
  });

  it('has pages, oldest first, in both directions', async () => {
    const lane = await startWithThreeRanges();
    const all = await lane.listed();
    expect(all.map(({ loginCount }) => loginCount)).toEqual([1, 2, 1]);
    const page = async (args: string) => {
      const query = `{ undelivered(portalId: "${lane.portalId}" ${args}) {
        edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }`;
      const { undelivered } = await dataOf<{ undelivered: Page }>(lane, query);
      return undelivered;
    };
    const first = await page('first: 2');
    expect([first.edges.map(({ node }) => node.id), first.pageInfo.hasNextPage]).toEqual([
      all.slice(0, 2).map(({ id }) => id),
      true,
    ]);
    const second = await page(`first: 2, after: "${first.pageInfo.endCursor}"`);
    expect([second.edges.map(({ node }) => node.id), second.pageInfo.hasNextPage]).toEqual([[all[2]?.id], false]);
    const back = await page(`last: 2, before: "${second.pageInfo.startCursor}"`);
    expect(back.edges.map(({ node }) => node.id)).toEqual(all.slice(0, 2).map(({ id }) => id));
  });

  it('leaves out discarded ranges, unless states includes DISCARDED', async () => {
    const lane = await startWithThreeRanges();
    const [third, first, second] = await lane.listed();
    await mutate(lane, 'discardUndelivered', { ids: [first?.id], reason: 'a test of ours' });
    const ids = async (args?: string) => (await lane.listed(args)).map(({ id }) => id);
    expect(await ids()).toEqual([third?.id, second?.id]);
    expect(await ids('states: [DISCARDED]')).toEqual([first?.id]);
    expect(await ids('states: [WAITING, DISCARDED]')).toEqual([first?.id, second?.id]);
    expect(await ids('states: [NEEDS_ACTION]')).toEqual([third?.id]);
    expect(await ids('states: []')).toEqual([]);
  });

  it('refuses an unknown portal and a page of a negative size', async () => {
    const lane = await startLane();
    const query = (args: string) => `{ undelivered(${args}) { edges { cursor } } }`;
    const codeOf = async (args: string) => (await post(lane, query(args))).body.errors?.[0]?.extensions?.['code'];
    expect(await codeOf(`portalId: "${UNKNOWN_ID}"`)).toBe('NOT_FOUND');
    expect(await codeOf('portalId: "x"')).toBe('INVALID_INPUT');
    expect(await codeOf(`portalId: "${lane.portalId}", first: -1`)).toBe('INVALID_INPUT');
    expect(await codeOf(`portalId: "${lane.portalId}", after: "x"`)).toBe('INVALID_INPUT');
  });
});

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string; startCursor: string };
}

describe('redeliver', () => {
  it('delivers ranges again', async () => {
    const lane = await startWithThreeRanges();
    const [, , second] = await lane.listed();
    lane.sender.reply = delivered;
    const result = await mutate<Ranges>(lane, 'redeliver', { ids: [second?.id] });
    expect(result.__typename).toBe('RedeliverSuccess');
    await lane.untilLane(({ totals }) => totals.undelivered === 1);
    // First the requested range, then the waiting one. The range that needs action is not sent.
    expect(lane.sender.posts.slice(5).map(({ requests }) => requests.length)).toEqual([1, 2]);
    expect(await lane.listed()).toMatchObject([{ state: 'NEEDS_ACTION' }]);
  });

  it('is refused with a code and the field or message', async () => {
    const lane = await startWithThreeRanges();
    const [{ id } = { id: '' }] = await lane.listed();
    await expectInvalid(lane, 'redeliver', { ids: [] }, 'ids', 'at least one');
    await expectInvalid(lane, 'redeliver', { ids: Array.from({ length: 101 }, () => id) }, 'ids', 'at most 100');
    await expectInvalid(lane, 'redeliver', { ids: [id, 'x'] }, 'ids[1]', 'is not the id');
    await mutate(lane, 'discardUndelivered', { ids: [id], reason: 'not needed' });
    const fields = [{ field: 'ids', reason: expect.stringContaining('was discarded') }];
    await expectRefusal(lane, 'redeliver', { ids: [id] }, { ...conflict, code: 'DISCARDED', fields });
    const [{ id: another } = { id: '' }] = await lane.listed();
    const changed = Buffer.from(another, 'base64url').toString().replace(/\d+$/, '1');
    const stale = { ids: [Buffer.from(changed).toString('base64url')] };
    const message = expect.stringContaining('read the list undelivered again');
    await expectRefusal(lane, 'redeliver', stale, { ...notFound, message });
    await mutate(lane, 'removeWebhook', { portalId: lane.portalId });
    await expectRefusal(lane, 'redeliver', { ids: [another] }, { ...conflict, code: 'WEBHOOK_UNCONFIGURED' });
  });
});

describe('discardUndelivered', () => {
  it('stores who discarded a range, when and why', async () => {
    const lane = await startWithThreeRanges();
    const [{ id } = { id: '' }] = await lane.listed();
    const { viewer } = await dataOf<{ viewer: { tokenName: string } }>(lane, '{ viewer { tokenName } }');
    const result = await mutate<Ranges>(lane, 'discardUndelivered', { ids: [id], reason: '  a test of ours ' });
    expect(result).toMatchObject({
      __typename: 'DiscardUndeliveredSuccess',
      ranges: [
        {
          id,
          state: 'DISCARDED',
          discardedBy: viewer.tokenName,
          discardedReason: 'a test of ours',
          discardedAt: new Date(lane.clock.now()).toISOString(),
        },
      ],
    });
  });

  it('is refused without a reason, for a discarded range and for an unknown range', async () => {
    const lane = await startWithThreeRanges();
    const [{ id } = { id: '' }] = await lane.listed();
    const reason = 'not needed';
    await expectInvalid(lane, 'discardUndelivered', { ids: [id], reason: ' ' }, 'reason', 'must not be');
    await expectInvalid(lane, 'discardUndelivered', { ids: [id], reason: 'x'.repeat(257) }, 'reason', '256');
    await expectInvalid(lane, 'discardUndelivered', { ids: ['x'], reason }, 'ids[0]', 'is not the id');
    await mutate(lane, 'discardUndelivered', { ids: [id], reason });
    const fields = [{ field: 'ids', reason: expect.any(String) }];
    await expectRefusal(lane, 'discardUndelivered', { ids: [id], reason }, { ...conflict, code: 'DISCARDED', fields });
    const unknown = Buffer.from(`${UNKNOWN_ID}.1.1`).toString('base64url');
    await expectRefusal(lane, 'discardUndelivered', { ids: [unknown], reason }, notFound);
  });
});

describe('the status of a webhook', () => {
  const statusOf = async (lane: Awaited<ReturnType<typeof startLane>>) => {
    const query = `{ portals(first: 9) { edges { node { id webhook { status {
      pending deliveredTotal undeliveredTotal needsActionTotal discardedTotal oldestUndeliveredAt nextAttemptAt } } } } } }`;
    type Portals = { portals: { edges: { node: { id: string; webhook: { status: Record<string, unknown> } } }[] } };
    const { portals } = await dataOf<Portals>(lane, query);
    return portals.edges.find(({ node }) => node.id === lane.portalId)?.node.webhook.status;
  };

  it('has the number of undelivered and of discarded logins, and the time of the oldest undelivered login', async () => {
    const lane = await startLane();
    const startedAt = new Date(lane.clock.now()).toISOString();
    await lane.refuse(2);
    const none = { needsActionTotal: 0, discardedTotal: 0, deliveredTotal: 0, pending: 0 };
    expect(await statusOf(lane)).toMatchObject({ ...none, undeliveredTotal: 2, oldestUndeliveredAt: startedAt });
    expect((await statusOf(lane))?.['nextAttemptAt']).toEqual(expect.any(String));
    const [{ id } = { id: '' }] = await lane.listed();
    await mutate(lane, 'discardUndelivered', { ids: [id], reason: 'not needed' });
    expect(await statusOf(lane)).toMatchObject({
      ...none,
      undeliveredTotal: 0,
      discardedTotal: 2,
      oldestUndeliveredAt: null,
      nextAttemptAt: null,
    });
  });

  it('counts a single line that is too large in needsActionTotal', async () => {
    const lane = await startLane();
    await lane.deliver();
    await lane.tooLargeLine();
    expect(await statusOf(lane)).toMatchObject({ undeliveredTotal: 1, needsActionTotal: 1, nextAttemptAt: null });
    expect(await lane.listed()).toMatchObject([{ state: 'NEEDS_ACTION', loginCount: 1 }]);
  });
});
