import { expect, it } from 'vitest';
import { aLogin, mutate } from '../support/graphql/calls.js';
import { startConnectProxy } from '../support/network/connect-proxy.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

const PASSWORD = 'word-8a6b2f0c';

it('deliveries and tests of a destination use the egress proxy, and no output contains its password', async () => {
  const receiver = await startReceiver();
  const proxy = await startConnectProxy();
  const env = {
    AUDITWIRE_EGRESS_PROXY: `http://auditwire:${PASSWORD}@127.0.0.1:${proxy.port}`,
    AUDITWIRE_ALLOWED_ADDRESSES: '',
    AUDITWIRE_LOG_LEVEL: 'trace',
  };
  const server = await startThreaded(temporaryDirectory(), { env });
  // The certificate is also for localhost. A direct connection to loopback is refused: no address is allowed.
  const named = { ...receiver, url: `https://localhost:${receiver.port}/collector` };
  const { portalId, destinationId: id } = await connectPortal(server, named);

  const tested = await mutate(server, 'testDestination', { id });
  await mutate(server, 'recordLogin', { portalId, ...aLogin() });
  await receiver.until(({ accepted }) => accepted.length === 2);
  proxy.answers(407);
  await mutate(server, 'updateDestination', { id, authorization: null });
  const refused = await mutate(server, 'testDestination', { id });

  expect(tested).toMatchObject({ delivered: true });
  expect(refused).toMatchObject({
    delivered: false,
    responseCode: null,
    message: 'the egress proxy answered 407 Proxy Authentication Required',
  });
  const credentials = Buffer.from(`auditwire:${PASSWORD}`).toString('base64');
  expect(proxy.asked.length).toBeGreaterThanOrEqual(3);
  for (const { authority, authorization } of proxy.asked) {
    expect([authority, authorization]).toEqual([`localhost:${receiver.port}`, `Basic ${credentials}`]);
  }
  for (const secret of [PASSWORD, credentials]) expect(server.said()).not.toContain(secret);
  await receiver.down();
});
