import * as fc from 'fast-check';
import type { compileQuery } from 'graphql-jit';
import { createSchema, createYoga } from 'graphql-yoga';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compileMutations } from '../../../src/http/graphql/compile-mutations.js';
import { aLogin, createDestination, mutationOf, registerPortal, UNKNOWN_ID } from '../../support/graphql/calls.js';
import { startApp, type TestApp } from '../../support/server/app.js';

/** How often a compiled operation ran. The answers do not show this. */
const compiledRuns = vi.hoisted(() => ({ count: 0 }));

vi.mock('graphql-jit', async (importOriginal) => {
  const jit = await importOriginal<{ compileQuery: typeof compileQuery }>();
  return {
    ...jit,
    compileQuery(...args: Parameters<typeof compileQuery>) {
      const compiled = jit.compileQuery(...args);
      if (!('query' in compiled)) return compiled;
      const { query } = compiled;
      return {
        ...compiled,
        query(...given: Parameters<typeof query>) {
          compiledRuns.count += 1;
          return query(...given);
        },
      };
    },
  };
});

interface Call {
  query: string;
  variables?: unknown;
  operationName?: string;
}

let test: TestApp;
let portalId: string;
let retiredId: string;
let uniqueTexts = 0;

beforeEach(() => {
  compiledRuns.count = 0;
});

async function send(call: Call): Promise<{ status: number; text: string }> {
  const response = await fetch(test.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${test.token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(call),
  });
  return { status: response.status, text: await response.text() };
}

/** Makes the text unique. An operation is not compiled when its text arrives for the first time. */
const unique = (query: string) => `${query} # ${(uniqueTexts += 1)}`;

/** The answers to a call before and after its operation was compiled, and whether the second one was compiled. */
async function both({ query, ...rest }: Call, warmUp: unknown = rest.variables) {
  const before = await send({ query: unique(query), ...rest });
  const text = unique(query);
  for (const variables of [warmUp, warmUp]) await send({ query: text, variables });
  compiledRuns.count = 0;
  const after = await send({ query: text, ...rest });
  return { before, after, wasCompiled: compiledRuns.count === 1 };
}

/** Expects the same answer, byte for byte, from the compiled operation and from graphql-js. @returns the answer */
async function expectSame(call: Call, warmUp?: unknown): Promise<string> {
  const { before, after, wasCompiled } = await both(call, warmUp);
  expect(after).toEqual(before);
  expect(wasCompiled).toBe(true);
  return after.text;
}

const start = async () => {
  test = await startApp();
  portalId = await registerPortal(test, 'Portal');
  retiredId = await registerPortal(test, 'Retired');
  await send({ query: mutationOf('retirePortal'), variables: { input: { id: retiredId } } });
};

const login = (given: Record<string, unknown> = {}): Record<string, unknown> => ({ portalId, ...aLogin(given) });

