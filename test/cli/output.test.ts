import { describe, expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { RecordLoginsDocument, RegisterPortalDocument } from '../../src/client/generated/graphql.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';
import { commandLineOf } from '../support/server/client-commands.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();

describe('--json prints', () => {
  it('one object for a portal, and an array for a list of portals', async () => {
    const { json } = commandLineOf(app());
    const id = '3e551b39-227d-4297-b911-e68fd5d77c17';
    const portal = await json(['portal', 'register', 'Shop', '--id', id]);
    expect(portal).toEqual({ id, name: 'Shop', registeredAt: expect.any(String), retiredAt: null });
    expect(await json(['portal', 'rename', id, 'Store'])).toEqual({ ...portal, name: 'Store' });
    expect(await json(['portal', 'retire', id])).toMatchObject({ id, retiredAt: expect.any(String) });
    const [active, all] = await Promise.all([json(['portal', 'list']), json(['portal', 'list', '--include-retired'])]);
    expect(active).toEqual([]);
    expect(all).toMatchObject([{ id, name: 'Store' }]);
  });

  it('one object for a destination, an array for a list, the result of a test, and the id of a deleted destination', async () => {
    const { json, run } = commandLineOf(app());
    const receiver = await startReceiver();
    const settings = '--log-format CPS --skip-tls-verification --max-in-flight 2 --lines-per-second 500'.split(' ');
    const create = ['destination', 'create', 'SIEM', '--endpoint', receiver.url];
    const destination = await json([...create, ...settings]);
    const { id } = destination;
    expect(destination).toMatchObject({
      name: 'SIEM',
      endpoint: receiver.url,
      logFormat: 'CPS',
      hasAuthorization: false,
      skipTlsVerification: true,
      maxInFlight: 2,
      linesPerSecond: 500,
    });
    expect(await json(['destination', 'test', id])).toMatchObject({ delivered: true, responseCode: 200 });

    const update = ['destination', 'update', id, '--name', 'Splunk', '--log-format', 'JSON'];
    expect(await json([...update, '--remove-lines-per-second', '--no-skip-tls-verification'])).toEqual({
      ...destination,
      name: 'Splunk',
      logFormat: 'JSON',
      skipTlsVerification: false,
      linesPerSecond: null,
      updatedAt: expect.any(String),
      warnings: [],
    });
    expect(await json(['destination', 'list'])).toMatchObject([{ id, name: 'Splunk' }]);

    const failed = await run(['destination', 'test', id, '--json']);
    expect([failed.code, failed.err]).toEqual([1, '']);
    expect(JSON.parse(failed.out)).toMatchObject({ delivered: false, phase: 'TLS' });
    expect(await json(['destination', 'delete', id])).toEqual({ id });
    await receiver.down();
  });

  it('one object with the id of the portal for a webhook, a login and a status, and an array for a list', async () => {
    const { json } = commandLineOf(app());
    const endpoint = ['--endpoint', 'https://127.0.0.1:49999/collector'];
    const [{ id: portalId }, { id: destinationId }] = await Promise.all([
      json(['portal', 'register', 'Docs']),
      json(['destination', 'create', 'Collector', ...endpoint]),
    ]);
    const webhook = { portalId, enabled: false, destination: { id: destinationId, name: 'Collector' } };
    const configure = ['webhook', 'configure', portalId, '--destination', destinationId];
    expect(await json(configure)).toMatchObject(webhook);

    const person = '--authentication-type SSO --outcome LOCKED --principal-id 7 --principal-name ada --user-agent curl';
    const details = '--request /login --occurred-at 2026-01-31T12:00:00Z --idempotency-key key-1';
    const record = ['login', 'record', portalId, '--source-address', '2001:db8::7'];
    const login = await json([...record, ...person.split(' '), ...details.split(' ')]);
    expect(login).toMatchObject({
      portalId,
      sourceAddress: '2001:db8::7',
      authenticationType: 'SSO',
      outcome: 'LOCKED',
      request: '/login',
      principalId: '7',
      principalName: 'ada',
      userAgent: 'curl',
      occurredAt: '2026-01-31T12:00:00.000Z',
      idempotencyKey: 'key-1',
    });
    expect(await json(['login', 'list', portalId])).toEqual([login]);

    const since = ['--catch-up', 'SINCE', '--since', '2026-01-01T00:00:00Z'];
    const on = await json(['webhook', 'configure', portalId, '--enable', ...since]);
    expect(on).toMatchObject({ ...webhook, enabled: true });
    const [webhooks, statuses] = await Promise.all([json(['webhook', 'list']), json(['status'])]);
    expect(webhooks).toMatchObject([{ portalName: 'Docs', ...webhook, enabled: true }]);
    expect(statuses).toMatchObject([{ portalId, portalName: 'Docs', pending: 1, deliveredTotal: 0 }]);
    expect(await json(['webhook', 'configure', portalId, '--disable'])).toMatchObject({ enabled: false });
    expect(await json(['webhook', 'remove', portalId])).toMatchObject({ portalId, destination: null });
  });
});

async function registerPortals(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await app().client.call(RegisterPortalDocument, { input: { name: `Portal ${index}` } });
    ids.push(succeeded(answer.registerPortal).portal.id);
  }
  return ids;
}

