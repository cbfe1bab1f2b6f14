import { describe, expect, it, onTestFinished } from 'vitest';
import { aLogin, headOf, mutate } from '../support/graphql/calls.js';
import { eventStream, subscribe, transports } from '../support/graphql/live.js';
import { type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

interface Status {
  position: string;
  status: {
    state: string;
    enabled: boolean;
    pending: number;
    deliveredTotal: number;
    lastResponseCode: number | null;
  };
}
interface Attempted {
  position: string;
  attempt: {
    deliveryId: string;
    attemptNumber: number;
    delivered: boolean;
    responseCode: number | null;
    message: string;
  };
}
interface LoginRecorded {
  position: string;
  login: { clientTraceId: string };
}

const STATUS = `subscription ($portalId: ID!, $after: String) { webhookStatusChanged(portalId: $portalId, after: $after) {
  position status { state enabled pending deliveredTotal lastResponseCode } } }`;
const ATTEMPTS = `subscription ($portalId: ID!, $after: String) { deliveryAttempted(portalId: $portalId, after: $after) {
  position attempt { deliveryId attemptNumber delivered responseCode message } } }`;
const LOGINS = `subscription ($portalId: ID!, $after: String) { loginRecorded(portalId: $portalId, after: $after) {
  position login { clientTraceId } } }`;

async function startWithReceiver(): Promise<{ test: TestApp; receiver: Receiver; portalId: string }> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.down());
  const test = await startApp();
  const { portalId } = await connectPortal(test, receiver);
  return { test, receiver, portalId };
}

const record = (test: TestApp, portalId: string, traceId: string) =>
  mutate(test, 'recordLogin', { portalId, ...aLogin({ traceId }) });

const tracesOf = (payloads: LoginRecorded[]) => payloads.map(({ login }) => login.clientTraceId);
const positionsOf = (payloads: { position: string }[]) => payloads.map(({ position }) => Number(position));
const rising = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);

describe('both transports', () => {
  it('send the same logins and the same attempts, in the order of their positions', async () => {
    const { test, portalId } = await startWithReceiver();
    const variables = { portalId, after: await headOf(test) };
    const logins = transports.map((transport) => subscribe<LoginRecorded>(transport, test, LOGINS, variables));
    const attempts = transports.map((transport) => subscribe<Attempted>(transport, test, ATTEMPTS, variables));

    for (const traceId of ['a', 'b', 'c']) await record(test, portalId, traceId);

    const [overSocket = [], overEvents = []] = await Promise.all(logins.map((live) => live.take(3)));
    expect(tracesOf(overSocket)).toEqual(['a', 'b', 'c']);
    expect(overEvents).toEqual(overSocket);
    expect(positionsOf(overSocket)).toEqual(rising(positionsOf(overSocket)));
    const [socketAttempts, eventAttempts] = await Promise.all(attempts.map((live) => live.take(1)));
    expect(eventAttempts).toEqual(socketAttempts);
    expect(socketAttempts).toMatchObject([{ attempt: { attemptNumber: 1, delivered: true, responseCode: 200 } }]);
  });

  it('do not send the logins of another portal', async () => {
    const { test, portalId, receiver } = await startWithReceiver();
    const { portalId: otherId } = await connectPortal(test, receiver, 'Other');
    const variables = { portalId, after: await headOf(test) };
    const logins = transports.map((transport) => subscribe<LoginRecorded>(transport, test, LOGINS, variables));

    await record(test, otherId, 'other');
    await record(test, portalId, 'mine');

    for (const live of logins) expect(tracesOf(await live.take(1))).toEqual(['mine']);
  });
});