describe('a compiled mutation', () => {
  it('returns the same success as graphql-js', async () => {
    await start();
    const again = {
      ...login({ idempotencyKey: 'k', occurredAt: '2026-01-31T12:00:00.123+01:00', request: '/ü\u2028"' }),
    };
    expect(await expectSame({ query: mutationOf('recordLogin'), variables: { input: again } })).toContain('"position"');

    const { portalId: _, ...entry } = again;
    const many = { portalId, logins: [entry, { ...entry, idempotencyKey: 'k2' }] };
    expect(await expectSame({ query: mutationOf('recordLogins'), variables: { input: many } })).toContain('"k2"');

    const portal = { id: '5bd3e2ac-3f2a-4c43-9a53-0d5f5f9f3a11', name: 'Same' };
    const registered = await expectSame({ query: mutationOf('registerPortal'), variables: { input: portal } });
    expect(registered).toContain(portal.id);

    const destinationId = await createDestination(test, { name: 'SIEM', authorization: 'Splunk s3cr3t' });
    const webhook = { portalId, destinationId, enabled: false };
    const configured = await expectSame({ query: mutationOf('configureWebhook'), variables: { input: webhook } });
    expect(configured).toContain('"configuredAt":"20');
  });

  it('returns the same refusals as graphql-js', async () => {
    await start();
    await createDestination(test, { name: 'Taken' });
    const taken = { name: 'Taken', endpoint: 'https://127.0.0.1:444/' };
    const key = { idempotencyKey: 'k' };
    await send({ query: mutationOf('recordLogin'), variables: { input: login(key) } });
    const refusals = [
      ['createDestination', taken, 'NAME_TAKEN'],
      ['recordLogin', login({ ...key, request: '/other' }), 'IDEMPOTENCY_KEY_REUSED'],
      ['recordLogin', login({ occurredAt: 'yesterday' }), 'ISO 8601'],
      ['recordLogin', login({ occurredAt: 5 }), 'ISO 8601'],
      ['recordLogin', login({ occurredAt: '' }), 'ISO 8601'],
      ['recordLogin', login({ occurredAt: '1969-12-31T00:00:00Z' }), 'occurredAt'],
      ['recordLogin', login({ occurredAt: '1969-12-31T00:00:00Z', idempotencyKey: '\n' }), 'INVALID_INPUT'],
      ['recordLogin', { ...login(), portalId: retiredId }, 'PORTAL_RETIRED'],
      ['recordLogins', { portalId, logins: [] }, 'INVALID_INPUT'],
      ['recordLogins', { portalId, logins: [aLogin(), aLogin({ idempotencyKey: '' })] }, 'logins[1].idempotencyKey'],
      ['renamePortal', { id: UNKNOWN_ID, name: 'X' }, 'NOT_FOUND'],
      ['renamePortal', { id: 5, name: 'X' }, 'INVALID_INPUT'],
    ] as const;
    for (const [name, input, expected] of refusals) {
      expect(await expectSame({ query: mutationOf(name), variables: { input } })).toContain(expected);
    }
  });

  it('returns the same errors as graphql-js for values that are not valid', async () => {
    await start();
    const good = login({ idempotencyKey: 'k' });
    const { outcome: _, ...without }: Record<string, unknown> = good;
    const wrong: unknown[] = [
      { ...good, outcome: 'success' },
      { ...good, outcome: null },
      { ...good, outcome: 1 },
      { ...good, outcome: 'constructor' },
      { ...good, authenticationType: ['BASIC'] },
      without,
      { ...good, userAgnet: 'x' },
      { ...good, constructor: 'x' },
      JSON.parse(`${JSON.stringify(good).slice(0, -1)},"__proto__":{"request":"/x"}}`),
      { ...good, request: 5 },
      { ...good, request: true },
      { ...good, request: ['/x'] },
      { ...good, request: {} },
      { ...good, portalId: 1.5 },
      { ...good, portalId: { id: portalId } },
      null,
      'input',
      5,
      [],
      [good],
    ];
    for (const input of wrong) {
      const call = { query: mutationOf('recordLogin'), variables: { input } };
      const text = await expectSame(call, { input: good });
      // A list with one entry is not accepted as that entry. (GraphQL only accepts one entry as a list.)
      expect(JSON.parse(text)).toMatchObject({ errors: expect.any(Array) });
    }
    for (const variables of [{}, null, undefined, { other: good }, [], 'text']) {
      const { before, after } = await both({ query: mutationOf('recordLogin'), variables }, { input: good });
      expect(after).toEqual(before);
    }
    const logins = [aLogin(), aLogin({ outcome: 'NONE' }), aLogin({ outcome: null })];
    const warmUp = { input: { portalId, logins: [aLogin()] } };
    for (const given of [logins, [null], [[aLogin()]], null, 'x', {}]) {
      const input = { portalId, logins: given };
      await expectSame({ query: mutationOf('recordLogins'), variables: { input } }, warmUp);
    }
  });

  it('converts values in the same way as graphql-js', async () => {
    await start();
    const { portalId: _, ...entry } = login({ idempotencyKey: 'one' });
    const convertible: [Parameters<typeof mutationOf>[0], unknown][] = [
      ['recordLogins', { portalId, logins: entry }],
      [
        'recordLogin',
        login({
          idempotencyKey: 'two',
          sourceAddress: null,
          request: null,
          userAgent: null,
          traceId: null,
          occurredAt: null,
        }),
      ],
      ['registerPortal', { id: null, name: '' }],
      ['registerPortal', { id: 12, name: 'X' }],
      ['recordLogin', login({ idempotencyKey: 'three', request: '\ud800\0', sourceAddress: 'x'.repeat(300) })],
      ['recordLogin', login({ idempotencyKey: 'five', occurredAt: '2999-01-01T00:00:00+0100' })],
    ];
    for (const [name, input] of convertible) await expectSame({ query: mutationOf(name), variables: { input } });
    const input = login({ idempotencyKey: 'four' });
    await expectSame({ query: mutationOf('recordLogin'), variables: { input, more: 5 } }, { input });
  });

  it('returns aliases, fragments and repeated fields in the order of the operation', async () => {
    await start();
    const input = { id: '5bd3e2ac-3f2a-4c43-9a53-0d5f5f9f3a11', name: 'Same' };
    const query = `mutation Twice($input: RegisterPortalInput!) {
      toString: registerPortal(input: $input) {
        ...Fields
        __typename
        ...Reason
        ... on RegisterPortalSuccess { portal { b: name webhook { __typename } } }
        ... on Refusal { code fields { reason field } }
        constructor: __typename
      }
    }
    fragment Fields on RegisterPortalSuccess { portal { name id } portal { a: id name registeredAt } }
    fragment Reason on InvalidInput { because: message }`;
    expect(await expectSame({ query, variables: { input } })).toContain('"toString":{"portal":{"name":"Same","id":');
    expect(await expectSame({ query, variables: { input: { ...input, name: '' } } })).toContain('"because":');
    await expectSame({ query, variables: { input: { id: 5 } } }, { input });
  });

  it('with several fields runs them one after the other', async () => {
    await start();
    const names = Array.from({ length: 8 }, (_, index) => `Portal ${index}`);
    const variables = Object.fromEntries(names.map((name, index) => [`v${index}`, { name }]));
    const query = `mutation (${names.map((_, index) => `$v${index}: RegisterPortalInput!`).join(', ')}) {
      ${names.map((_, index) => `f${index}: registerPortal(input: $v${index}) { __typename }`).join(' ')} }`;
    for (let time = 0; time < 3; time += 1) await send({ query, variables });
    expect(compiledRuns.count).toBeGreaterThan(0);
    const { log } = test.app.services;
    const registered = log
      .after(0, 1_000)
      .flatMap((event) => (event.type === 'PortalRegistered' ? [event.data.name] : []));
    expect(registered.slice(2)).toEqual([...names, ...names, ...names]);
  });

  it('returns the same answer after a hundred other operations', async () => {
    await start();
    const input = login({ idempotencyKey: 'k' });
    const { query, variables } = { query: mutationOf('recordLogin'), variables: { input } };
    const first = await send({ query, variables });
    for (let other = 0; other < 101; other += 1) await send({ query: unique('{ __typename }') });
    for (let time = 0; time < 3; time += 1) expect(await send({ query, variables })).toEqual(first);
  });
});

