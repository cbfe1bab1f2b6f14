import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { introspectionFromSchema } from 'graphql';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../schema/schema.js';
import { type Answer, hasBrowser, launchBrowser, openGraphiQL } from '../support/graphql/browser.js';
import { aLogin, mutate } from '../support/graphql/calls.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';

const source = readFileSync(join(import.meta.dirname, '../../schema/operations.graphql'), 'utf8');
const EXAMPLES = [...source.matchAll(/^(?:query|mutation|subscription) (\w+)/gm)].map(([, name = '']) => name);
const SECRETS = [
  'Splunk 8a6b2f0c-secret',
  'channel-4711-secret',
  'https://siem.example.com/path-key-secret',
  'Bearer literal-secret',
];

// Skipped without a browser, except in CI, which must have one.
describe.skipIf(!hasBrowser && !process.env['CI'])('GraphiQL in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('loads from this server only, says what to do, shows no error, and offers each example', async () => {
    const test = await startApp();

    const graphiql = await openGraphiQL(browser, test);
    await graphiql.shows('Paste your token');
    const query = await graphiql.textOf('query');

    expect(await graphiql.textOf('response')).toBe('');
    expect(await graphiql.textOf('variables')).toContain('"sourceAddress": "192.0.2.7"');
    const menu = graphiql.page.getByRole('menu');
    await graphiql.page.getByRole('button', { name: /^Execute query/ }).click();
    expect(await menu.evaluate((element) => element.scrollHeight - element.clientHeight)).toBe(0);
    await graphiql.page.screenshot({ path: join(tmpdir(), 'auditwire-graphiql-menu.png') });
    expect(await graphiql.page.evaluate(widthBeyondWindow)).toBe(0);
    await graphiql.page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    expect(query.split('\n').filter((line) => line.startsWith('#') && line.length > 46)).toEqual([]);
    expect((await graphiql.operations()).sort()).toEqual(EXAMPLES.sort());
    expect(graphiql.requested.map(String)).toEqual([test.url]);
    expect(graphiql.errors).toEqual([]);
    await graphiql.page.screenshot({ path: join(tmpdir(), 'auditwire-graphiql.png') });

    expect((await graphiql.answerTo('Portals')).errors?.[0]?.message).toContain('Paste your token');
    await graphiql.shows('query Portals');
    await graphiql.page.locator('#token:focus').waitFor();
    await graphiql.enterToken(test.token);
    expect((await graphiql.answerTo('RecordLogin')).errors?.[0]?.message).toContain('Run RegisterPortal first');
    expect(graphiql.requested.map(String)).toEqual([test.url]);

    const variables = await graphiql.textOf('variables');
    await graphiql.replace('variables', variables, '{ "portalId": ');
    await graphiql.replace('query', 'query Viewer', 'query Later');
    await expect.poll(graphiql.kept).toContain('query Later');
    await graphiql.reload();
    expect(await graphiql.textOf('variables')).toBe(variables);
    expect(graphiql.errors).toEqual([]);
  }, 60_000);

  it('runs every example in the order of the menu, with the token as the only help', async () => {
    const test = await startApp();
    const graphiql = await openGraphiQL(browser, test);
    await graphiql.enterToken(test.token);
    const answers: Record<string, Answer> = {};
    const registered = () => answers['RegisterPortal']?.data?.['registerPortal'] as { portal: { id: string } };

    for (const example of await graphiql.operations()) {
      // This example waits until the portal sends a login.
      const recordLogin = () => mutate(test, 'recordLogin', { portalId: registered().portal.id, ...aLogin() });
      answers[example] = await graphiql.answerTo(example, example === 'LoginRecorded' ? recordLogin : undefined);
    }

    // The receiver of the example does not exist. So nothing was delivered, and a replay has nothing to send: it may be over.
    const { CancelReplay, ...others } = answers;
    expect(CancelReplay?.data?.['cancelReplay']).toMatchObject({
      __typename: expect.stringMatching(/Success|NotFound/),
    });
    const message = expect.stringContaining('There is no undelivered range now');
    expect(Object.entries(others).filter(([, answer]) => !succeeded(answer))).toEqual([
      ['Redeliver', { errors: [{ message }] }],
      ['DiscardUndelivered', { errors: [{ message }] }],
    ]);
    expect(new Set(graphiql.requested.map(String))).toEqual(new Set([test.url]));
    expect(graphiql.errors).toEqual([]);
  }, 120_000);

  it('uses what exists already, then what it made last, and nothing that is gone', async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.down());
    const test = await startApp();
    const existing = await connectPortal(test, receiver);
    const graphiql = await openGraphiQL(browser, test);
    await graphiql.enterToken(test.token);
    const idIn = ({ data }: Answer) => /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1];

    await graphiql.answerTo('Destinations');
    expect(await graphiql.answerTo('TestDestination')).toMatchObject({
      data: { testDestination: { delivered: true } },
    });
    await graphiql.answerTo('Portals');
    const recorded = { login: { portalId: existing.portalId } };
    expect(await graphiql.answerTo('RecordLogin')).toMatchObject({ data: { recordLogin: recorded } });

    const first = await graphiql.answerTo('CreateDestination');
    const second = await graphiql.answerTo('CreateDestination');
    expect([first, second].filter((answer) => !succeeded(answer))).toEqual([]);
    expect(idIn(await graphiql.answerTo('DeleteDestination'))).toBe(idIn(second));
    expect((await graphiql.answerTo('TestDestination')).errors?.[0]?.message).toContain('Run CreateDestination first');

    await graphiql.answerTo('RegisterPortal');
    const portal = await graphiql.answerTo('RegisterPortal');
    expect(idIn(await graphiql.answerTo('RetirePortal'))).toBe(idIn(portal));
    expect((await graphiql.answerTo('RecordLogin')).errors?.[0]?.message).toContain('Run RegisterPortal first');
    expect(graphiql.errors).toEqual([]);
  }, 60_000);

  it('keeps what was written but no secret, also after a reload, and has one token for all tabs', async () => {
    const test = await startApp();
    const graphiql = await openGraphiQL(browser, test);
    await graphiql.enterToken(`Bearer ${test.token}`);
    const [authorization, header, endpoint, literal] = SECRETS;
    const headers = `"headers": [{ "name": "X-Channel", "value": "${header}" }]`;
    await graphiql.replace('variables', '"Splunk TOKEN"', `"${authorization}", ${headers}`);
    await graphiql.replace('variables', 'https://siem.example.com/collector', `${endpoint}`);
    await graphiql.replace('variables', 'Example portal NOW', 'Portal of the test');
    const mutation = `mutation Mine { updateDestination(input: { id: "x", authorization: "${literal}" }) { __typename } }`;
    await graphiql.replace('query', 'query Viewer', `${mutation}\n\nquery Viewer`);

    expect(await graphiql.answerTo('CreateDestination')).toMatchObject({
      data: { createDestination: { __typename: 'CreateDestinationSuccess' } },
    });
    expect(await graphiql.answerTo('Mine')).toMatchObject({
      data: { updateDestination: { __typename: 'InvalidInput' } },
    });
    await graphiql.addTab();
    await graphiql.type('{ viewer { tokenName } }');
    await graphiql.page.keyboard.press('Control+Enter');
    await graphiql.shows('"tokenName": "admin"');
    // The page writes to its storage a little later.
    await expect.poll(graphiql.kept).toMatch(/Portal of the test[^]*tokenName }/);

    const kept = await graphiql.kept();
    expect([test.token, ...SECRETS].filter((secret) => kept.includes(secret))).toEqual([]);
    expect(JSON.parse(kept)).toMatchObject({ address: test.url, localStorage: {}, state: null, databases: [] });
    expect(new Set(graphiql.requested.map(String))).toEqual(new Set([test.url]));

    await graphiql.reload();
    expect(await graphiql.textOf('query')).toContain('{ viewer { tokenName } }');
    await graphiql.page.getByRole('tab').first().click({ delay: 100 });
    await graphiql.shows('RegisterPortalInput');
    expect(await graphiql.textOf('variables')).toContain('"Portal of the test"');
    await graphiql.enterToken(test.token);
    for (const [operation, place] of [
      ['CreateDestination', 'createDestination.endpoint'],
      ['Mine', 'a value in the query'],
    ] as const) {
      expect((await graphiql.answerTo(operation)).errors?.[0]?.message).toContain(`removed the text of ${place},`);
    }
    expect(graphiql.errors).toEqual([]);
  }, 60_000);

  it('shows a status change live when a login is delivered', async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.down());
    const test = await startApp();
    const { portalId } = await connectPortal(test, receiver);
    const graphiql = await openGraphiQL(browser, test);

    await graphiql.enterToken(test.token);
    await graphiql.replace('variables', 'PORTAL_ID', portalId);
    await graphiql.run('WebhookStatusChanged');
    await graphiql.answers('"deliveredTotal": 0');
    await mutate(test, 'recordLogin', { portalId, ...aLogin() });
    await graphiql.answers('"deliveredTotal": 1');

    expect(graphiql.errors).toEqual([]);
    await graphiql.page.screenshot({ path: join(tmpdir(), 'auditwire-graphiql-live.png') });

    for (const fetchSchema of [
      () => graphiql.page.getByRole('button', { name: /^Re-fetch/ }).click(),
      () => graphiql.page.keyboard.press('Control+Shift+R'),
    ]) {
      const [response] = await Promise.all([graphiql.page.waitForResponse(test.url), fetchSchema()]);
      expect((await response.json()).data.__schema.types).toEqual(introspectionFromSchema(schema).__schema.types);
    }

    await test.app.stop();
    await graphiql.shows('connection to the server ended');
    expect(JSON.parse(await graphiql.textOf('response'))).toEqual({ errors: [{ message: expect.any(String) }] });
    for (const operation of ['WebhookStatusChanged', 'Viewer']) {
      expect(await graphiql.answerTo(operation)).toEqual({
        errors: [{ message: expect.stringContaining('server did not answer') }],
      });
    }
  }, 60_000);
});

/** Runs in the page: the width (px) that the first operation has beyond the query editor. */
function widthBeyondWindow(): number {
  const [first] = Reflect.get(globalThis, '__MONACO').editor.getEditors();
  return Math.max(0, first.getScrollWidth() - first.getLayoutInfo().contentWidth);
}

/** Data without a refusal. */
function succeeded({ data, errors }: Answer): boolean {
  return !errors && !/"__typename":"(?!\w+Success)/.test(JSON.stringify(data));
}
