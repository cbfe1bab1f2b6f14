import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DeliveryAttemptedDocument,
  RecordLoginDocument,
  WebhookStatusChangedDocument,
} from '../../src/client/generated/graphql.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';

describe('the demo', () => {
  it('ends with exit code 0 after every login arrived and was verified, although the receiver was stopped for a time', {
    timeout: 90_000,
  }, async () => {
    const demo = auditwire(temporaryDirectory(), ['demo', '--once', '--port', '0']);
    expect(await demo.ended).toBe(0);
    expect(demo.complained()).toBe('');
    expect(demo.said().match(/signature verified/g)).toHaveLength(9);
    expect(demo.said()).toMatch(/attempt 3 failed: connection refused .*; the next attempt is in \d+\.\d s/);
    expect(demo.said()).toContain('9 logins recorded, 9 arrived, 9 verified with the published key.');
  });

  it('ends without an error if the reader of its output is gone', async () => {
    const demo = auditwire(temporaryDirectory(), ['demo', '--port', '0']);
    await demo.until('Auditwire listens at');
    demo.child.stdout?.destroy();
    expect(await demo.ended).toBe(0);
    expect(demo.complained()).toBe('');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no files if %s ends it while it starts', async (signal) => {
    const directory = temporaryDirectory();
    const demo = auditwire(temporaryDirectory(), ['demo', '--port', '0'], { TMPDIR: directory });
    while (!readdirSync(directory).length) await setTimeout(1);
    demo.child.kill(signal);
    expect(await demo.ended).toBe(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused, as start is, if a port that a person gives is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const given = [auditwire(temporaryDirectory(), ['demo', '--port', port])];
    given.push(auditwire(temporaryDirectory(), ['demo'], { AUDITWIRE_PORT: port }));
    for (const demo of given) {
      expect(await demo.ended).toBe(1);
      expect(demo.complained()).toContain(`127.0.0.1:${port} is in use by another program; choose another port`);
    }
  });

  it('takes another port, and says so, if the default port is in use; it still uses threads', async () => {
    const other = createServer().listen(4000, '127.0.0.1');
    onTestFinished(() => void other.close());
    // Whatever else has the port, it is in use.
    await Promise.race([once(other, 'listening'), once(other, 'error')]).catch(() => {});
    const printThreadFile = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) console.error(process.argv[1]);`;
    const under = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(printThreadFile)}`];
    const demo = auditwire(temporaryDirectory(), ['demo'], {}, under);
    await demo.until('People log in:');
    expect(demo.said()).toMatch(
      /^\nPort 4000 is in use; the demo uses port (\d+)\.\n\nAuditwire listens at http:\/\/127\.0\.0\.1:\1\//,
    );
    // One writer thread of the server that did not get the port, and one of the server that runs.
    expect(demo.complained().match(/writer\.js/g)).toHaveLength(2);
  });
});

it('an answer 2xx that reports an error is a warning of the test, the attempt and the status, until a success without one', async () => {
  const receiver = await startReceiver();
  const test = await startApp();
  const { portalId, destinationId } = await connectPortal(test, receiver);
  const env = { AUDITWIRE_TOKEN: test.token, AUDITWIRE_URL: test.url };
  const say = async (...command: string[]) => {
    const run = auditwire(temporaryDirectory(), command, env);
    await run.ended;
    return run.said();
  };
  const input = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
  const warning = 'The answer says that it failed: its field `errors` reports an error.';

  receiver.answers(answer(200, {}, '{"errors":true}'));
  expect(await say('destination', 'test', destinationId)).toContain(`Delivered (`);
  expect(await say('destination', 'test', destinationId)).toContain(`\nWarning: ${warning}\n`);
  await test.client.call(RecordLoginDocument, { input });
  for await (const { deliveryAttempted } of test.client.subscribe(DeliveryAttemptedDocument, {
    portalId,
    after: '0',
  })) {
    expect(deliveryAttempted.attempt).toMatchObject({ delivered: true, responseCode: 200, warning });
    break;
  }
  expect(await say('status')).toContain(`, warning: ${warning}`);

  receiver.answers(answer(200, {}, '{"errors":false}'));
  await test.client.call(RecordLoginDocument, { input });
  for await (const { webhookStatusChanged } of test.client.subscribe(WebhookStatusChangedDocument, { portalId })) {
    if (webhookStatusChanged.status.deliveredTotal < 2) continue;
    expect(webhookStatusChanged.status.warning).toBeNull();
    break;
  }
});

