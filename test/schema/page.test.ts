import { describe, expect, it } from 'vitest';
import {
  aLogin,
  createDestination,
  dataOf,
  mutate,
  post,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

interface Page<T> {
  edges: { cursor: string; node: T }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** A list field with its arguments, such as `portals` or `logins(portalId: …)`, and the fields to select. */
interface List {
  field: string;
  args?: string;
  selection: string;
}

async function page<T>(test: TestApp, { field, args = '', selection }: List, pageArgs: string): Promise<Page<T>> {
  const query = `{ ${field}(${args} ${pageArgs}) {
    edges { cursor node { ${selection} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const data = await dataOf<Record<string, Page<T>>>(test, query);
  return data[field] as Page<T>;
}

/** The nodes of a list in pages of two, read from its start or from its end. */
async function walk<T>(test: TestApp, list: List, direction: 'forwards' | 'backwards'): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const forwards = direction === 'forwards';
    const from: string = cursor === null ? '' : `${forwards ? 'after' : 'before'}: "${cursor}"`;
    const { edges, pageInfo }: Page<T> = await page<T>(test, list, `${forwards ? 'first' : 'last'}: 2 ${from}`);
    expect(pageInfo).toMatchObject({ startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null });
    const nodes = edges.map(({ node }) => node);
    pages[forwards ? 'push' : 'unshift'](nodes);
    if (!(forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return pages;
    cursor = forwards ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

async function expectPages(test: TestApp, list: List, expected: unknown[]): Promise<void> {
  const forwards = await walk(test, list, 'forwards');
  const backwards = await walk(test, list, 'backwards');
  expect(forwards.flat()).toEqual(expected);
  expect(backwards.flat()).toEqual(expected);
  expect(forwards.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(backwards.map(({ length }) => length)).toEqual([1, 2, 2]);
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** Five logins that were recorded in another order than they happened. Two of them happened at the same time. */
async function startWithLogins(): Promise<{ test: TestApp; portalId: string; logins: List }> {
  const test = await startApp();
  const portalId = await registerPortal(test);
  await mutate(test, 'recordLogins', {
    portalId,
    logins: [
      aLogin({ traceId: 'c', occurredAt: at(3), outcome: 'LOCKED' }),
      aLogin({ traceId: 'a', occurredAt: at(1) }),
      aLogin({ traceId: 'd', occurredAt: at(3), authenticationType: 'SSO' }),
      aLogin({ traceId: 'e', occurredAt: at(4), authenticationType: 'SSO', outcome: 'LOCKED' }),
      aLogin({ traceId: 'b', occurredAt: at(2) }),
    ],
  });
  return { test, portalId, logins: { field: 'logins', args: `portalId: "${portalId}"`, selection: 'clientTraceId' } };
}

const traces = (...ids: string[]) => ids.map((clientTraceId) => ({ clientTraceId }));

describe('pages', () => {
  it('of portals can be read in both directions, in the order of registration', async () => {
    const test = await startApp();
    const names = ['e', 'd', 'c', 'b', 'a'];
    for (const name of names) await registerPortal(test, name);

    await expectPages(
      test,
      { field: 'portals', selection: 'name' },
      names.map((name) => ({ name })),
    );
  });

  it('of portals leave out retired portals, unless includeRetired is set', async () => {
    const test = await startApp();
    const id = await registerPortal(test, 'old');
    await registerPortal(test, 'new');
    await mutate(test, 'retirePortal', { id });

    expect((await page(test, { field: 'portals', selection: 'name' }, 'first: 9')).edges).toHaveLength(1);
    const all = { field: 'portals', args: 'includeRetired: true', selection: 'name' };
    expect((await page(test, all, 'first: 9')).edges).toHaveLength(2);
  });

  it('of destinations can be read in both directions, in the order of creation', async () => {
    const test = await startApp();
    const names = ['e', 'd', 'c', 'b', 'a'];
    for (const name of names) await createDestination(test, { name });

    await expectPages(
      test,
      { field: 'destinations', selection: 'name' },
      names.map((name) => ({ name })),
    );
  });

  it('of logins can be read in both directions, newest first; of two at the same time, the one recorded later is first', async () => {
    const { test, logins } = await startWithLogins();

    await expectPages(test, logins, traces('e', 'd', 'c', 'b', 'a'));
  });

  it('of deliveries can be read in both directions, newest first', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId } = await connectPortal(test, receiver);
    for (let count = 1; count <= 5; count += 1) {
      await mutate(test, 'recordLogin', { portalId, ...aLogin() });
      await receiver.until(({ received }) => received.length === count);
    }
    const ids = receiver.received.map(({ deliveryId }) => ({ id: deliveryId }));

    await expectPages(test, { field: 'deliveries', args: `portalId: "${portalId}"`, selection: 'id' }, ids.reverse());
    await receiver.down();
  });

  it('have null cursors if they are empty', async () => {
    const test = await startApp();

    const { pageInfo } = await page(test, { field: 'portals', args: 'includeRetired: true', selection: 'id' }, '');

    expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });

  it('have 20 entries by default, and at most 100 portals or 1,000 logins', async () => {
    const test = await startApp();
    for (let count = 0; count < 101; count += 1) await registerPortal(test);
    const portalId = await registerPortal(test);
    for (let call = 0; call < 2; call += 1) {
      await mutate(test, 'recordLogins', { portalId, logins: Array.from({ length: 501 }, () => aLogin()) });
    }

    const portals = { field: 'portals', args: 'includeRetired: true', selection: 'id' };
    const logins = { field: 'logins', args: `portalId: "${portalId}"`, selection: 'clientTraceId' };
    expect((await page(test, portals, '')).edges).toHaveLength(20);
    expect((await page(test, portals, 'first: 1000')).edges).toHaveLength(100);
    expect((await page(test, logins, 'first: 5000')).edges).toHaveLength(1_000);
  });
});

describe('the filter of logins', () => {
  it.each([
    [`from: "${at(3)}"`, ['e', 'd', 'c']],
    [`to: "${at(2)}"`, ['b', 'a']],
    [`from: "${at(2)}", to: "${at(3)}"`, ['d', 'c', 'b']],
    ['outcome: LOCKED', ['e', 'c']],
    ['authenticationType: SSO', ['e', 'd']],
    ['outcome: LOCKED, authenticationType: SSO', ['e']],
    ['clientTraceId: "c"', ['c']],
    ['clientTraceId: "c", outcome: LOCKED', ['c']],
    ['clientTraceId: "c", outcome: SUCCESS', []],
    [`clientTraceId: "c", to: "${at(2)}"`, []],
    ['clientTraceId: "x"', []],
    ['clientTraceId: ""', []],
    [`from: "2026-01-01T01:00:03+01:00", to: "${at(3)}"`, ['d', 'c']],
  ])('returns the logins that match { %s }', async (filter, expected) => {
    const { test, logins } = await startWithLogins();

    const { edges } = await page(test, logins, `filter: { ${filter} } first: 10`);

    expect(edges.map(({ node }) => node)).toEqual(traces(...expected));
  });

  it('finds, page by page, the logins with a trace id that the portal passed, whatever text it is', async () => {
    const { test, portalId } = await startWithLogins();
    const traceId = `a\0b\u2028\ud800"${'x'.repeat(300)}`;
    const requests = ['/1', '/2', '/3', '/4', '/5'];
    const logins = requests.map((request, index) => aLogin({ traceId, request, occurredAt: at(index) }));
    await mutate(test, 'recordLogins', { portalId, logins });
    await mutate(test, 'recordLogins', { portalId, logins: [aLogin({ traceId: 'a' }), aLogin({ traceId: 'a\0c' })] });

    const args = `portalId: "${portalId}", filter: { clientTraceId: ${JSON.stringify(traceId.toWellFormed())} }`;
    const newestFirst = [...requests].reverse().map((request) => ({ request }));
    await expectPages(test, { field: 'logins', args, selection: 'request' }, newestFirst);
  });

  it('applies to every page', async () => {
    const { test, portalId } = await startWithLogins();
    const args = `portalId: "${portalId}", filter: { from: "${at(2)}" }`;

    const pages = await walk(test, { field: 'logins', args, selection: 'clientTraceId' }, 'forwards');

    expect(pages).toEqual([traces('e', 'd'), traces('c', 'b')]);
  });
});

