import type { Connection } from '../../../db/open.js';
import { type Commands, commitHere, createQueue } from '../../../src/log/queue.js';
import type { Appender } from '../../../src/log/sqlite/append.js';
import { createCommit, type Handlers } from '../../../src/log/sqlite/commit.js';
import { systemClock } from '../../../src/runtime/clock.js';

/** Commands over a connection, committed in this thread. A command of logins counts for as many as its input says. */
export function createWriter<H extends Handlers>(options: {
  connection: Connection;
  appender: Appender;
  handlers: H;
  now: () => number;
  onCommit: (head: number) => void;
  onFatal: (error: unknown) => void;
}): Commands<H> {
  return createQueue({
    commit: commitHere(createCommit(options), options.onFatal),
    groupsInFlight: 1,
    eventCount: ({ name, input }) => (name === 'record' ? Number(input) : 1),
    clock: systemClock,
    onCommit: options.onCommit,
  });
}
