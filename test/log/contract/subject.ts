import { expect } from 'vitest';
import type { Recorded } from '../../../src/domain/event.js';
import type { Cause, StreamName } from '../../../src/domain/stream.js';
import type { Committed, LogReader, LogWriter } from '../../../src/log/event-log.js';
import type { Tail } from '../../../src/log/tail.js';
import { loginRecorded } from '../../support/domain/events.js';
import { CAUSE, START } from '../../support/log/fixture.js';
import { numbers } from '../../support/log/tail.js';
import type { AwaitableReader, CommitFailure, LogHarness, ProcessEnd } from './harness.js';

export const A: StreamName = 'login-a';
export const B: StreamName = 'login-b';
export const C: StreamName = 'login-c';

export const ALL = Number.MAX_SAFE_INTEGER;

/** One promise of the log. */
export interface Scenario {
  name: string;
  run(subject: Subject): Promise<void>;
}

/** What a command of a scenario works with. */
export interface CommandTools {
  log: LogReader;
  writer: LogWriter;
  rows: () => number[];
  cause: Cause;
  now: number;
  /** Appends so many logins, each with a content of its own; one by default. */
  append: (stream: StreamName, count?: number) => Recorded[];
}
export type Work = (tools: CommandTools) => unknown;

export type Subject = Awaited<ReturnType<typeof openSubject>>;

/** A new log of an implementation, as scenarios use it. */
export async function openSubject(harness: LogHarness) {
  // Input is plain data: a command names the function that it runs by its number.
  const works: Work[] = [];
  const projected: Recorded[] = [];
  const unprojected: Recorded[] = [];
  const tails: Tail[] = [];
  let onProject: (event: Recorded) => void = () => {};
  let time = START;
  let logins = 0;

  let log = await harness.open({
    handlers: (reader, writer, rows) => ({
      run(work: number, cause, now) {
        const append = (stream: StreamName, count = 1) =>
          writer.append([{ stream, events: Array.from({ length: count }, nextLogin) }], cause, now);
        return works[work]?.({ log: reader, writer, rows, cause, now, append });
      },
    }),
    project(event) {
      projected.push(event);
      onProject(event);
    },
    unproject: (event) => void unprojected.push(event),
    now: () => time,
  });

  function nextLogin() {
    logins += 1;
    return loginRecorded({ request: `/login/${logins}` });
  }

  async function commitAs(cause: Cause, ...group: readonly Work[]): Promise<Committed> {
    const committed = await log.commit(group.map((work) => ({ name: 'run', input: works.push(work) - 1, cause })));
    if (committed.writable) for (const tail of tails) tail.wake(committed.head, committed.touched);
    return committed;
  }

  const commit = (...group: readonly Work[]): Promise<Committed> => commitAs(CAUSE, ...group);

  return {
    commitAs,
    /** Commits functions as the commands of one group. */
    commit,
    /** Commits a command without a name. */
    probe: async (): Promise<Committed> => log.commit([{ name: null, input: null, cause: CAUSE }]),
    /** Commits one command that appends logins. */
    append: async (stream: StreamName, count = 1): Promise<Recorded[]> =>
      resultOf(await commit(({ append }) => append(stream, count))) as Recorded[],
    /** The events that `project` and `unproject` were called for, in order. */
    projected,
    unprojected,
    onProject: (callback: (event: Recorded) => void): void => void (onProject = callback),
    /** What the clock shows, in ms since the epoch. */
    setTime: (now: number): void => void (time = now),
    reader: (): AwaitableReader => log.reader,
    committed: (): AwaitableReader => log.committed,
    /** Both readers: each of them keeps the promises. */
    readers: (): AwaitableReader[] => [log.reader, log.committed],
    rows: async (): Promise<number[]> => log.rows(),
    events: async (): Promise<Recorded[]> => log.committed.after(0, ALL),
    async openTail(): Promise<Tail> {
      const tail = await log.openTail();
      tails.push(tail);
      return tail;
    },
    fail: async (failure: CommitFailure): Promise<void> => log.failNextCommit(failure),
    async reopen(end: ProcessEnd): Promise<void> {
      for (const tail of tails.splice(0)) void tail.stop();
      log = await log.reopen(end);
    },
  };
}

/** What the first command of a group gave back. @throws its error */
export function resultOf({ results: [first] }: Committed): unknown {
  if (first && 'result' in first) return first.result;
  throw first?.error;
}

/** Checks what must hold after every scenario. */
export async function checkLog({ readers, rows, unprojected }: Subject): Promise<void> {
  for (const reader of readers()) {
    const events = await reader.after(0, ALL);
    const positions = events.map(({ position }) => position);
    const head = await reader.head();
    expect(positions.at(-1) ?? 0, 'the last event stays').toBe(head);
    const known = new Set([...positions, ...unprojected.map(({ position }) => position)]);
    expect(
      [...known].sort((a, b) => a - b),
      'positions have no gaps',
    ).toEqual(numbers(1, head));
    expect(await rows(), 'the read models hold the events of the log').toEqual(positions);
    const times = events.map(({ recordedAt }) => recordedAt);
    expect(times, 'recordedAt never decreases').toEqual(times.toSorted((a, b) => a - b));
    for (const stream of new Set(events.map((event) => event.stream))) {
      const versions = events.filter((event) => event.stream === stream).map(({ version }) => version);
      const { version: horizon } = await reader.horizon(stream);
      expect(versions, 'versions have no gaps').toEqual(numbers(horizon + 1, await reader.lastVersion(stream)));
    }
  }
}
