import { expect, it } from 'vitest';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';
import { commandLineOf } from '../support/server/client-commands.js';

const ALL_RETIRED =
  'There is no portal in use. "npm run --silent auditwire -- portal list --include-retired" shows the retired ones.\n';

it('a retired portal is shown while it keeps undelivered logins, and is not taken for a missing one afterwards', async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { run, json, text } = commandLineOf(test);
  const { portalId } = await connectPortal(test, receiver);
  receiver.answers(answer(401));
  const input = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  await test.client.call(RecordLoginDocument, { input });
  const listed = () => json(['undelivered', 'list', portalId]);
  await expect.poll(listed, { timeout: 10_000 }).toHaveLength(1);
  await text(['portal', 'retire', portalId]);

  expect(await text(['status'])).toMatch(/ \(retired\) \/ default \(.*1 undelivered since/);
  expect(await text(['webhook', 'list'])).toContain(' (retired)  ');
  expect(await json(['status'])).toMatchObject([
    { portalId, portalRetiredAt: expect.any(String), undeliveredTotal: 1 },
  ]);

  const [{ id }] = await listed();
  await text(['undelivered', 'discard', id, '--reason', 'a test']);
  for (const command of [['status'], ['webhook', 'list'], ['portal', 'list']]) {
    expect(await run(command)).toEqual({ code: 0, out: '', err: ALL_RETIRED });
  }
  await receiver.down();
});

it('"status --watch" prints the retirement of a portal whose webhook was never configured', async () => {
  const test = await startApp();
  const { json } = commandLineOf(test);
  const { id } = await json(['portal', 'register', 'Shop']);
  const settings = { AUDITWIRE_URL: test.url, AUDITWIRE_TOKEN: test.token };
  const watch = auditwire(temporaryDirectory(), ['status', '--watch'], settings);
  await watch.until(`Shop / default (${id}): UNCONFIGURED`);
  await json(['portal', 'retire', id]);
  await watch.until(`Shop (retired) / default (${id}): UNCONFIGURED`);
});
