import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Refusal } from '../../src/domain/refusal.js';
import type { StreamName } from '../../src/domain/stream.js';
import type { Subscription } from '../../src/log/subscription.js';
import { createTail } from '../../src/log/tail.js';
import { loginRecorded } from '../support/domain/events.js';
import { CAUSE, openLog, START, turn, withoutReadModels } from '../support/log/fixture.js';

const STREAMS = ['login-a', 'login-b', 'login-c', 'login-d'] as const;
const LISTS: (readonly StreamName[])[] = [['login-a'], ['login-b', 'login-c'], ['login-d'], STREAMS];

interface Append {
  stream: number;
  count: number;
  refused: boolean;
}

/** Groups of commands over a log, and a tail that is told of each of them. */
function openGroups() {
  const { commit, committed, close } = openLog(
    undefined,
    withoutReadModels((_, writer) => ({
      append({ stream, count, refused }: Append) {
        const events = Array.from({ length: count }, () => loginRecorded());
        writer.append([{ stream: STREAMS[stream] ?? 'login-a', events }], CAUSE, START);
        if (refused) throw new Refusal('NOT_FOUND', 'refused');
      },
    })),
  );
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

/** Reads until the subscription ends, and so is parked whenever there is no event for it. */
async function readAll(subscription: Subscription, seen: number[]): Promise<void> {
  for await (const { position } of subscription) seen.push(position);
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

it('tells a watch of every stream that a group appended to, and of no stream that no command of it named', () => {
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

it('gives parked subscriptions every event of their streams once and in order, whatever else is appended', async () => {
  await fc.assert(
    fc.asyncProperty(groups, async (all) => {
      const { tail, log, commit, close } = openGroups();
      const followed = LISTS.map((streams) => ({ streams, seen: [] as number[] }));
      const reading = followed.map(({ streams, seen }) => readAll(tail.follow(streams, 0), seen));
      await turn();
      for (const { group, settle } of all) {
        const { head, touched } = commit(group);
        tail.wake(head, touched);
        if (settle) await turn();
      }
      await turn(5);
      const events = log.after(0, Number.MAX_SAFE_INTEGER);
      for (const { streams, seen } of followed) {
        const theirs = events.filter(({ stream }) => streams.includes(stream));
        expect(seen).toEqual(theirs.map(({ position }) => position));
      }
      void tail.stop();
      await Promise.all(reading);
      close();
    }),
    { numRuns: 30 },
  );
});
