import { expect, it } from 'vitest';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';
import { commandLineOf } from '../support/server/client-commands.js';

it('undelivered logins are listed, redelivered, replayed and discarded', { timeout: 60_000 }, async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { run, json, text } = commandLineOf(test);
  const { portalId } = await connectPortal(test, receiver);
  expect(await run(['undelivered', 'list', portalId])).toEqual({
    code: 0,
    out: '',
    err: 'There are no such undelivered logins.\n',
  });

  receiver.answers(answer(401));
  const input = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  await test.client.call(RecordLoginDocument, { input });
  const list = ['undelivered', 'list', portalId, '--state', 'WAITING'];
  await expect.poll(() => text(list), { timeout: 10_000 }).toMatch(/1 login +WAITING +ABANDONED .* 401 /);
  const [{ id }] = await json(list);

  receiver.answers(answer(503));
  expect(await run(['undelivered', 'redeliver', id])).toMatchObject({
    out: expect.stringMatching(/1 login +REQUESTED/),
    err: expect.stringMatching(/^If the webhook is on, the server sends the range now\..*\n$/),
  });
  await receiver.until(({ received }) => received.length === 2);
  receiver.answers(answer(200));
  await text(['undelivered', 'redeliver', id]);
  await receiver.until(({ accepted }) => accepted.length === 1);

  const none = await text(['replay', 'status', portalId]);
  expect(none).toBe('There is no replay of this webhook; "replay start" makes one.\n');
  const range = ['--start-at', '2026-01-01T00:00:00Z', '--end-at', new Date().toISOString()];
  expect(await text(['replay', 'start', portalId, ...range])).toMatch(
    /^Replay of ALL from .*: \w+(, \d of 1 login sent)?\n$/,
  );
  await receiver.until(({ accepted }) => accepted.length === 2);
  const status = () => text(['replay', 'status', portalId]);
  await expect.poll(status, { timeout: 10_000 }).toMatch(/: COMPLETED, 1 of 1 login sent\n$/);
  const cancelled = await run(['replay', 'cancel', portalId]);
  expect([cancelled.code, cancelled.err]).toEqual([1, expect.stringContaining('has no active replay')]);

  const discarded = await run(['undelivered', 'discard', 'x', '--reason', 'a test']);
  expect([discarded.code, discarded.out]).toEqual([2, '']);
  expect(discarded.err).toMatch(/\n {2}RANGE-ID: is not the id of an undelivered range/);
  await receiver.down();
});
