import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StreamName } from '../../src/domain/event.js';
import { Refusal } from '../../src/domain/refusal.js';
import { createCommit } from '../../src/log/sqlite/commit.js';
import type { TailReader } from '../../src/log/tail.js';
import { createTail } from '../../src/log/tail.js';
import { loginRecorded } from '../support/log/events.js';
import { CAUSE, openLog, START, turn } from '../support/log/fixture.js';

const STREAMS = ['login-a', 'login-b', 'login-c', 'login-d'] as const;
const FILTERS: (readonly StreamName[])[] = [['login-a'], ['login-b', 'login-c'], ['login-d'], STREAMS];

interface Append {
  stream: number;
  count: number;
  refused: boolean;
}

/** Groups as the writer commits them, told to a tail; with readers that wait most of the time. */
function openGroups() {
  const { connection, appender, committed, close } = openLog(undefined, () => {});
  const commit = createCommit({
    connection,
    appender,
    handlers: {
      append({ stream, count, refused }: Append) {
        const events = Array.from({ length: count }, () => loginRecorded());
        appender.append([{ stream: STREAMS[stream] ?? 'login-a', events }], CAUSE, START);
        if (refused) throw new Refusal('NOT_FOUND', 'refused');
      },
    },
    now: () => START,
  });
  const tail = createTail(committed);
  const watched: StreamName[][] = [];
  tail.watch((touched) => watched.push([...touched]));
  return {
    tail,
    watched,
    log: committed,
    close,
    commit: (group: Append[]) => commit(group.map((input) => ({ name: 'append', input, cause: CAUSE }))),
  };
}

/** Reads for ever, and so is parked whenever there is nothing for it. */
async function follow(reader: TailReader, seen: number[]): Promise<void> {
  for await (const { position } of reader) seen.push(position);
}

const append: fc.Arbitrary<Append> = fc.record({
  stream: fc.nat(STREAMS.length - 1),
  // Around the sizes of a page and of the memory for recent events.
  count: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom(499, 501, 1_001) },
  ),
  refused: fc.boolean(),
});
const groups = fc.array(fc.record({ group: fc.array(append, { minLength: 1, maxLength: 4 }), settle: fc.boolean() }), {
  minLength: 1,
  maxLength: 25,
});

it('tells who watches of every stream that a group appended to, and of none that none of its commands did', () => {
  fc.assert(
    fc.property(groups, (all) => {
      const { tail, watched, commit, close } = openGroups();
      for (const { group } of all) {
        const before = tail.head();
        const { head, touched } = commit(group);
        watched.length = 0;
        tail.wake(head, touched);
        const of = (appends: Append[]) => [
          ...new Set(appends.filter(({ count }) => count).map(({ stream }) => STREAMS[stream])),
        ];
        const told = watched.flat();
        expect(watched).toHaveLength(head > before ? 1 : 0);
        if (head > before) expect(told).toEqual(expect.arrayContaining(of(group.filter(({ refused }) => !refused))));
        expect(of(group)).toEqual(expect.arrayContaining(told));
        expect(new Set(told).size).toBe(told.length);
      }
      close();
    }),
    { numRuns: 30 },
  );
});

it('gives parked readers all of theirs once and in order, whatever is appended to others', async () => {
  await fc.assert(
    fc.asyncProperty(groups, async (all) => {
      const { tail, log, commit, close } = openGroups();
      const readers = FILTERS.map((filter) => ({ filter, reader: tail.from(filter, 0), seen: [] as number[] }));
      const following = readers.map(({ reader, seen }) => follow(reader, seen));
      await turn();
      for (const { group, settle } of all) {
        const { head, touched } = commit(group);
        tail.wake(head, touched);
        if (settle) await turn();
      }
      await turn(5);
      const events = log.after(0, Number.MAX_SAFE_INTEGER);
      for (const { filter, seen } of readers) {
        const theirs = events.filter(({ stream }) => filter.includes(stream));
        expect(seen).toEqual(theirs.map(({ position }) => position));
      }
      tail.close();
      await Promise.all(following);
      close();
    }),
    { numRuns: 30 },
  );
});
