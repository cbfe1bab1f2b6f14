import { describe, expect, it } from 'vitest';
import { logIn, untilEvent } from '../support/engine/portal.js';
import { createDestination, dataOf, expectInvalid, expectRefusal, mutate, post } from '../support/graphql/calls.js';
import { subscribe, transports } from '../support/graphql/live.js';
import { answer, type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

const LISTS = `query ($portalId: ID!, $webhooks: WebhookChoiceInput, $first: Int, $after: String) {
  deliveries(portalId: $portalId, webhooks: $webhooks, first: $first, after: $after) {
    edges { node { id webhookId state attempts { webhookId } } } pageInfo { hasNextPage endCursor }
  }
}`;
const UNDELIVERED = `query ($portalId: ID!, $webhooks: WebhookChoiceInput, $first: Int, $after: String) {
  undelivered(portalId: $portalId, webhooks: $webhooks, first: $first, after: $after) {
    edges { node { id webhookId loginCount } } pageInfo { hasNextPage endCursor }
  }
}`;
const STATUS = `subscription ($portalId: ID, $webhooks: WebhookChoiceInput, $after: String) {
  webhookStatusChanged(portalId: $portalId, webhooks: $webhooks, after: $after) {
    position portalId webhookId webhook { name portalName } status { state deliveredTotal }
  }
}`;
const ATTEMPTS = `subscription ($portalId: ID!, $webhooks: WebhookChoiceInput, $after: String) {
  deliveryAttempted(portalId: $portalId, webhooks: $webhooks, after: $after) {
    position attempt { webhookId delivered }
  }
}`;

interface Page<T> {
  edges: { node: T }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}
interface StatusPayload {
  position: string;
  webhookId: string;
  webhook: { name: string; portalName: string };
  status: { state: string; deliveredTotal: number };
}

/** A portal with the webhooks `default` and `archive`, both on, to two paths of one receiver. */
async function withArchive(receiver: Receiver) {
  const test = await startApp();
  const { portalId } = await connectPortal(test, receiver, 'Shop');
  const archive = await createWebhook(test, portalId, receiver, 'archive');
  return { test, portalId, archive };
}

async function createWebhook(test: TestApp, portalId: string, receiver: Receiver, name: string): Promise<string> {
  const endpoint = new URL(`/${name}`, receiver.url).href;
  const destinationId = await createDestination(test, { name, endpoint, caCertificate: receiver.ca });
  const input = { portalId, name, destinationId, enabled: true };
  const { webhook } = await mutate<{ webhook: { id: string } }>(test, 'createWebhook', input);
  return webhook.id;
}

/** Every entry of a list, read in pages of one. */
async function everyEntry<T>(test: TestApp, query: string, variables: Record<string, unknown>): Promise<T[]> {
  const entries: T[] = [];
  for (let after: string | undefined; ; ) {
    const data = await dataOf<Record<string, Page<T>>>(test, query, { ...variables, first: 1, after });
    const [page] = Object.values(data);
    entries.push(...(page?.edges ?? []).map(({ node }) => node));
    if (!page?.pageInfo.hasNextPage) return entries;
    after = page.pageInfo.endCursor;
  }
}

describe('a portal with several webhooks', () => {
  it('lists them, and each is found by its id', async () => {
    const receiver = await startReceiver();
    const { test, portalId, archive } = await withArchive(receiver);
    const query = `query ($id: ID!, $webhook: ID!) {
      portal(id: $id) { webhook { id: webhookId name } webhooks { id: webhookId name enabled status { state } } holdsBackMost { id: webhookId } }
      webhook(id: $webhook) { id: webhookId name portalId portalName }
    }`;
    expect(await dataOf(test, query, { id: portalId, webhook: archive })).toEqual({
      portal: {
        webhook: { id: portalId, name: 'default' },
        webhooks: [
          { id: portalId, name: 'default', enabled: true, status: { state: 'ACTIVE' } },
          { id: archive, name: 'archive', enabled: true, status: { state: 'ACTIVE' } },
        ],
        holdsBackMost: null,
      },
      webhook: { id: archive, name: 'archive', portalId, portalName: 'Shop' },
    });
    expect(await dataOf(test, query, { id: portalId, webhook: portalId })).toMatchObject({
      webhook: { name: 'default' },
    });
    await receiver.down();
  });

  it('says which one holds back most logins', async () => {
    const receiver = await startReceiver();
    const { test, portalId, archive } = await withArchive(receiver);
    receiver.answers((...request) => answer(request[1].path === '/archive' ? 401 : 200)(...request));
    await logIn(test, portalId, '/1');
    await untilEvent(test, archive, 'BatchAbandoned');
    await untilEvent(test, portalId, 'BatchDelivered');
    const query = `query ($id: ID!) { portal(id: $id) {
      holdsBackMost { id: webhookId status { holdsLoginsSince oldestUndeliveredAt } } webhook { status { holdsLoginsSince } }
    } }`;
    const { portal } = await dataOf<{ portal: { holdsBackMost: { status: Record<string, string> } } }>(test, query, {
      id: portalId,
    });
    expect(portal).toMatchObject({ holdsBackMost: { id: archive }, webhook: { status: { holdsLoginsSince: null } } });
    const { holdsLoginsSince, oldestUndeliveredAt } = portal.holdsBackMost.status;
    expect(holdsLoginsSince).toBe(oldestUndeliveredAt);
    await receiver.down();
  });

  it('lists the deliveries and undelivered ranges of one webhook or of all', async () => {
    const receiver = await startReceiver();
    const { test, portalId, archive } = await withArchive(receiver);
    receiver.answers(answer(401));
    await logIn(test, portalId, '/1');
    await untilEvent(test, portalId, 'BatchAbandoned');
    await untilEvent(test, archive, 'BatchAbandoned');

    type Listed = { id: string; webhookId: string };
    const idsOf = (entries: Listed[]) => entries.map(({ webhookId }) => webhookId);
    for (const query of [LISTS, UNDELIVERED]) {
      expect(idsOf(await everyEntry<Listed>(test, query, { portalId }))).toEqual([portalId]);
      expect(idsOf(await everyEntry<Listed>(test, query, { portalId, webhooks: { id: archive } }))).toEqual([archive]);
      const all = await everyEntry<Listed>(test, query, { portalId, webhooks: { all: true } });
      expect(idsOf(all).sort()).toEqual([portalId, archive].sort());
      const both = await post(test, query, { portalId, webhooks: { id: archive, all: true } });
      const fields = [{ field: 'webhooks', reason: 'needs exactly one of all, id' }];
      expect(both.body.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields });
    }
    await receiver.down();
  });

  it('takes a webhook in every operation', async () => {
    const receiver = await startReceiver();
    const { test, portalId, archive } = await withArchive(receiver);
    await logIn(test, portalId, '/1');
    await untilEvent(test, archive, 'BatchDelivered');
    const replay = { portalId, webhookId: archive, startAt: new Date(0), endAt: new Date() };
    expect(await mutate(test, 'requestReplay', replay)).toMatchObject({ __typename: 'RequestReplaySuccess' });
    const jobs = `query ($portalId: ID!, $webhookId: ID) {
      all: replayJob(portalId: $portalId) { status } one: replayJob(portalId: $portalId, webhookId: $webhookId) { scope }
    }`;
    expect(await dataOf(test, jobs, { portalId, webhookId: archive })).toEqual({
      all: { status: 'UNCONFIGURED' },
      one: { scope: 'ALL' },
    });
    await mutate(test, 'configureWebhook', { portalId, webhookId: archive, enabled: false });
    expect(await mutate(test, 'renameWebhook', { portalId, webhookId: archive, name: 'cold' })).toMatchObject({
      webhook: { id: archive, name: 'cold' },
    });
    await expectInvalid(
      test,
      'renameWebhook',
      { portalId, webhookId: portalId, name: 'x' },
      'webhookId',
      'keeps its name',
    );
    expect(await mutate(test, 'removeWebhook', { portalId, webhookId: archive })).toMatchObject({
      webhook: { enabled: false, destination: null },
    });
    const gone = { portalId, webhookId: archive };
    await expectRefusal(test, 'removeWebhook', gone, { __typename: 'NotFound', code: 'NOT_FOUND' });
    await receiver.down();
  });

  it.each(transports)(
    'sends the status of every webhook, also of new webhooks and portals, over %s',
    async (transport) => {
      const receiver = await startReceiver();
      const { test, portalId, archive } = await withArchive(receiver);
      const ofPortal = subscribe<StatusPayload>(transport, test, STATUS, { portalId, webhooks: { all: true } });
      const ofAll = subscribe<StatusPayload>(transport, test, STATUS, { webhooks: { all: true } });
      for (const live of [ofPortal, ofAll]) {
        expect((await live.take(2)).map(({ webhookId }) => webhookId)).toEqual([portalId, archive]);
      }

      const third = await createWebhook(test, portalId, receiver, 'third');
      await logIn(test, portalId, '/1');
      const delivered = new Set<string>();
      const seen = await ofPortal.until(({ webhookId, status }) => {
        if (status.deliveredTotal === 1) delivered.add(webhookId);
        return delivered.size === 3;
      });
      expect(delivered).toEqual(new Set([portalId, archive, third]));
      const other = await connectPortal(test, receiver, 'Forum');
      await ofAll.until(({ webhook, webhookId }) => webhookId === other.portalId && webhook.portalName === 'Forum');

      const after = seen.at(-1)?.position;
      const again = subscribe<StatusPayload>(transport, test, STATUS, { webhooks: { all: true }, after });
      expect((await again.next()).webhookId, 'only what changed after the position').toBe(other.portalId);
      await receiver.down();
    },
  );

  it.each(transports)(
    'sends the attempts of every webhook, each once, also of new webhooks, over %s',
    async (transport) => {
      const receiver = await startReceiver();
      const { test, portalId, archive } = await withArchive(receiver);
      type Attempt = { position: string; attempt: { webhookId: string } };
      const live = subscribe<Attempt>(transport, test, ATTEMPTS, { portalId, webhooks: { all: true }, after: '0' });
      await logIn(test, portalId, '/1');
      const first = await live.take(2);
      const third = await createWebhook(test, portalId, receiver, 'third');
      await logIn(test, portalId, '/2');
      const all = [...first, ...(await live.take(3))];
      const ids = all.map(({ attempt }) => attempt.webhookId);
      expect(ids.sort()).toEqual([portalId, portalId, archive, archive, third].sort());
      expect(new Set(all.map(({ position }) => position)).size).toBe(5);
      await receiver.down();
    },
  );
});