describe('an operation with directives or defaults', () => {
  it.each([
    [
      '@include',
      'mutation ($input: RegisterPortalInput!, $with: Boolean!) { registerPortal(input: $input) { __typename @include(if: $with) ... on Refusal @skip(if: $with) { code } } }',
    ],
    [
      'a default',
      'mutation ($input: RegisterPortalInput = { name: "" }, $with: Boolean) { registerPortal(input: $input) { __typename } }',
    ],
  ])('depends on its variables in each call: %s', async (_, query) => {
    await start();
    const input = { name: '' };
    for (const withIt of [true, false, true]) {
      const variables = { input, with: withIt };
      const fresh = await send({ query: unique(query), variables });
      for (let time = 0; time < 2; time += 1) expect(await send({ query, variables })).toEqual(fresh);
    }
  });
});

describe('an unexpected error in a compiled mutation', () => {
  const rename = '$rename: RenamePortalInput!';
  const one = `mutation (${rename}) { first: renamePortal(input: $rename) { __typename } }`;
  const two = `mutation (${rename}, $other: RegisterPortalInput!) {
    first: renamePortal(input: $rename) { __typename }
    second: registerPortal(input: $other) { __typename }
  }`;

  const startFailing = async () => {
    test = await startApp({
      appOptions: {
        project(event) {
          if (event.type === 'PortalRenamed') throw new Error('row 7 of /var/lib');
        },
      },
    });
    return { rename: { id: await registerPortal(test), name: 'X' }, other: { name: 'Other' } };
  };

  it.each([one, two])('is masked and has its path: %s', async (query) => {
    const { before, after } = await both({ query, variables: await startFailing() });
    expect(JSON.parse(before.text)).toMatchObject({ errors: [{ message: 'Unexpected error.', path: ['first'] }] });
    expect(after.status).toBe(before.status);
    expect(JSON.parse(after.text)).toEqual(JSON.parse(before.text));
  });

  it('stops the fields after it', async () => {
    const variables = await startFailing();
    const text = unique(two);
    for (let time = 0; time < 4; time += 1) await send({ query: text, variables });
    const registered = test.app.services.log.after(0, 100).filter(({ type }) => type === 'PortalRegistered');
    expect(registered).toHaveLength(1);
  });
});

