/** A portal with three webhooks: one works, the receiver of one is dead, one is moved to another SIEM midway. */
import { expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  CreateWebhookDocument,
  RecordLoginsDocument,
} from '../../src/client/generated/graphql.js';
import { numbered, requestsIn } from '../support/engine/portal.js';
import { type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

const LOGINS = 300;
const MOVED_AFTER = 150;

async function destinationOf({ client }: TestApp, receiver: Receiver, name: string): Promise<string> {
  const input = { name, endpoint: receiver.url, caCertificate: receiver.ca };
  return succeeded((await client.call(CreateDestinationDocument, { input })).createDestination).destination.id;
}

async function createWebhook(test: TestApp, portalId: string, receiver: Receiver, name: string): Promise<string> {
  const input = { portalId, name, destinationId: await destinationOf(test, receiver, name), enabled: true };
  return succeeded((await test.client.call(CreateWebhookDocument, { input })).createWebhook).webhook.id;
}

async function record({ client }: TestApp, portalId: string, requests: string[]): Promise<void> {
  const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  const logins = requests.map((request) => ({ ...login, request }));
  succeeded((await client.call(RecordLoginsDocument, { input: { portalId, logins } })).recordLogins);
}

/** The requests of the logins that a receiver accepted, without repeats, in the order of their first arrival. */
const acceptedBy = (...receivers: Receiver[]) => [
  ...new Set(receivers.flatMap(({ accepted }) => requestsIn(accepted))),
];
const inOrder = (requests: string[]) =>
  requests.toSorted((one, other) => Number(one.slice(1)) - Number(other.slice(1)));

it('each webhook gets every login, first deliveries in order, whatever happens to the others', {
  timeout: 60_000,
}, async () => {
  const [healthy, dead, old, next] = await Promise.all([
    startReceiver(),
    startReceiver(),
    startReceiver(),
    startReceiver(),
  ]);
  const test = await startApp();
  const { portalId } = await connectPortal(test, healthy);
  const failing = await createWebhook(test, portalId, dead, 'dead');
  const moved = await createWebhook(test, portalId, old, 'moved');
  await dead.down();

  const all = numbered(LOGINS);
  for (let index = 0; index < LOGINS; index += 10) {
    await record(test, portalId, all.slice(index, index + 10));
    if (index !== MOVED_AFTER) continue;
    const destinationId = await destinationOf(test, next, 'next SIEM');
    const input = { portalId, webhookId: moved, destinationId };
    succeeded((await test.client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  }
  await healthy.until(() => acceptedBy(healthy).length === LOGINS);
  await expect.poll(() => acceptedBy(old, next).length, { timeout: 30_000 }).toBe(LOGINS);

  const statusOf = (webhookId: string) => test.app.services.statusOf(webhookId).status;
  expect(statusOf(failing)).toMatchObject({ state: 'INACTIVE', deliveredTotal: 0, pending: LOGINS });
  expect(requestsIn(healthy.accepted)).toEqual(all);
  expect(inOrder(acceptedBy(old, next))).toEqual(all);
  for (const { accepted } of [old, next]) expect(requestsIn(accepted)).toEqual(inOrder(requestsIn(accepted)));

  await dead.up();
  await dead.until(() => acceptedBy(dead).length === LOGINS);
  expect(requestsIn(dead.accepted)).toEqual(all);
  expect(requestsIn(healthy.accepted), 'the others got nothing twice').toEqual(all);
  await expect
    .poll(() => [portalId, failing, moved].map((id) => statusOf(id).deliveredTotal))
    .toEqual([LOGINS, LOGINS, LOGINS]);
  await Promise.all([healthy, dead, old, next].map((receiver) => receiver.down()));
});
