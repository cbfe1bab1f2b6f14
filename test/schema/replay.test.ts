import { describe, expect, it } from 'vitest';
import { delivered, refused, unavailable } from '../support/engine/scripted-sender.js';
import {
  dataOf,
  expectInvalid,
  expectRefusal,
  mutate,
  post,
  replayJobFields,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startLane } from '../support/graphql/lane.js';
import { subscribe, transports } from '../support/graphql/live.js';

interface Job {
  id: string | null;
  status: string;
  total: number;
  sent: number;
  message: string | null;
}
type Lane = Awaited<ReturnType<typeof startLane>>;

const CHANGES = `subscription ($portalId: ID!, $after: String) { replayJobChanged(portalId: $portalId, after: $after) {
  position portalId replayJob { status total sent message } } }`;
interface Changed {
  position: string;
  portalId: string;
  replayJob: Job;
}

const isoOf = (ms: number) => new Date(ms).toISOString();
const allOf = ({ portalId, clock }: Lane) => ({ portalId, startAt: isoOf(0), endAt: isoOf(clock.now()) });

async function jobOf(lane: Lane): Promise<Job> {
  const query = `{ replayJob(portalId: "${lane.portalId}") { ${replayJobFields()} } }`;
  return (await dataOf<{ replayJob: Job }>(lane, query)).replayJob;
}

const untilStatus = (lane: Lane, status: string) => lane.untilLane(({ replay }) => replay?.status === status);

