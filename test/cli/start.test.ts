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
  it('prints its addresses and a valid token, and creates a data directory and a key that only this user can read', async () => {
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
    'ends with exit code 0 at %s, and the next start continues and prints no token',
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

  it('prints the token when a later start gets a free port, not when the port is in use', async () => {
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

describe('a start that fails', () => {
  it('names every wrong setting', async () => {
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

  it('names the option that gave a wrong value, not the variable that was not set', async () => {
    const server = auditwire(temporaryDirectory(), ['start', '--port', '99999'], { AUDITWIRE_LOG_LEVEL: 'all' });
    expect(await server.ended).toBe(2);
    expect(server.complained()).toBe(
      'auditwire: These settings are wrong:\n  --port: must be 0 to 65535\n' +
        '  AUDITWIRE_LOG_LEVEL: must be one of trace, debug, info, warn, error, silent\n',
    );
  });

  it.each([
    [['start', '--prot', '1'], '--prot'],
    [['start', 'now'], 'now'],
  ])('names the unknown option or argument: %j', async (args, unknown) => {
    const server = auditwire(temporaryDirectory(), args);
    expect(await server.ended).toBe(2);
    expect(server.complained()).toContain(unknown);
    expect(server.complained()).toContain('--help');
  });

  it('reports that another process has locked the data directory, as do rebuild and token', async () => {
    const directory = temporaryDirectory();
    const holder = auditwire(directory, ['start', '--port', '0']);
    await holder.until(READY);
    for (const command of ['start', 'rebuild', 'token']) {
      const second = auditwire(directory, [command]);
      expect(await second.ended).toBe(1);
      expect(second.complained()).toMatch(/data cannot be used: another process has locked it/);
    }
  });

  it('reports that the data directory cannot be created or is a file', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    for (const [path, reason] of [
      [join(directory, 'no', 'such'), 'does not exist'],
      [join(directory, 'file'), 'cannot be used: it is not a directory'],
    ] as const) {
      const server = auditwire(directory, ['start', '--data-dir', path]);
      expect(await server.ended).toBe(1);
      expect(server.complained()).toContain(reason);
    }
  });

  it('reports a file in the path of the data directory', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    const inside = auditwire(directory, ['start', '--data-dir', join('file', 'data')]);
    const token = auditwire(directory, ['token', '--data-dir', 'file']);
    expect([await inside.ended, await token.ended]).toEqual([1, 1]);
    expect(inside.complained()).toContain('a part of its path is a file, not a directory; choose another one');
    expect(token.complained()).toContain(`${join(directory, 'file')} is a file, not a directory; choose another`);
  });

  it('reports an error of the operating system without a stack', async () => {
    const demo = auditwire(temporaryDirectory(), ['demo'], { TMPDIR: '/no/such/directory' });
    expect(await demo.ended).toBe(1);
    expect(demo.complained()).toMatch(/^auditwire: ENOENT: .*\n$/);
  });

  it('reports that the master key is missing, is a wrong key, or can be read by other users', async () => {
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
    expect(await start({ AUDITWIRE_MASTER_KEY: other })).toContain('The master key is wrong');
    mkdirSync(join(directory, 'keys'));
    writeFileSync(join(directory, 'keys', 'open.key'), other, { mode: 0o644 });
    expect(await start({ AUDITWIRE_MASTER_KEY_FILE: join(directory, 'keys', 'open.key') })).toContain('chmod 600');
  });
});