it('a login says what was changed, is found by its trace id, and cannot write to the terminal of its reader', async () => {
  const { json, text } = commandLineOf(app());
  const { id: portalId } = await json(['portal', 'register', 'Terminal']);
  const odd = ['--source-address', '203.0.113.9, 10.0.0.1', '--user-agent', 'x'.repeat(3_000)];
  const more = [
    '--occurred-at',
    '2999-01-01T00:00:00+0100',
    '--trace-id',
    't',
    '--principal-name',
    '\u001b[2Jada\nroot',
  ];
  expect((await text(['login', 'record', portalId, ...odd, ...more])).split('\n').slice(1)).toEqual([
    'Longer than their limits, and cut: userAgent.',
    'The source address is not one address, so the login has none.',
    'The time is in the future, so the login has the time of recording.',
    '',
  ]);
  await json(['login', 'record', portalId, '--source-address', '192.0.2.7']);

  expect(await json(['login', 'list', portalId])).toHaveLength(2);
  const list = (await text(['login', 'list', portalId, '--client-trace-id', 't'])).split('\n');
  expect(list).toHaveLength(3);
  expect(list[1]).toContain(' \\u001b[2Jada\\u000aroot ');
  expect(await text(['login', 'list', portalId, '--client-trace-id', 'u'])).toBe('');
});

it('a list contains all pages; a list of logins ends at its limit', async () => {
  const { json } = commandLineOf(app());
  const ids = await registerPortals(101);
  const portals: { id: string }[] = await json(['portal', 'list']);
  expect(portals.slice(-ids.length).map(({ id }) => id)).toEqual(ids);

  const [portalId = ''] = ids;
  const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  const logins = Array.from({ length: 150 }, () => login);
  succeeded((await app().client.call(RecordLoginsDocument, { input: { portalId, logins } })).recordLogins);
  const [byDefault, more, all] = await Promise.all(
    [[], ['--limit', '120'], ['--limit', '1000']].map((limit) => json(['login', 'list', portalId, ...limit])),
  );
  expect([byDefault, more, all].map(({ length }) => length)).toEqual([100, 120, 150]);
});

it('a command ends without an error if the reader of its output is gone', async () => {
  const env = { AUDITWIRE_URL: app().url, AUDITWIRE_TOKEN: app().token };
  const unread = auditwire(temporaryDirectory(), ['portal', 'list'], env);
  unread.child.stdout?.destroy();
  expect(await unread.ended).toBe(0);
  expect(unread.complained()).toBe('');
});
