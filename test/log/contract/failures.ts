import { expect } from 'vitest';
import { CAUSE, START, turn } from '../../support/log/fixture.js';
import { numbers } from '../../support/log/tail.js';
import { A, B, C, type CommandTools, type Scenario } from './subject.js';

const appendA = ({ append }: CommandTools) => append(A, 2).length;
const appendB = ({ append }: CommandTools) => append(B).length;

/** Commits that fail, and processes that end. */
export const failures: readonly Scenario[] = [
  {
    name: 'the group after a commit that failed touches no stream of that commit',
    async run({ commit, fail }) {
      await fail('REFUSED');
      await commit(appendA);
      expect((await commit(appendB)).touched).toEqual([B]);
    },
  },
  {
    name: 'a commit that failed gives every command an error, and says that the log is not writable',
    async run({ commit, append, fail }) {
      await append(A);
      await fail('REFUSED');
      const refuse = ({ append }: CommandTools) => {
        append(A);
        throw new Error('refused');
      };
      const { results, head, touched, writable } = await commit(appendA, refuse, () => 'no events');
      expect(results).toEqual([1, 2, 3].map(() => ({ error: expect.anything() })));
      expect({ head, touched, writable }).toEqual({ head: 1, touched: [], writable: false });
    },
  },
  {
    name: 'no read shows an event or a row of a commit that failed',
    async run({ commit, append, fail, readers, rows, reopen }) {
      const [first] = await append(A);
      await fail('REFUSED');
      await commit(appendA, appendB);
      const check = async () => {
        for (const reader of readers()) {
          expect(await reader.head()).toBe(1);
          expect(await reader.after(0, 10)).toEqual([first]);
          expect(await reader.range(A, 1, 10)).toEqual([first]);
          expect(await reader.range(B, 1, 10)).toEqual([]);
          expect(await reader.at([1, 2, 3, 4])).toEqual([first]);
          expect(await reader.lastVersion(A)).toBe(1);
          expect(await reader.lastVersion(B)).toBe(0);
        }
        expect(await rows()).toEqual([1]);
      };
      await check();
      await reopen('KILLED');
      await check();
    },
  },
  {
    name: 'a log is usable after a commit that failed, and has no gap there',
    async run({ commit, commitAs, append, fail, events }) {
      await append(A);
      for (let count = 0; count < 2; count += 1) {
        await fail('REFUSED');
        expect((await commitAs({ ...CAUSE, actor: 'token-1' }, appendA, appendB)).writable).toBe(false);
      }
      expect((await commitAs({ ...CAUSE, actor: 'token-2' }, appendB)).writable).toBe(true);
      expect((await commit(appendA)).writable).toBe(true);
      expect(
        (await events()).map(({ position, stream, version, actor }) => [position, stream, version, actor]),
      ).toEqual([
        [1, A, 1, 'system'],
        [2, B, 1, 'token-2'],
        [3, A, 2, 'system'],
        [4, A, 3, 'system'],
      ]);
    },
  },
  {
    name: 'the time of a commit that failed has no effect on later events',
    async run({ append, commit, setTime, fail, events }) {
      await append(A);
      setTime(START + 60_000);
      await fail('REFUSED');
      await commit(appendA);
      setTime(START + 1);
      await append(A);
      expect((await events()).map(({ recordedAt }) => recordedAt - START)).toEqual([0, 1]);
    },
  },
  {
    name: 'a commit that failed prunes nothing',
    async run({ append, commit, fail, events, readers }) {
      await append(A, 3);
      await append(B);
      const before = await events();
      await fail('REFUSED');
      await commit(({ writer }) => writer.prune({ stream: A, through: 2, limit: 10 }));
      expect(await events()).toEqual(before);
      for (const reader of readers()) expect(await reader.horizon(A)).toMatchObject({ version: 0, position: 0 });
    },
  },
  {
    name: 'a commit throws if its sync failed, and nothing of it is in the reopened log if nothing was on disk',
    async run({ append, commit, fail, reopen, events }) {
      const before = await append(A, 3);
      await fail('LOST');
      await expect(commit(appendA, appendB)).rejects.toThrow();
      await reopen('KILLED');
      expect(await events()).toEqual(before);
      expect(await append(A)).toMatchObject([{ position: 4, version: 4 }]);
    },
  },
  {
    name: 'a commit throws if its sync failed, and all of it is in the reopened log if it was on disk',
    async run({ append, commit, fail, reopen, events, rows }) {
      await append(A);
      await fail('PERSISTED');
      await expect(commit(appendA, appendB)).rejects.toThrow();
      await reopen('KILLED');
      expect((await events()).map(({ position, stream, version }) => [position, stream, version])).toEqual([
        [1, A, 1],
        [2, A, 2],
        [3, A, 3],
        [4, B, 1],
      ]);
      expect(await rows()).toEqual([1, 2, 3, 4]);
      expect(await append(A)).toMatchObject([{ position: 5, version: 4 }]);
    },
  },
  {
    name: 'a commit that throws wakes no subscription',
    async run({ append, commit, fail, openTail }) {
      await append(A);
      const tail = await openTail();
      const given: unknown[] = [];
      void tail
        .follow([A], 1)
        .next()
        .then((next) => given.push(next));
      await fail('PERSISTED');
      await expect(commit(appendA)).rejects.toThrow();
      await turn(2);
      expect(given).toEqual([]);
      void tail.stop();
    },
  },
  {
    name: 'everything that was answered is there after the process was killed',
    async run({ append, commit, reopen, events, rows, readers }) {
      await append(A, 3);
      await commit(({ writer, append }) => [append(B), writer.prune({ stream: A, through: 2, limit: 10 })].length);
      await commit(appendA, appendB, ({ append }) => {
        append(C);
        throw new Error('refused');
      });
      const before = await events();
      await reopen('KILLED');
      expect(await events()).toEqual(before);
      expect(before.map(({ position }) => position)).toEqual(numbers(3, 7));
      expect(await rows()).toEqual(numbers(3, 7));
      for (const reader of readers()) expect(await reader.horizon(A)).toMatchObject({ version: 2, position: 2 });
      expect(await append(C)).toMatchObject([{ position: 8, version: 1 }]);
    },
  },
];
