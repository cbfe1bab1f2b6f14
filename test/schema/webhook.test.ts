import { describe, expect, it } from 'vitest';
import { logIn } from '../support/engine/portal.js';
import {
  createDestination,
  expectInvalid,
  expectRefusal,
  headOf,
  mutate,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startLane } from '../support/graphql/lane.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';

const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };

describe('configureWebhook', () => {
  it('sets the destination; the webhook is off until it is turned on', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);
    const destinationId = await createDestination(test);

    const off = await mutate(test, 'configureWebhook', { portalId, destinationId });
    const on = await mutate(test, 'configureWebhook', { portalId, enabled: true });

    const webhook = { configuredAt: expect.any(String), destination: { id: destinationId } };
    expect(off).toMatchObject({
      __typename: 'ConfigureWebhookSuccess',
      webhook: { ...webhook, enabled: false, status: { enabled: false, state: 'ACTIVE' } },
    });
    expect(on).toMatchObject({ webhook: { ...webhook, enabled: true, status: { enabled: true, state: 'ACTIVE' } } });
  });

  it('keeps fields that are left out or null, and records nothing if nothing changes', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId, destinationId } = await connectPortal(test, receiver);
    const head = await headOf(test);

    const result = await mutate(test, 'configureWebhook', { portalId, enabled: null, destinationId: null });

    expect(result).toMatchObject({ webhook: { enabled: true, destination: { id: destinationId } } });
    expect(await headOf(test)).toBe(head);
    await receiver.down();
  });

  it('needs a destination the first time', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);

    await expectInvalid(test, 'configureWebhook', { portalId, enabled: true }, 'destinationId', 'is needed');
  });

  it('refuses an unknown portal and an unknown destination', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);
    const destinationId = await createDestination(test);
    const fields = [
      { field: 'destinationId', reason: expect.stringContaining('createDestination makes a new destination') },
    ];

    await expectRefusal(test, 'configureWebhook', { portalId: UNKNOWN_ID, destinationId }, notFound);
    await expectRefusal(test, 'configureWebhook', { portalId, destinationId: UNKNOWN_ID }, { ...notFound, fields });
  });

  it('refuses malformed ids', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);

    await expectInvalid(
      test,
      'configureWebhook',
      { portalId: 'x', destinationId: UNKNOWN_ID },
      'portalId',
      'must be a UUID',
    );
    await expectInvalid(test, 'configureWebhook', { portalId, destinationId: 'x' }, 'destinationId', 'must be a UUID');
  });
});

describe('configureWebhook with catchUp', () => {
  it.each([
    ['FROM_NOW', 1],
    ['SINCE_LAST_ON', 4],
    ['SINCE', 2],
  ])('%s leaves %i of four logins to deliver', async (catchUp, sent) => {
    const lane = await startLane();
    const { portalId, clock } = lane;
    await mutate(lane, 'configureWebhook', { portalId, enabled: false });
    await logIn(lane, portalId, '/1', '/2');
    clock.advance(60_000);
    const since = new Date(clock.now()).toISOString();
    await logIn(lane, portalId, '/3');
    clock.advance(60_000);
    const input = { portalId, enabled: true, catchUp, ...(catchUp === 'SINCE' && { since }) };
    expect(await mutate(lane, 'configureWebhook', input)).toMatchObject({ webhook: { enabled: true } });
    await logIn(lane, portalId, '/4');
    await lane.untilLane(({ totals }) => totals.delivered === sent);
    expect(lane.sender.posts.flatMap(({ requests }) => requests)).toEqual(['/1', '/2', '/3', '/4'].slice(-sent));
  });

  it('is refused if the webhook is not turned on, or without a matching since', async () => {
    const lane = await startLane();
    const { portalId } = lane;
    await expectInvalid(
      lane,
      'configureWebhook',
      { portalId, enabled: true, catchUp: 'SINCE_LAST_ON' },
      'catchUp',
      'turns the webhook on',
    );
    await mutate(lane, 'configureWebhook', { portalId, enabled: false });
    await expectInvalid(lane, 'configureWebhook', { portalId, enabled: true, catchUp: 'SINCE' }, 'since', 'is needed');
    const since = new Date(0).toISOString();
    await expectInvalid(
      lane,
      'configureWebhook',
      { portalId, enabled: true, since },
      'since',
      'only with catchUp: SINCE',
    );
  });
});

describe('removeWebhook', () => {
  it('removes the destination and turns the webhook off', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId } = await connectPortal(test, receiver);

    expect(await mutate(test, 'removeWebhook', { portalId })).toMatchObject({
      __typename: 'RemoveWebhookSuccess',
      webhook: { enabled: false, configuredAt: null, destination: null, status: { state: 'UNCONFIGURED' } },
    });
    await receiver.down();
  });

  it('refuses a portal without a webhook, an unknown portal and a malformed id', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);

    await expectRefusal(
      test,
      'removeWebhook',
      { portalId },
      { ...notFound, message: expect.stringContaining('not configured') },
    );
    await expectRefusal(test, 'removeWebhook', { portalId: UNKNOWN_ID }, notFound);
    await expectInvalid(test, 'removeWebhook', { portalId: 'x' }, 'portalId', 'must be a UUID');
  });
});
