import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataDirectory } from '../../db/open.js';
import { makePrivateFile } from '../../db/private-file.js';
import { LACKS_STRACE } from '../support/crash/trace.js';
import { temporaryDirectory } from '../support/server/app.js';
import { auditwire } from '../support/server/cli.js';

/** The first call that made each file of a directory, in order, as `name mode`. */
function madeIn(directory: string, trace: string): string[] {
  const made = new Map<string, string>();
  for (const [, path = '', , mode = ''] of trace.matchAll(
    /openat\(\S+ "([^"]+)", ([\w|]*O_CREAT[\w|]*), (0\d+)\) = \d/g,
  )) {
    const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : null;
    if (name !== null && !made.has(name)) made.set(name, mode);
  }
  return [...made].map(([name, mode]) => `${name} ${mode}`);
}

describe('the files of a server', () => {
  it.skipIf(LACKS_STRACE)(
    'are only for its user from their first moment, whatever the umask of its parent is',
    async () => {
      const directory = temporaryDirectory();
      const trace = join(directory, 'trace');
      const strace = ['strace', '-f', '--seccomp-bpf', '-e', 'trace=openat,umask', '-o', trace, process.execPath];
      const permissive = ['sh', '-c', 'umask 0; exec "$@"', 'sh', ...strace];
      const server = auditwire(directory, ['start', '--port', '0'], {}, permissive);
      await server.until('Stop with Ctrl-C');
      const text = readFileSync(trace, 'utf8');

      const made = madeIn(directory, text);
      expect(made.map((file) => file.split(' ')[0])).toEqual(
        expect.arrayContaining(['data/lock', 'data/auditwire.db', 'data/auditwire.db-wal', 'data.key.new']),
      );
      expect(made.filter((file) => !file.endsWith(' 0600'))).toEqual([]);
      expect(text.indexOf('umask(077)')).toBeGreaterThan(0);
      expect(text.indexOf('umask(077)')).toBeLessThan(text.indexOf('O_CREAT'));
      expect(text).toMatch(/data\.key\.new", O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600/);
    },
  );

  it('are not made through a link', () => {
    const directory = temporaryDirectory();
    const elsewhere = join(temporaryDirectory(), 'elsewhere');
    symlinkSync(elsewhere, join(directory, 'lock'));
    expect(() => makePrivateFile(join(directory, 'lock'), 'x')).toThrow(/EEXIST/);
    expect(() => lockDataDirectory(directory)).toThrow(/one of them is a link that leads nowhere/);
    expect(existsSync(elsewhere)).toBe(false);
  });
});