it('a mutation with @oneOf in its input is left to graphql-js, which allows exactly one of the fields', async () => {
  const schema = createSchema({
    typeDefs: `
      type Query { a: Int }
      input Choice @oneOf { a: Int, b: Int }
      input Input { choices: [Choice!] }
      type Mutation { choose(input: Input): Boolean }
    `,
    resolvers: { Mutation: { choose: () => true } },
  });
  const yoga = createYoga({ schema, logging: false, plugins: [compileMutations(schema)] });
  const query = 'mutation ($input: Input) { choose(input: $input) }';
  const call = async (choice: object) => {
    const body = JSON.stringify({ query, variables: { input: { choices: [choice] } } });
    const headers = { 'content-type': 'application/json' };
    return (await yoga.fetch('http://localhost/graphql', { method: 'POST', headers, body })).json();
  };
  for (let time = 0; time < 3; time += 1) {
    expect(await call({ a: 1 })).toEqual({ data: { choose: true } });
    expect(await call({ a: 1, b: 2 })).toMatchObject({ errors: [{ message: expect.stringContaining('Exactly one') }] });
  }
});

it('a compiled mutation is refused, as by graphql-js, with another operation name', async () => {
  await start();
  const variables = { input: { id: UNKNOWN_ID, name: 'X' } };
  const query = mutationOf('renamePortal').replace('mutation', 'mutation Rename');
  const text = unique(query);
  for (let time = 0; time < 2; time += 1) await send({ query: text, variables });
  const operationName = 'Other';
  const before = await send({ query: unique(query), variables, operationName });
  expect(before.text).toContain('errors');
  expect(await send({ query: text, variables, operationName })).toEqual(before);
});

const SECRET = 'c2VjcmV0-8a6b2f0c';

it('a compiled mutation never returns a secret in an error', async () => {
  await start();
  const good = { name: 'SIEM', endpoint: 'https://10.0.0.1/', authorization: SECRET };
  for (const input of [
    good,
    { ...good, authorization: [SECRET] },
    { ...good, authorization: { value: SECRET } },
    { ...good, logFormat: SECRET },
    { ...good, skipTlsVerification: SECRET },
    { ...good, [SECRET.replace('-', '_')]: 1, more: SECRET },
    { name: 'SIEM', authorization: SECRET },
    SECRET,
  ]) {
    const { before, after } = await both(
      { query: mutationOf('createDestination'), variables: { input } },
      { input: good },
    );
    expect(after).toEqual(before);
    expect(after.text).not.toContain(SECRET);
  }
});

it('a compiled mutation returns the same answer as graphql-js for every selection and input', async () => {
  await start();
  const field = fc.constantFrom(
    'position',
    'portalId',
    'outcome',
    'request',
    'traceId',
    'occurredAt',
    'idempotencyKey',
  );
  const named = fc
    .tuple(fc.constantFrom('', 'a: ', 'b: '), field)
    .map(([alias, name]) => (alias ? `${alias}${name}` : name));
  const selection = fc.uniqueArray(named, { minLength: 1, maxLength: 5, selector: (aliased) => aliased.split(':')[0] });
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom(null, 5, true, '', 'BASIC', 'LOCKED', [], {}),
  );
  const changes = fc.dictionary(
    fc.constantFrom('authenticationType', 'outcome', 'request', 'userAgent', 'occurredAt', 'traceId', 'portalId', 'x'),
    value,
    { maxKeys: 3 },
  );
  const property = fc.asyncProperty(
    selection,
    selection,
    changes,
    fc.nat(3),
    async (fields, inFragment, given, place) => {
      const parts = [
        '__typename',
        '... on Refusal { code message fields { field reason } }',
        '...Login',
        `... on RecordLoginSuccess { login { ${fields.join(' ')} } }`,
      ];
      const query = `mutation ($input: RecordLoginInput!) {
      recordLogin(input: $input) { ${[...parts.slice(place), ...parts.slice(0, place)].join(' ')} } }
      fragment Login on RecordLoginSuccess { second: login { ${inFragment.join(' ')} } }`;
      const good = login({
        idempotencyKey:
          JSON.stringify(given)
            .replaceAll(/[^\w:"]/g, '')
            .slice(0, 50) || 'none',
      });
      // The key follows from the input, so the second call returns the login of the first. A reused key is refused both times.
      await expectSame(
        { query, variables: { input: { ...good, ...given } } },
        { input: login({ idempotencyKey: 'warm' }) },
      );
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