describe('a page request is refused', () => {
  it.each(['portals', 'destinations', 'logins', 'deliveries'])(
    'for an after or before that is not a cursor of %s',
    async (field) => {
      const { test, portalId } = await startWithLogins();
      const args = field === 'logins' || field === 'deliveries' ? `portalId: "${portalId}"` : '';

      for (const argument of ['after', 'before']) {
        for (const cursor of ['', 'x', 'MS4y'.repeat(9), Buffer.from('-1').toString('base64url')]) {
          const { body } = await post(test, `{ ${field}(${args} ${argument}: "${cursor}") { edges { cursor } } }`);
          const fields = [{ field: argument, reason: expect.stringContaining('not a cursor of this list') }];
          expect(body.errors).toMatchObject([{ path: [field], extensions: { code: 'INVALID_INPUT', fields } }]);
        }
      }
    },
  );

  it.each(['first: -1', 'last: -1'])('for { %s }, with an error that names the argument', async (argument) => {
    const test = await startApp();

    const { body } = await post(test, `{ portals(${argument}) { edges { cursor } } }`);

    expect(body.errors).toMatchObject([
      { message: expect.stringMatching(/first|last/), path: ['portals'], extensions: { code: 'INVALID_INPUT' } },
    ]);
  });

  it.each(['logins', 'deliveries'])('for %s of an unknown portal', async (field) => {
    const test = await startApp();

    const { body } = await post(test, `{ ${field}(portalId: "${UNKNOWN_ID}") { edges { cursor } } }`);

    expect(body.errors).toMatchObject([{ path: [field], extensions: { code: 'NOT_FOUND' } }]);
  });
});
