import { expect, it } from 'vitest';
import { connectPortal, startApp } from './support/app.js';
import { startReceiver } from './support/receiver.js';
import { RecordLoginDocument } from '../src/client/generated/graphql.js';

it('delivers', async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { portalId } = await connectPortal(test, receiver);
  await test.client.call(RecordLoginDocument, { input: { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } });
  await receiver.until((r) => r.accepted.length === 1);
  expect(receiver.accepted[0]).toContain('src=::1');
  await receiver.down();
});
