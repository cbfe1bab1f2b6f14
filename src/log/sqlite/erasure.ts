import type { Connection } from '../../../db/open.js';

/** How long the writer waits for readers that use the write-ahead log, in ms. */
const BUSY_TIMEOUT_MS = 20;
/** The wait after the first attempt that a reader blocked, in ms. It doubles after each further one. */
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

/**
 * Removes deleted bytes from the write-ahead log, which keeps earlier versions of a page until it is long enough to be copied. The
 * whole log is copied into the database file and becomes an empty file. A reader that still needs it can prevent that; then later
 * attempts follow, and the next start does it in any case (`db/open.ts`).
 */
export function createErasure({ sqlite }: Connection, now: () => number) {
  const truncate = sqlite.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  let dueAt: number | null = null;
  let retryMs = FIRST_RETRY_MS;

  /** @returns false if a reader prevented it @throws an error of SQLite */
  function attempt(): boolean {
    const before = Number(sqlite.pragma('busy_timeout', { simple: true }));
    sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    try {
      return (truncate.get() as { busy: number }).busy === 0;
    } finally {
      sqlite.pragma(`busy_timeout = ${before}`);
    }
  }

  return {
    /** Makes an attempt due after the present transaction. */
    request(): void {
      dueAt = now();
      retryMs = FIRST_RETRY_MS;
    },

    /** When the next attempt is due (ms since the epoch); null if the log holds nothing that must be erased. */
    dueAt: (): number | null => dueAt,

    /** Makes the attempt that is due, outside of a transaction. @throws an error of SQLite; a later attempt is then due */
    run(): void {
      if (dueAt === null || dueAt > now()) return;
      dueAt = now() + retryMs;
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
      if (attempt()) dueAt = null;
    },
  };
}
