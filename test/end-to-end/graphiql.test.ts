import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasBrowser, openGraphiQL } from '../support/graphql/browser.js';
import { aLogin, mutate, registerPortal } from '../support/graphql/calls.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';

const EXAMPLES = [
  'Portals',
  'RegisterPortal',
  'CreateDestination',
  'ConfigureWebhook',
  'RecordLogin',
  'WebhookStatusChanged',
];

// Skipped without a browser, except in CI, which must have one.
describe.skipIf(!hasBrowser && !process.env['CI'])('GraphiQL in a browser', () => {
  it('loads from this server only, has no errors, and offers each example', async () => {
    const test = await startApp();

    const graphiql = await openGraphiQL(test);
    await graphiql.shows('The value of Authorization cannot be read');

    expect(await graphiql.operations()).toEqual(EXAMPLES);
    expect(graphiql.requested.map(({ origin }) => origin).filter((origin) => origin !== test.origin)).toEqual([]);
    expect(graphiql.errors).toEqual([]);
  });

  it('runs a query with the token from the Headers editor, and then shows the documentation', async () => {
    const test = await startApp();
    await registerPortal(test, 'My developer portal');
    const graphiql = await openGraphiQL(test);

    await graphiql.fillIn('Headers', { Authorization: `Bearer ${test.token}` });
    await graphiql.run('Portals');
    await graphiql.shows('"My developer portal"');
    await graphiql.refetchSchema();
    await graphiql.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await graphiql.shows('Root Types');

    expect(graphiql.errors).toEqual([]);
    await graphiql.page.screenshot({ path: join(tmpdir(), 'auditwire-graphiql.png') });
  });

  it('shows a status change live when a login is delivered', async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.down());
    const test = await startApp();
    const { portalId } = await connectPortal(test, receiver);
    const graphiql = await openGraphiQL(test);

    await graphiql.fillIn('Headers', { Authorization: `Bearer ${test.token}` });
    await graphiql.fillIn('Variables', { portalId });
    await graphiql.run('WebhookStatusChanged');
    await graphiql.shows('"deliveredTotal": 0');
    await mutate(test, 'recordLogin', { portalId, ...aLogin() });
    await graphiql.shows('"deliveredTotal": 1');

    expect(graphiql.errors).toEqual([]);
    await graphiql.page.screenshot({ path: join(tmpdir(), 'auditwire-graphiql-live.png') });
  });
});
