import { expect, it } from 'vitest';
import { createDestination, mutationOf, post, registerPortal } from '../support/graphql/calls.js';
import { openAuthorizedSocket } from '../support/graphql/socket.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();
const none = { field: 'webhooks.all', reason: 'must be true; for one webhook, give its id instead' };

it('webhooks: { all: false } is refused by lists and subscriptions', async () => {
  const portalId = await registerPortal(app());
  for (const list of ['deliveries', 'undelivered']) {
    const query = `query ($id: ID!) { ${list}(portalId: $id, webhooks: { all: false }) { edges { cursor } } }`;
    const { body } = await post(app(), query, { id: portalId });
    expect(body.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', fields: [none] } }]);
  }
  const socket = await openAuthorizedSocket(app());
  for (const subscription of ['webhookStatusChanged', 'deliveryAttempted', 'replayJobChanged']) {
    const text = `subscription ($id: ID!) { ${subscription}(portalId: $id, webhooks: { all: false }) { position } }`;
    socket.subscribe(subscription, text, { id: portalId });
    let message = await socket.next();
    while (message.type === 'complete') message = await socket.next();
    expect(JSON.stringify(message.payload)).toContain(JSON.stringify([none]));
  }
});

it('a filter of logins that ends before it begins is refused', async () => {
  const portalId = await registerPortal(app());
  const query =
    'query ($id: ID!, $filter: LoginFilterInput) { logins(portalId: $id, filter: $filter) { edges { cursor } } }';
  const filter = { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
  const { body } = await post(app(), query, { id: portalId, filter });
  const fields = [{ field: 'filter.to', reason: 'must not be before from; exchange them' }];
  expect(body.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', fields } }]);
  const same = { from: filter.to, to: filter.to };
  expect((await post(app(), query, { id: portalId, filter: same })).body.errors).toBeUndefined();
});

it.each([99_999_999_999, '5', 0, 1.5])(
  'a number of a destination that is not in its range is refused with the range: %j',
  async (value) => {
    const id = await createDestination(app(), { name: `SIEM ${value}` });
    const { text } = await post(app(), mutationOf('updateDestination'), { input: { id, maxInFlight: value } });
    expect(text).toContain('maxInFlight","reason":"must be a whole number from 1 to 64"');
  },
);
