import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { exampleTexts, secretFields } from '../../../src/http/graphql/graphiql/examples.js';
import { chosen } from '../../../src/http/graphql/graphiql/fetcher.js';
import { createStorage, withoutSecrets } from '../../../src/http/graphql/graphiql/storage.js';

const examples = exampleTexts();
const SECRET = 'my-secret';

describe('what GraphiQL keeps', () => {
  const clean = (tab: { query?: string; variables?: string }) => withoutSecrets(tab, secretFields, examples);

  it.each([
    ['a value', `{"authorization": "Splunk ${SECRET}", "name": "SIEM"}`, '{"authorization": "", "name": "SIEM"}'],
    ['an escaped quote', `{"authorization": "a\\"${SECRET}"}`, '{"authorization": ""}'],
    ['a key with line ends', `{"clientKey": "one\n${SECRET}\n", "name": "a"}`, '{"clientKey": "", "name": "a"}'],
    ['a text that is not closed', `{"authorization": "Splunk ${SECRET}`, '{"authorization": ""'],
    ['a text without quotes', `{"authorization": Splunk ${SECRET}\n}`, '{"authorization": ""\n}'],
    ['single quotes', `{'authorization': 'Splunk ${SECRET}'\n}`, `{'authorization': ""\n}`],
    ['a header', `{"headers": [{"name": "X-A", "value":"${SECRET}"}]}`, '{"headers": [{"name": "X-A", "value":""}]}'],
    ['an endpoint', `{"endpoint": "https://a.example/${SECRET}"}`, '{"endpoint": ""}'],
    ['a private key', `{"a": "-----BEGIN EC PRIVATE KEY-----\\n${SECRET}"}`, '{"a": "'],
    ['a token of the server', '{"a": "aw_4711-secret"}', '{"a": ""}'],
    ['null', '{"authorization": null, "clientKey": null}', '{"authorization": null, "clientKey": null}'],
  ])('has no secret in the variables: %s', (_, variables, kept) => {
    expect(clean({ variables }).variables).toBe(kept);
  });

  it.each([
    [
      'a value',
      `{ a(input: {authorization: "${SECRET}", name: "a"}) }`,
      '{ a(input: {authorization: "", name: "a"}) }',
    ],
    ['a block', `{ a(clientKey: """\n${SECRET}\n""", b: 1) }`, '{ a(clientKey: "", b: 1) }'],
    ['a default', `query ($authorization: String = "${SECRET}") { a }`, 'query ($authorization: String = "") { a }'],
    ['none', 'query ($authorization: String!, $b: Int) { a }', 'query ($authorization: String!, $b: Int) { a }'],
  ])('has no secret in the query: %s', (_, query, kept) => {
    expect(clean({ query }).query).toBe(kept);
  });

  it('has no secret in a variable that is passed to a secret field', () => {
    const query = 'mutation ($a: String, $b: String) { c(input: {authorization: $a, name: $b}) }';

    expect(clean({ query, variables: `{"a": "${SECRET}", "b": "SIEM"}` })).toEqual({
      query,
      variables: '{"a": "", "b": "SIEM"}',
    });
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
    const storage = createStorage({ store, examples, secretFields });

    for (const key of ['theme', 'editorFlex', 'query', 'variables', 'headers', 'queries']) {
      storage.setItem(`graphiql:${key}`, SECRET);
    }

    expect([...kept.keys()]).toEqual(['graphiql:theme', 'graphiql:editorFlex']);
    expect(storage.getItem('graphiql:variables')).toBe(examples.variables);
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
