import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';

/** The switch of the log of the next server that is started: off, every write of it fails as on a disk that takes none. */
export function logSwitch(): { off(): void; on(): void } {
  const pragma = vi.spyOn(Database.prototype, 'pragma');
  onTestFinished(() => pragma.mockRestore());
  const turn = (queryOnly: 'ON' | 'OFF') => {
    // Only the connection that writes is opened with it.
    const writer = pragma.mock.contexts[pragma.mock.calls.findIndex(([source]) => source === 'synchronous = FULL')];
    if (!(writer instanceof Database)) throw new Error('No server was started');
    writer.pragma(`query_only = ${queryOnly}`);
  };
  return { off: () => turn('ON'), on: () => turn('OFF') };
}
