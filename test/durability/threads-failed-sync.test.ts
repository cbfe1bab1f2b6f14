import { expect, it } from 'vitest';
import { createClient } from '../../src/client/client.js';
import { createLoad, loginsOf, registerPortals } from '../support/crash/load.js';
import { LACKS_STRACE } from '../support/crash/trace.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

/** Strace counts the syncs of each thread. Only the writer makes so many. */
const failures = [
  { syncs: 'one sync', when: '12' },
  { syncs: 'every sync after the eleventh', when: '12+' },
];

/** A command line that runs the program with failing syncs. With `-D`, strace is not the parent of the program. */
const failing = (when: string) => {
  const injected = `inject=fdatasync,fsync:error=EIO:when=${when}`;
  const options = ['-D', '-f', '--seccomp-bpf', '-e', 'trace=fdatasync,fsync', '-e', injected, '-o', '/dev/null'];
  return ['strace', ...options, process.execPath];
};

it.skipIf(LACKS_STRACE).each(failures)(
  'a server exits with 74 and loses no login if $syncs of its writer thread fails',
  async ({ when }) => {
    const directory = temporaryDirectory();
    const receiver = await startReceiver();
    const first = await startThreaded(directory);
    const { token } = first;
    const portalIds = await registerPortals(first.client, receiver, 1);
    const load = createLoad(portalIds, token);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const server = await startThreaded(directory, { token, under: failing(when) });
    await load.untilBroken(server, 16, () => {});
    expect(await server.ended).toBe(74);
    const answered = load.sent.flatMap(({ acknowledged }) => (acknowledged ? [acknowledged] : []));
    expect(answered.length).toBeGreaterThan(0);
    expect(server.complained()).toMatch(/disk I\/O error \(SQLITE_IOERR_\w+\).*the server cannot continue/);

    const restarted = await startThreaded(directory, { token });
    const shown = await loginsOf(createClient(restarted.url, token), portalIds[0] ?? '');
    expect(shown).toEqual(expect.arrayContaining(answered));
    await load.settle(restarted);
    restarted.child.kill('SIGTERM');
    expect(await restarted.ended).toBe(0);
    await receiver.down();
  },
  60_000,
);
