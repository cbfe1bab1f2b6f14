import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';

const READY = 'Stop with Ctrl-C';
const TOKEN = /aw_[\w-]{43}/;

describe('the first start', () => {
  it('says where everything is, makes directory and key for this user only, and shows a token that works', async () => {
    const directory = temporaryDirectory();
    const server = auditwire(directory, ['start', '--port', '0']);
    await server.until(READY);

    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(server.said())?.[0] ?? '';
    for (const path of ['/graphql', '/health', '/audit-log-webhook/jwks.json']) {
      expect(server.said()).toContain(`${origin}${path}`);
    }
    expect(server.said()).toContain(`${join(directory, 'data')} (created)`);
    expect(statSync(join(directory, 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'data.key')).mode & 0o777).toBe(0o600);
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN.exec(server.said())?.[0]}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { tokenName } }' }),
    });
    expect(await response.json()).toEqual({ data: { viewer: { tokenName: 'admin' } } });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 at %s, and the next one continues without a token',
    async (signal) => {
      const directory = temporaryDirectory();
      const first = auditwire(directory, ['start', '--port', '0']);
      await first.until(READY);
      first.child.kill(signal);
      expect(await first.ended).toBe(0);

      const second = auditwire(directory, ['start', '--port', '0']);
      await second.until(READY);
      expect(second.said()).toContain('continues after position 3');
      expect(second.said()).not.toMatch(TOKEN);
    },
  );

  it('shows the token when the port is free at last, not when it was in use', async () => {
    const directory = temporaryDirectory();
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    const refused = auditwire(directory, ['start', '--port', String(port)]);
    expect(await refused.ended).toBe(1);
    expect(refused.complained()).toBe(
      `auditwire: 127.0.0.1:${port} is in use by another program; choose another port with --port or AUDITWIRE_PORT.\n`,
    );

    const server = auditwire(directory, ['start', '--port', '0']);
    await server.until(READY);
    expect(server.said()).toMatch(TOKEN);
  });
});

describe('a start that cannot be', () => {
  it('names every bad setting at once', async () => {
    const server = auditwire(temporaryDirectory(), ['start'], {
      AUDITWIRE_PORT: 'http',
      AUDITWIRE_ALLOWED_ADDRESSES: '10.0.0.0/8,everyone',
      AUDITWIRE_DATA_DIRECTORY: '/tmp',
    });
    expect(await server.ended).toBe(2);
    expect(server.complained()).toContain('AUDITWIRE_PORT: must be');
    expect(server.complained()).toContain('AUDITWIRE_ALLOWED_ADDRESSES: "everyone" is not an address range');
    expect(server.complained()).toContain('AUDITWIRE_DATA_DIRECTORY: is not a setting');
  });

  it.each([
    [['start', '--prot', '1'], '--prot'],
    [['start', 'now'], 'now'],
  ])('names the option that it does not know: %s', async (args, odd) => {
    const server = auditwire(temporaryDirectory(), args);
    expect(await server.ended).toBe(2);
    expect(server.complained()).toContain(odd);
    expect(server.complained()).toContain('--help');
  });

  it('says that another process holds the directory, and so does a rebuild', async () => {
    const directory = temporaryDirectory();
    const holder = auditwire(directory, ['start', '--port', '0']);
    await holder.until(READY);
    for (const command of ['start', 'rebuild', 'token']) {
      const second = auditwire(directory, [command]);
      expect(await second.ended).toBe(1);
      expect(second.complained()).toMatch(/data cannot be used: another process has locked it/);
    }
  });

  it('says that a directory cannot be made, or is a file', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    for (const [path, reason] of [
      [join(directory, 'no', 'such'), 'does not exist'],
      [join(directory, 'file'), 'cannot be used'],
    ] as const) {
      const server = auditwire(directory, ['start', '--data-dir', path]);
      expect(await server.ended).toBe(1);
      expect(server.complained()).toContain(reason);
    }
  });

  it('says that the master key is gone, is another one, or can be read by others', async () => {
    const directory = temporaryDirectory();
    const first = auditwire(directory, ['start', '--port', '0']);
    await first.until(READY);
    first.child.kill('SIGTERM');
    await first.ended;

    const start = async (env: Record<string, string>) => {
      const server = auditwire(directory, ['start', '--port', '0'], env);
      expect(await server.ended).toBe(1);
      return server.complained();
    };
    expect(await start({ AUDITWIRE_MASTER_KEY_FILE: join(directory, 'other.key') })).toContain('does not exist');
    const other = Buffer.alloc(32, 1).toString('base64');
    expect(await start({ AUDITWIRE_MASTER_KEY: other })).toContain('is not the master key of the data directory');
    mkdirSync(join(directory, 'keys'));
    writeFileSync(join(directory, 'keys', 'open.key'), other, { mode: 0o644 });
    expect(await start({ AUDITWIRE_MASTER_KEY_FILE: join(directory, 'keys', 'open.key') })).toContain('chmod 600');
  });
});
