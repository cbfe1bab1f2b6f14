import { Refusal } from '../../../src/domain/refusal.js';
import type { Cause } from '../../../src/domain/stream.js';
import type { LogReader, LogWriter } from '../../../src/log/event-log.js';
import { loginRecorded } from '../domain/events.js';
import { type Replacement, withStatement } from './faults.js';
import { CAUSE, openLog, openQueue, START, withoutReadModels } from './fixture.js';

/** Commands that append logins to one stream, or fail, or read. */
function simpleHandlers(log: LogReader, writer: LogWriter) {
  const record = (count: number, cause: Cause) =>
    writer.append([{ stream: 'login-1', events: Array.from({ length: count }, () => loginRecorded()) }], cause, START);

  return {
    /** @returns the positions of the events that it appended */
    record: (count: number, cause: Cause) => record(count, cause).map(({ position }) => position),
    /** Appends and then throws a refusal. */
    refuse(count: number, cause: Cause): number[] {
      record(count, cause);
      throw new Refusal('NOT_FOUND', 'refused');
    },
    /** Appends and then throws. */
    fail(error: Error, cause: Cause): number[] {
      record(1, cause);
      throw error;
    },
    /** Appends one event with a request of `bytes` bytes. */
    fill: (bytes: number, cause: Cause) =>
      writer.append([{ stream: 'login-1', events: [loginRecorded({ request: 'x'.repeat(bytes) })] }], cause, START)
        .length,
    head: (_: null) => log.head(),
  };
}

/** The simple commands with a log on real files, through the queue. */
export function openSimpleCommands({ replace }: { replace?: Replacement } = {}) {
  const open = withoutReadModels(simpleHandlers);
  const fixture = openLog(undefined, (connection, models) =>
    open(replace ? withStatement(connection, replace) : connection, models),
  );
  const { sqlite, commit } = fixture;
  const fatal: unknown[] = [];
  const { queue, commits } = openQueue<ReturnType<typeof simpleHandlers>>(commit, {
    eventCount: ({ name, input }) => (name === 'record' ? Number(input) : 1),
    onFatal: (error) => fatal.push(error),
  });

  return {
    ...fixture,
    /** The head after each commit. */
    commits,
    /** The errors that would have ended the process. */
    fatal,
    queue,
    record: (count = 1) => queue.execute('record', count, CAUSE),
    refuse: (count = 1) => queue.execute('refuse', count, CAUSE),
    fail: (error: Error) => queue.execute('fail', error, CAUSE),
    fill: (bytes: number) => queue.execute('fill', bytes, CAUSE),
    head: () => queue.execute('head', null, CAUSE),
    /** The database can grow by at most `more` pages until the next call. */
    allowPages: (more: number): void => {
      const pages = Number(sqlite.pragma('page_count', { simple: true }));
      sqlite.pragma(`max_page_count = ${pages + more}`);
    },
  };
}
