import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { exampleTexts, placeholders, plainFields, secretFields } from '../../../src/http/graphql/graphiql/examples.js';
import { chosen } from '../../../src/http/graphql/graphiql/fetcher.js';
import { createStorage, NOT_KEPT, withoutSecrets } from '../../../src/http/graphql/graphiql/storage.js';
import { changeStrings, createIds } from '../../../src/http/graphql/graphiql/variables.js';

const examples = exampleTexts();
const SECRET = 'my-secret';
const ID = '3e551b39-227d-4297-b911-e68fd5d77c17';

describe('what GraphiQL keeps', () => {
  const clean = (tab: { query?: string | null; variables?: string | null }) =>
    withoutSecrets(tab, { secretFields, plainFields, examples });

  it.each([
    ['a value', `{"authorization": "Splunk ${SECRET}", "name": "SIEM 2"}`, { authorization: NOT_KEPT, name: 'SIEM 2' }],
    ['an escaped quote', `{"authorization": "a\\"${SECRET}"}`, { authorization: NOT_KEPT }],
    ['an escaped key', `{"\\u0061uthorization": "${SECRET}"}`, { authorization: NOT_KEPT }],
    ['a list', `{"authorization": ["${SECRET}"]}`, { authorization: [NOT_KEPT] }],
    [
      'a header',
      `{"headers": [{"name": "X-A", "value":"${SECRET}"}]}`,
      { headers: [{ name: 'X-A', value: NOT_KEPT }] },
    ],
    ['an endpoint', `{"endpoint": "https://a.example/${SECRET}"}`, { endpoint: NOT_KEPT }],
    ['a variable that nothing uses', `{"any": "Splunk ${SECRET}"}`, { any: NOT_KEPT }],
    ['a private key', `{"name": "-----BEGIN EC PRIVATE KEY-----\\n${SECRET}"}`, { name: NOT_KEPT }],
    ['a token of the server', '{"name": "aw_4711-secret"}', { name: NOT_KEPT }],
    ['an empty text', '{"authorization": ""}', { authorization: '' }],
    ['null, an id and a time', `{"a": null, "id": "${ID}", "b": "2026-01-01T00:00:00Z"}`, null],
  ])('has no secret in the variables: %s', (_, variables, kept) => {
    expect(JSON.parse(clean({ variables }).variables ?? '')).toEqual(kept ?? JSON.parse(variables));
  });

  it.each([
    ['a key with line ends', `{"clientKey": "one\n${SECRET}\n", "name": "a"}`],
    ['a text that is not closed', `{"name": "a\n, "authorization": "Splunk ${SECRET}`],
    ['a text without quotes', `{"authorization": Splunk ${SECRET}\n}`],
    ['single quotes', `{'authorization': 'Splunk ${SECRET}'\n}`],
  ])('has nothing of variables that are not JSON: %s', (_, variables) => {
    expect(clean({ variables }).variables).toBe('');
    expect(clean({ ...examples, variables })).toEqual(examples);
  });

  it.each([
    [
      'a value',
      `{ a(input: {authorization: "${SECRET}", name: "a"}) }`,
      '{ a(input: {authorization: "NOT_KEPT", name: "a"}) }',
    ],
    ['a block', `{ a(clientKey: """\n${SECRET}\n""", b: 1) }`, '{ a(clientKey: "NOT_KEPT", b: 1) }'],
    ['a default', `query ($any: String = "${SECRET}") { a }`, 'query ($any: String = "NOT_KEPT") { a }'],
    ['a comment', `# my token is ${SECRET}\n{ a }`, '\n{ a }'],
    ['a comment before it', `{ a(authorization: # zz\n"${SECRET}") }`, '{ a(authorization: \n"NOT_KEPT") }'],
    ['a comma before it', `{ a(authorization:, "${SECRET}") }`, '{ a(authorization:, "NOT_KEPT") }'],
    ['a list', `{ a(authorization: ["${SECRET}"]) }`, '{ a(authorization: ["NOT_KEPT"]) }'],
    ['a text that is not closed', `{ a(name: "b ${SECRET}\n) }`, '{ a(name: "b my-secret\n) }'],
    ['a secret that is not closed', `{ a(authorization: "b ${SECRET}\n) }`, '{ a(authorization: "NOT_KEPT"\n) }'],
    ['a secret without quotes', `{ a(authorization: ${SECRET}\n) }`, '{ a(authorization: "NOT_KEPT"\n) }'],
    ['an empty text', '{ a(authorization: "", b: [""]) }', '{ a(authorization: "", b: [""]) }'],
    ['none', 'query ($authorization: String!, $b: Int) { a }', 'query ($authorization: String!, $b: Int) { a }'],
  ])('has no secret in the query: %s', (_, query, kept) => {
    expect(clean({ query }).query).toBe(kept);
  });

  it('has no secret in a variable that is passed to a secret field', () => {
    const query = 'mutation ($name: String, $reason: String) { c(input: {authorization: $name, reason: $reason}) }';

    expect(clean({ query, variables: `{"name": "${SECRET}", "reason": "SIEM"}` })).toMatchObject({
      query,
      variables: expect.not.stringContaining(SECRET),
    });
  });

  it('is the same when it is kept again', () => {
    const once = clean({ query: `{ a(b: "${SECRET}", authorization: c) }`, variables: `{"any": "${SECRET}"}` });

    expect(clean(once)).toEqual(once);
  });

  it('is the examples as they are', () => {
    expect(clean(examples)).toEqual(examples);
  });

  it('is nothing besides the tabs and the layout', () => {
    const kept = new Map<string, string>();
    const store = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const storage = createStorage({ store, examples, secretFields, plainFields });

    for (const key of ['theme', 'editorFlex', 'query', 'variables', 'headers', 'queries']) {
      storage.setItem(`graphiql:${key}`, SECRET);
    }

    expect([...kept.keys()]).toEqual(['graphiql:theme', 'graphiql:editorFlex']);
    expect(storage.getItem('graphiql:variables')).toBe(examples.variables);
  });
});