describe('replayJob', () => {
  it('has only nulls and zeros before the first replay', async () => {
    const lane = await startLane();
    expect(await jobOf(lane)).toEqual({
      id: null,
      status: 'UNCONFIGURED',
      startAt: null,
      endAt: null,
      scope: null,
      total: 0,
      sent: 0,
      rejected: 0,
      rejectedLogins: [],
      message: null,
      requestedAt: null,
      updatedAt: null,
    });
  });

  it('refuses an unknown portal', async () => {
    const { body } = await post(await startLane(), `{ replayJob(portalId: "${UNKNOWN_ID}") { id } }`);
    expect(body.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});

describe('requestReplay', () => {
  it('is accepted and sends all logins of the time range again', async () => {
    const lane = await startLane();
    await lane.deliver(3);
    const input = allOf(lane);
    const result = await mutate<{ replayJob: Job }>(lane, 'requestReplay', input);
    const { startAt, endAt } = input;
    expect(result).toMatchObject({ __typename: 'RequestReplaySuccess', replayJob: { startAt, endAt, scope: 'ALL' } });
    await untilStatus(lane, 'COMPLETED');
    expect(await jobOf(lane)).toMatchObject({ id: result.replayJob.id, status: 'COMPLETED', total: 3, sent: 3 });
    expect(lane.sender.posts.map(({ requests }) => requests.length)).toEqual([3, 3]);
  });

  it('sends only undelivered logins with the scope UNDELIVERED', async () => {
    const lane = await startLane();
    await lane.deliver(3);
    await lane.refuse(2);
    lane.sender.reply = delivered;
    lane.clock.advance(60_000);
    await mutate(lane, 'requestReplay', { ...allOf(lane), scope: 'UNDELIVERED' });
    await untilStatus(lane, 'COMPLETED');
    await lane.untilLane(({ totals }) => totals.undelivered === 0);
    expect(await lane.listed()).toEqual([]);
  });

  it('waits while the webhook is off', async () => {
    const lane = await startLane();
    await lane.deliver();
    await mutate(lane, 'configureWebhook', { portalId: lane.portalId, enabled: false });
    expect(await mutate(lane, 'requestReplay', allOf(lane))).toMatchObject({ replayJob: { status: 'PENDING' } });
    await mutate(lane, 'configureWebhook', { portalId: lane.portalId, enabled: true });
    await untilStatus(lane, 'COMPLETED');
  });

  it('is refused with a code and the field or message', async () => {
    const lane = await startLane();
    await lane.deliver();
    const input = allOf(lane);
    const { clock, portalId } = lane;
    const later = { ...input, endAt: isoOf(clock.now() + 3_600_000) };
    await expectInvalid(
      lane,
      'requestReplay',
      { ...input, startAt: isoOf(9), endAt: isoOf(8) },
      'endAt',
      'before the start of the range',
    );
    await expectInvalid(lane, 'requestReplay', later, 'endAt', 'in the future');
    await expectInvalid(lane, 'requestReplay', { ...input, portalId: 'x' }, 'portalId', 'UUID');
    const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
    await expectRefusal(lane, 'requestReplay', { ...input, portalId: UNKNOWN_ID }, notFound);
    const conflict = (code: string) => ({ __typename: 'Conflict', code });
    await mutate(lane, 'configureWebhook', { portalId, enabled: false });
    await mutate(lane, 'requestReplay', input);
    await expectRefusal(lane, 'requestReplay', input, conflict('REPLAY_RUNNING'));
    await mutate(lane, 'removeWebhook', { portalId });
    await expectRefusal(lane, 'requestReplay', input, conflict('WEBHOOK_UNCONFIGURED'));
    await mutate(lane, 'retirePortal', { id: portalId });
    await expectRefusal(lane, 'requestReplay', input, conflict('PORTAL_RETIRED'));
  });
});

describe('cancelReplay', () => {
  it('cancels the job in progress, and is refused if there is none', async () => {
    const lane = await startLane();
    await lane.deliver(2);
    lane.sender.reply = unavailable;
    await mutate(lane, 'requestReplay', allOf(lane));
    await lane.untilEvent('RetryScheduled');
    expect(await mutate(lane, 'cancelReplay', { portalId: lane.portalId })).toMatchObject({
      __typename: 'CancelReplaySuccess',
      replayJob: { status: 'CANCELLED', total: 2, sent: 0 },
    });
    const none = { __typename: 'NotFound', code: 'NOT_FOUND', message: expect.stringContaining('no active replay') };
    await expectRefusal(lane, 'cancelReplay', { portalId: lane.portalId }, none);
    await expectInvalid(lane, 'cancelReplay', { portalId: 'x' }, 'portalId', 'UUID');
  });
});

describe.each(transports)('replayJobChanged over %s', (transport) => {
  it('sends the job as it is, then each change and the progress to its end', async () => {
    const lane = await startLane();
    await lane.deliver(600);
    const live = subscribe<Changed>(transport, lane, CHANGES, { portalId: lane.portalId });
    expect(await live.next()).toMatchObject({ portalId: lane.portalId, replayJob: { status: 'UNCONFIGURED' } });
    await mutate(lane, 'requestReplay', allOf(lane));
    const seen = await live.until(({ replayJob }) => replayJob.status === 'COMPLETED');
    expect(seen.at(-1)?.replayJob).toEqual({ status: 'COMPLETED', total: 600, sent: 600, message: null });
    const sent = seen.map(({ replayJob }) => replayJob.sent);
    expect(sent).toEqual([...sent].sort((one, other) => one - other));
    const positions = seen.map(({ position }) => Number(position));
    expect(positions).toEqual([...positions].sort((one, other) => one - other));
  });

  it('sends why a replay failed, and only new changes to a client that reconnects', async () => {
    const lane = await startLane();
    await lane.deliver(2);
    const live = subscribe<Changed>(transport, lane, CHANGES, { portalId: lane.portalId });
    await live.next();
    lane.sender.reply = refused;
    await mutate(lane, 'requestReplay', allOf(lane));
    const [last] = (await live.until(({ replayJob }) => replayJob.status === 'FAILED')).slice(-1);
    expect(last?.replayJob).toMatchObject({ sent: 0, message: '401 scripted' });
    await live.end();
    lane.clock.advance(600_000);
    lane.sender.reply = delivered;
    const again = subscribe<Changed>(transport, lane, CHANGES, { portalId: lane.portalId, after: last?.position });
    await mutate(lane, 'requestReplay', allOf(lane));
    const [first] = await again.take(1);
    expect(Number(first?.position)).toBeGreaterThan(Number(last?.position));
    await again.until(({ replayJob }) => replayJob.status === 'COMPLETED');
  });
});