describe.each(transports)('over %s', (transport) => {
  it('the first status arrives at once, without an event', async () => {
    const { test, portalId } = await startWithReceiver();

    const live = subscribe<Status>(transport, test, STATUS, { portalId });

    expect(await live.next()).toMatchObject({
      status: { state: 'ACTIVE', enabled: true, pending: 0, lastResponseCode: null },
    });
  });

  it('the status becomes INACTIVE when the receiver fails, and ACTIVE when it works again', async () => {
    const { test, receiver, portalId } = await startWithReceiver();
    const live = subscribe<Status>(transport, test, STATUS, { portalId });
    await live.until(({ status }) => status.state === 'ACTIVE');

    await receiver.down();
    await record(test, portalId, 'a');
    const failed = await live.until(({ status }) => status.state === 'INACTIVE');
    await receiver.up();
    const recovered = await live.until(({ status }) => status.deliveredTotal === 1);

    expect(failed.at(-1)?.status).toMatchObject({ pending: 1, lastResponseCode: null });
    expect(recovered.at(-1)?.status).toMatchObject({ state: 'ACTIVE', pending: 0, lastResponseCode: 200 });
    expect(positionsOf([...failed, ...recovered])).toEqual(rising(positionsOf([...failed, ...recovered])));
  });

  it('the status changes with the configuration, and no status is sent twice', async () => {
    const { test, portalId } = await startWithReceiver();
    const live = subscribe<Status>(transport, test, STATUS, { portalId });
    const first = await live.next();

    await mutate(test, 'configureWebhook', { portalId, enabled: false });
    const second = await live.next();
    await mutate(test, 'removeWebhook', { portalId });
    const third = await live.next();

    expect([first, second, third].map(({ status }) => [status.state, status.enabled])).toEqual([
      ['ACTIVE', true],
      ['ACTIVE', false],
      ['UNCONFIGURED', false],
    ]);
  });

  it('a client that subscribes to logins again misses none and gets none twice', async () => {
    const { test, portalId } = await startWithReceiver();
    const first = subscribe<LoginRecorded>(transport, test, LOGINS, { portalId, after: await headOf(test) });
    for (const traceId of ['a', 'b', 'c']) await record(test, portalId, traceId);
    const seen = await first.take(2);
    await first.end();
    await record(test, portalId, 'd');

    const again = subscribe<LoginRecorded>(transport, test, LOGINS, { portalId, after: seen.at(-1)?.position });
    const later = await again.take(2);
    await record(test, portalId, 'e');

    expect(tracesOf([...seen, ...later, await again.next()])).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('a client that subscribes to attempts again misses none and gets none twice', async () => {
    const { test, receiver, portalId } = await startWithReceiver();
    const first = subscribe<Attempted>(transport, test, ATTEMPTS, { portalId, after: await headOf(test) });
    await record(test, portalId, 'a');
    const seen = await first.take(1);
    await first.end();
    for (const count of [2, 3]) {
      await record(test, portalId, String(count));
      await receiver.until(({ received }) => received.length === count);
    }

    const again = subscribe<Attempted>(transport, test, ATTEMPTS, { portalId, after: seen[0]?.position });

    const attempts = [...seen, ...(await again.take(2))];
    const delivered = receiver.received.map(({ deliveryId }) => deliveryId);
    expect(attempts.map(({ attempt }) => attempt.deliveryId)).toEqual(delivered);
  });

  it('a client that subscribes to the status again gets none until it changes', async () => {
    const { test, portalId } = await startWithReceiver();
    const first = subscribe<Status>(transport, test, STATUS, { portalId });
    const { position } = await first.next();
    await first.end();

    const again = subscribe<Status>(transport, test, STATUS, { portalId, after: position });
    const next = again.next();
    await mutate(test, 'configureWebhook', { portalId, enabled: false });

    expect(await next).toMatchObject({ status: { enabled: false } });
  });

  it('a client that subscribes to the status again gets the current one if it changed', async () => {
    const { test, portalId } = await startWithReceiver();
    const first = subscribe<Status>(transport, test, STATUS, { portalId });
    const { position } = await first.next();
    await first.end();
    await mutate(test, 'configureWebhook', { portalId, enabled: false });

    const again = subscribe<Status>(transport, test, STATUS, { portalId, after: position });

    expect(await again.next()).toMatchObject({ status: { enabled: false } });
  });
});

describe('server-sent events', () => {
  it('have the content type of an event stream, and report a refusal with its code', async () => {
    const { test, portalId } = await startWithReceiver();

    const good = await eventStream(test, STATUS, { portalId });
    const bad = await eventStream(test, STATUS, { portalId, after: 'x' });

    expect(good.response.headers.get('content-type')).toContain('text/event-stream');
    expect((await good.events.next()).value).toMatchObject({ event: 'next' });
    const text = bad.response.headers.get('content-type')?.includes('event-stream')
      ? String((await bad.events.next()).value?.data)
      : await bad.response.text();
    expect(text).toContain('INVALID_INPUT');
    await good.events.return();
  });
});