describe('the ids in the variables of the examples', () => {
  /** The variables after some answers. */
  const after = (...answers: object[]) => {
    const ids = createIds(placeholders);
    const text = answers.reduce<string>((variables, data) => ids.withIds(variables, data), examples.variables);
    return { text, missing: ids.missing(text), ...JSON.parse(text) };
  };
  const registered = (id: string) => ({ registerPortal: { portal: { id } } });
  const created = (id: string) => ({ createDestination: { destination: { id } } });
  const list = (name: string, ...nodes: object[]) => ({ [name]: { edges: nodes.map((node) => ({ node })) } });
  const portals = list(
    'portals',
    { id: 'p0', retiredAt: '2026-01-01', webhooks: [] },
    {
      id: 'p1',
      webhooks: [
        { id: 'w0', name: 'default' },
        { id: 'webhook:w1', name: 'Archive' },
      ],
    },
    { id: 'p2', webhooks: [{ id: 'w2', name: 'Archive' }] },
  );

  it('are those of the last things that the examples made', () => {
    expect(after(registered('p1'), registered('p2'), created('d1'), created('d2'))).toMatchObject({
      portalId: 'p2',
      retirePortal: { id: 'p2' },
      configureWebhook: { portalId: 'p2', destinationId: 'd2', enabled: true },
    });
  });

  it('are not those of things that were removed', () => {
    const { deleteDestination, configureWebhook } = after(registered('p1'), created('d1'), {
      deleteDestination: { id: 'd1' },
    });
    expect(deleteDestination).toEqual({ id: 'DESTINATION_ID' });
    expect(configureWebhook).toMatchObject({ portalId: 'p1', destinationId: 'DESTINATION_ID' });

    const made = [registered('p1'), { createWebhook: { webhook: { id: 'w1' } } }];
    expect(after(...made, { retirePortal: { portal: { id: 'p1', retiredAt: '2026-01-01' } } })).toEqual(
      expect.objectContaining(after()),
    );
    expect(after(...made, registered('p2')).renameWebhook).toMatchObject({ portalId: 'p2', webhookId: 'WEBHOOK_ID' });
    expect(after(...made, { removeWebhook: { webhook: { id: 'w1' } } }).removeWebhook).toMatchObject({
      portalId: 'p1',
      webhookId: 'WEBHOOK_ID',
    });
  });

  it('are those of lists where there is none, and of the first that can be used', () => {
    expect(after(portals, list('destinations', { id: 'd1', name: 'default' }, { id: 'd2' }))).toMatchObject({
      portalId: 'p1',
      renameWebhook: { portalId: 'p1', webhookId: 'w1' },
      testDestination: { id: 'd1' },
    });
    expect(after(registered('p2'), portals)).toMatchObject({ renameWebhook: { portalId: 'p2', webhookId: 'w2' } });
  });

  it('stay as a person wrote them, with all other text, until an example makes another one', () => {
    const ids = createIds(placeholders);
    const text = '{ // mine\n  "portalId": "p9", "renamePortal": {"id":"PORTAL_ID", "name": "a, \\"b\\" [{"}, }';

    const listed = ids.withIds(text, portals);
    expect(listed).toBe(text.replace('PORTAL_ID', 'p1'));
    expect(ids.withIds(listed, registered('p2'))).toBe(text.replace('PORTAL_ID', 'p2').replace('p9', 'p2'));
    expect(ids.withIds(text, { registerPortal: { __typename: 'InvalidInput' } })).toBe(text);
    expect(ids.withIds(text, { retirePortal: { portal: { id: 'p2' } } })).toBe(text);
  });

  it('are missing with a sentence that helps', () => {
    const [empty, full] = [list('undelivered'), list('undelivered', { id: 'r1' })];
    const ids = createIds(placeholders);
    const missingAfter = (data: object) => ids.missing(JSON.stringify(JSON.parse(ids.withIds(redeliver, data))));
    const redeliver = '{"redeliver": {"ids": ["RANGE_ID"]}}';

    expect(after().missing).toContain('Run RegisterPortal first, or Portals to use what exists, or write');
    expect(missingAfter({})).toContain('Run Undelivered first, or write');
    expect(missingAfter(empty)).toContain('There is no undelivered range now');
    expect(missingAfter(full)).toBeUndefined();
    expect(missingAfter({})).toContain('Run Undelivered first, or write');
    expect(after(full, { redeliver: { ranges: [{ id: 'r1' }] } }).redeliver).toEqual({ ids: ['RANGE_ID'] });
    expect(after(full, empty).redeliver).toEqual({ ids: ['RANGE_ID'] });
  });

  it('can be in a text that is not JSON', () => {
    const upperCase = (text: string) => changeStrings(text, (_, value) => value.toUpperCase());

    expect(upperCase('{ "a": ["b" /* "c" */, "d')).toBe('{ "a": ["B" /* "c" */, "d');
    expect(upperCase('}]] "a\\q" "b"')).toBe('}]] "a\\q" "B"');
  });
});

describe('what GraphiQL sends', () => {
  const query =
    'query A($a: Int) { a(a: $a) { ...F } } query B { b } fragment F on T { ...G } fragment G on T { x } fragment H on T { x }';

  it('is the chosen operation with its own fragments and variables', () => {
    expect(chosen({ query, variables: { a: 1, b: SECRET }, operationName: 'A' }, parse(query)).body).toEqual({
      query: 'query A($a: Int) { a(a: $a) { ...F } }\n\nfragment F on T { ...G }\n\nfragment G on T { x }',
      variables: { a: 1 },
      operationName: 'A',
    });
  });

  it('has no name of an operation of another tab', () => {
    expect(chosen({ query: '{ a }', operationName: 'A' }, parse(query)).body.operationName).toBeNull();
  });

  it('is the whole text if the text changed since it was read', () => {
    expect(chosen({ query: `${query} `, operationName: 'A' }, parse(query)).body.query).toBe(`${query} `);
  });
});

it('the secret fields are those that the contract calls write-only, and the endpoint', () => {
  expect(secretFields).toEqual(expect.arrayContaining(['authorization', 'clientKey', 'value', 'endpoint']));
});