describe('the status command', () => {
  it('prints the status of every webhook once, and each change with --watch', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId } = await connectPortal(test, receiver, 'Shop');
    const env = { AUDITWIRE_TOKEN: test.token, AUDITWIRE_URL: test.url };

    const once = auditwire(temporaryDirectory(), ['status'], env);
    expect(await once.ended).toBe(0);
    const name = `Shop / default (${portalId})`;
    expect(once.said()).toBe(`${name}: ACTIVE, 0 delivered, 0 pending, no attempt yet\n`);

    const watching = auditwire(temporaryDirectory(), ['status', '--watch'], env);
    await watching.until(`${name}: ACTIVE, 0 delivered, 0 pending, no attempt yet\n`);
    const input = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    await test.client.call(RecordLoginDocument, { input });
    await watching.until(`${name}: ACTIVE, 1 delivered, 0 pending, last attempt`);
    const lines = () => watching.said().trimEnd().split('\n');
    expect(new Set(lines()).size).toBe(lines().length);

    // A webhook that is created meanwhile, and a portal that is registered meanwhile.
    const destination = ['destination', 'create', 'Archive', '--endpoint', receiver.url, '--json'];
    const created = auditwire(temporaryDirectory(), destination, env);
    expect(await created.ended).toBe(0);
    const { id } = JSON.parse(created.said()) as { id: string };
    const webhook = ['webhook', 'create', portalId, 'archive', '--destination', id];
    expect(await auditwire(temporaryDirectory(), webhook, env).ended).toBe(0);
    await watching.until('Shop / archive (');
    const renamed = ['webhook', 'rename', portalId, 'archive', 'vault'];
    expect(await auditwire(temporaryDirectory(), renamed, env).ended).toBe(0);
    await watching.until('Shop / vault (');
    expect(await auditwire(temporaryDirectory(), ['portal', 'register', 'Forum'], env).ended).toBe(0);
    await watching.until('Forum / default (');

    const forScripts = auditwire(temporaryDirectory(), ['status', '--watch', '--json'], env);
    await forScripts.until('"portalName":"Forum"');
    const [first = ''] = forScripts.said().split('\n');
    expect(JSON.parse(first)).toMatchObject({
      portalId,
      portalName: 'Shop',
      webhookName: 'default',
      deliveredTotal: 1,
    });
    await receiver.down();
  });

  it('with --watch reports that the connection is lost and restored, and continues', async () => {
    const directory = temporaryDirectory();
    const receiver = await startReceiver();
    const first = await startApp({ directory });
    const { portalId } = await connectPortal(first, receiver, 'Shop');
    const env = { AUDITWIRE_TOKEN: first.token, AUDITWIRE_URL: first.url };
    const watching = auditwire(temporaryDirectory(), ['status', '--watch'], env);
    await watching.until(`Shop / default (${portalId}): ACTIVE, 0 delivered, 0 pending, no attempt yet\n`);
    await first.app.stop();
    await expect.poll(watching.complained, { timeout: 10_000 }).toContain('The connection to the server is lost');

    const second = await startApp({ directory, token: first.token, env: { AUDITWIRE_PORT: new URL(first.url).port } });
    await expect.poll(watching.complained, { timeout: 10_000 }).toContain('The connection to the server is restored');
    const input = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    await second.client.call(RecordLoginDocument, { input });
    await watching.until(`Shop / default (${portalId}): ACTIVE, 1 delivered`);
    await receiver.down();
  });

  it('needs a token that the server knows', async () => {
    const test = await startApp();
    const none = auditwire(temporaryDirectory(), ['status']);
    expect(await none.ended).toBe(2);
    expect(none.complained()).toContain('set AUDITWIRE_TOKEN');
    const wrong = auditwire(temporaryDirectory(), ['status', '--url', test.url], { AUDITWIRE_TOKEN: 'aw_wrong' });
    expect(await wrong.ended).toBe(1);
    expect(wrong.complained()).toContain('The server does not know this token');
    const watching = auditwire(temporaryDirectory(), ['status', '--watch', '--url', test.url], {
      AUDITWIRE_TOKEN: 'aw_wrong',
    });
    expect([await watching.ended, watching.complained()]).toEqual([1, wrong.complained()]);
  });

  it('names the cause and the origin of the URL if the server cannot be reached, also with --watch', async () => {
    const url = new URL('/', (await startApp()).url).href;
    for (const [command, env, origin] of [
      [['status', '--url', url], {}, '--url'],
      [['status', '--watch'], { AUDITWIRE_URL: url }, 'AUDITWIRE_URL'],
    ] as const) {
      const { ended, complained } = auditwire(temporaryDirectory(), [...command], {
        AUDITWIRE_TOKEN: 'aw_token',
        ...env,
      });
      expect(await ended).toBe(1);
      expect(complained()).toBe(
        `auditwire: ${url} is not the GraphQL address of Auditwire, which ends with /graphql: it answers with HTTP 405. The URL comes from ${origin}.\n`,
      );
    }
    const secret = ['status', '--url', 'http://ada:secret@127.0.0.1/graphql', '--token', 'aw_token'];
    const { ended, complained } = auditwire(temporaryDirectory(), secret);
    expect([await ended, complained()]).toEqual([
      2,
      'auditwire: --url must have no user name and no password; the token is enough.\n',
    ]);
  });
});

describe('the commands for a data directory', () => {
  it('replace a token, and rebuild the read models and print the progress', async () => {
    const directory = temporaryDirectory();
    const test = await startApp({ directory });
    await test.app.stop();

    const replaced = auditwire(directory, ['token']);
    expect(await replaced.ended).toBe(0);
    const token = /aw_\S+/.exec(replaced.said())?.[0] ?? '';
    const rebuilt = auditwire(directory, ['rebuild']);
    expect(await rebuilt.ended).toBe(0);
    expect(rebuilt.said()).toContain('applied 5 of 5 events (100 %)');

    const again = await startApp({ directory, token });
    const call = (bearer: string) =>
      fetch(again.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{"query":"{ viewer { tokenName } }"}',
      });
    expect((await call(token)).status).toBe(200);
    expect((await call(test.token)).status).toBe(401);
  });
});
