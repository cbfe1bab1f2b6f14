import { expect, it } from 'vitest';
import { visible } from '../../src/cli/output.js';
import { succeeded } from '../../src/client/client.js';
import {
  CreateDestinationDocument,
  RecordLoginDocument,
  RegisterPortalDocument,
} from '../../src/client/generated/graphql.js';
import { commandLineOf } from '../support/server/client-commands.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();

async function register(name: string): Promise<string> {
  return succeeded((await app().client.call(RegisterPortalDocument, { input: { name } })).registerPortal).portal.id;
}

async function createDestination(name: string): Promise<string> {
  const input = { name, endpoint: 'https://127.0.0.1:49999/collector' };
  const { createDestination } = await app().client.call(CreateDestinationDocument, { input });
  return succeeded(createDestination).destination.id;
}

it('portals with one name are told apart, a webhook that is off is OFF, and a single login is "1 login"', async () => {
  const { run, text } = commandLineOf(app());
  const [one, other] = [await register('Shop'), await register('Shop')];
  const [first, second] = [await createDestination('First'), await createDestination('Second')];
  const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  await app().client.call(RecordLoginDocument, { input: { portalId: one, ...login } });

  const off = await run(['webhook', 'configure', one, '--destination', first]);
  expect(off.out).toBe(`The webhook "default" of portal ${one} to destination ${first} "First" is off.\n`);
  expect(off.err).toBe(`Next: npm run --silent auditwire -- webhook configure ${one} --enable\n`);
  const create = (portalId: string) => ['webhook', 'create', portalId, 'archive', '--destination', second, '--enable'];
  expect(await text([...create(one), '--catch-up', 'SINCE_LAST_ON'])).toMatch(
    /\nIt also delivers 1 login recorded before\.\n$/,
  );
  await text(create(other));

  expect(await text(['webhook', 'list'])).toMatch(new RegExp(`default +OFF +${first} First\n`));
  const status = (await text(['status'])).split('\n');
  expect(status).toContain(`Shop / default (${one}): OFF, 0 delivered, 0 pending, no attempt yet`);
  const archives = status.filter((line) => line.startsWith('Shop / archive ('));
  expect(archives.map((line) => /portal ([\da-f-]+)\)/.exec(line)?.[1])).toEqual([one, other]);

  const unknown = await run(['webhook', 'remove', one, '--webhook', 'nope']);
  expect([unknown.code, unknown.err]).toEqual([
    1,
    'auditwire: The portal has no webhook "nope"; it has "default", "archive".\n',
  ]);
});

it('control characters in a name are shown, not sent to the terminal', () => {
  expect(visible('ada\u001b[31m\r\n\u009b')).toBe('ada\\u001b[31m\\u000d\\u000a\\u009b');
});
