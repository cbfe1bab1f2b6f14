import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';

/** A switch for the log of the next server that is started. After `off`, every write fails, as on a read-only disk. */
export function logSwitch(): { off(): void; on(): void } {
  const pragma = vi.spyOn(Database.prototype, 'pragma');
  onTestFinished(() => pragma.mockRestore());
  const setQueryOnly = (queryOnly: 'ON' | 'OFF') => {
    // Only the connection that writes is opened with this pragma.
    const writer = pragma.mock.contexts[pragma.mock.calls.findIndex(([source]) => source === 'synchronous = FULL')];
    if (!(writer instanceof Database)) throw new Error('No server was started');
    writer.pragma(`query_only = ${queryOnly}`);
  };
  return { off: () => setQueryOnly('ON'), on: () => setQueryOnly('OFF') };
}
