import { expect, it } from 'vitest';
import { WITHHELD } from '../../src/delivery/transport/redaction.js';
import {
  deliveryEvents,
  logIn,
  numbered,
  redeliver,
  undeliveredIds,
  untilEvent,
  untilLane,
} from '../support/engine/portal.js';
import { dataOf, expectInvalid, mutate } from '../support/graphql/calls.js';
import { filesWith } from '../support/log/grep.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp, temporaryDirectory } from '../support/server/app.js';

const untilIdle = (test: Parameters<typeof untilLane>[0], portalId: string) =>
  untilLane(test, portalId, ({ first }) => first.open === null);

async function excerptsOf(test: TestApp, id: string): Promise<(string | null)[]> {
  const query = 'query ($id: ID!) { deliveries(portalId: $id) { edges { node { attempts { responseExcerpt } } } } }';
  const { deliveries } = await dataOf<{
    deliveries: { edges: { node: { attempts: { responseExcerpt: string | null }[] } }[] };
  }>(test, query, { id });
  return deliveries.edges.flatMap(({ node }) => node.attempts.map(({ responseExcerpt }) => responseExcerpt));
}

const CHANNEL = 'FE0ECFAD-13D5-401B-847D-77833BD77131';

it('headers are sent with every request, a header without a value keeps its stored value, and no value is shown', async () => {
  const receiver = await startReceiver();
  const directory = temporaryDirectory();
  const test = await startApp({ directory });
  const { portalId, destinationId: id } = await connectPortal(test, receiver);
  const headers = [
    { name: 'X-Splunk-Request-Channel', value: CHANNEL },
    { name: 'X-Tenant', value: 'one' },
  ];
  await mutate(test, 'updateDestination', { id, headers });
  receiver.answers(answer(400, {}, `no channel ${CHANNEL}`));
  await logIn(test, portalId, '/1');
  const { data } = await untilEvent(test, portalId, 'BatchAbandoned');
  expect(data.message).toBe('Bad Request');
  expect(await excerptsOf(test, portalId)).toEqual([WITHHELD]);
  expect(receiver.received[0]?.headers).toMatchObject({ 'x-splunk-request-channel': CHANNEL, 'x-tenant': 'one' });

  receiver.answers(answer(200));
  const kept = [{ name: 'x-splunk-request-channel' }, { name: 'X-Other', value: 'two' }];
  await mutate(test, 'updateDestination', { id, headers: kept });
  await redeliver(test, undeliveredIds(test, portalId));
  await untilEvent(test, portalId, 'BatchDelivered');
  const last = receiver.received.at(-1)?.headers;
  expect(last).toMatchObject({ 'x-splunk-request-channel': CHANNEL, 'x-other': 'two' });
  expect(last).not.toHaveProperty('x-tenant');
  const query = 'query ($id: ID!) { destination(id: $id) { kind headerNames } }';
  expect(await dataOf(test, query, { id })).toEqual({
    destination: { kind: 'HTTP', headerNames: ['x-splunk-request-channel', 'X-Other'] },
  });
  const missing = [{ name: 'X-Third' }];
  await expectInvalid(test, 'updateDestination', { id, headers: missing }, 'headers[0].value', 'no value is stored');
  await test.app.stop();
  expect(filesWith(directory, CHANNEL)).toEqual([]);
  await receiver.down();
});

it('a batch has no more lines and bytes than its destination takes, and a retry has the same lines after a change', async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { portalId, destinationId: id } = await connectPortal(test, receiver);
  const sizes = () => receiver.received.map(({ lines }) => lines.length);
  await mutate(test, 'updateDestination', { id, maxBatchLines: 4 });
  await logIn(test, portalId, ...numbered(10));
  await receiver.until(({ accepted }) => accepted.length === 10);
  expect(sizes()).toEqual([4, 4, 2]);

  const bytes = Buffer.byteLength(receiver.received[0]?.lines[0] ?? '');
  const maxBatchBytes = Math.max(1_000, 3 * (bytes + 101));
  await mutate(test, 'updateDestination', { id, maxBatchLines: null, maxBatchBytes });
  receiver.received.length = 0;
  await logIn(test, portalId, ...numbered(7));
  await receiver.until(({ accepted }) => accepted.length === 17);
  expect(Math.max(...receiver.received.map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(maxBatchBytes);
  expect(Math.max(...sizes())).toBeLessThan(7);

  await mutate(test, 'updateDestination', { id, maxBatchBytes: null });
  receiver.received.length = 0;
  receiver.answers(answer(503));
  await logIn(test, portalId, ...numbered(6));
  await receiver.until(({ received }) => received.length === 1);
  await untilEvent(test, portalId, 'RetryScheduled');
  await mutate(test, 'updateDestination', { id, maxBatchLines: 2, maxBatchBytes: 1_000 });
  receiver.answers(answer(200));
  await receiver.until(({ accepted }) => accepted.length === 23);
  await untilIdle(test, portalId);
  const [first, again] = receiver.received;
  expect([again?.deliveryId, again?.text]).toEqual([first?.deliveryId, first?.text]);
  expect(deliveryEvents(test, portalId).map(({ type }) => type)).not.toContain('DeliverySuperseded');
  await expectInvalid(test, 'updateDestination', { id, maxBatchLines: 501 }, 'maxBatchLines', 'from 1 to 500');
  await expectInvalid(
    test,
    'updateDestination',
    { id, maxBatchBytes: 999 },
    'maxBatchBytes',
    'from 1,000 to 1,048,576',
  );
  await receiver.down();
});