it('the health of a destination is shown with the destination', async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { portalId, destinationId } = await connectPortal(test, receiver);
  const query = `query ($id: ID!) { destination(id: $id) { health {
    state healthySince failingSince pausedUntil lastAttemptAt lastResponseCode lastResponseMessage
  } } }`;
  const health = async () =>
    (await dataOf<{ destination: { health: Record<string, unknown> } }>(test, query, { id: destinationId })).destination
      .health;
  const unknown = { lastAttemptAt: null, lastResponseCode: null, lastResponseMessage: null };
  const noTimes = { healthySince: null, failingSince: null, pausedUntil: null };
  expect(await health()).toEqual({ state: 'UNKNOWN', ...noTimes, ...unknown });
  await logIn(test, portalId, '/1');
  await untilEvent(test, portalId, 'BatchDelivered');
  expect(await health()).toMatchObject({ state: 'HEALTHY', failingSince: null, lastResponseCode: 200 });
  receiver.answers((response) => response.writeHead(429, { 'retry-after': '20' }).end());
  await logIn(test, portalId, '/2');
  await untilEvent(test, portalId, 'RetryScheduled');
  const failing = await health();
  expect(failing).toMatchObject({ state: 'FAILING', healthySince: null, lastResponseCode: 429 });
  expect(Date.parse(String(failing['pausedUntil'])) - Date.parse(String(failing['failingSince']))).toBe(20_000);
  await receiver.down();
});
