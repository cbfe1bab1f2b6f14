import { expect } from 'vitest';
import { A, ALL, B, C, type CommandTools, type Scenario } from './subject.js';

const bug = new Error('a bug');

/** Groups of commands that are committed. */
export const groups: readonly Scenario[] = [
  {
    name: 'commands run one after the other, and their results are in this order',
    async run({ commit, committed }) {
      const ran: number[] = [];
      const works = [1, 2, 3].map((number) => ({ append }: CommandTools) => {
        ran.push(number);
        append(A, number);
        return { number };
      });
      const { results, head, writable } = await commit(...works);
      expect(ran).toEqual([1, 2, 3]);
      expect(results).toEqual([1, 2, 3].map((number) => ({ result: { number } })));
      expect({ head, writable }).toEqual({ head: 6, writable: true });
      expect(await committed().head()).toBe(6);
    },
  },
  {
    name: 'a command reads the events that earlier commands of its group appended',
    async run({ commit, append }) {
      await append(A);
      const { results } = await commit(
        ({ append }) => append(A, 2),
        ({ append }) => append(B),
        ({ log }) => ({
          head: log.head(),
          after: log.after(1, 10).map(({ position }) => position),
          range: log.range(A, 1, ALL).map(({ position }) => position),
          data: log.data(B, 1, ALL).length,
          at: log.at([3, 4]).map(({ stream }) => stream),
          lastVersions: [log.lastVersion(A), log.lastVersion(B), log.lastVersion(C)],
          versionsAt: [log.versionAt(A, 2), log.versionAt(A, 4), log.versionAt(B, 3)],
        }),
      );
      expect(results[2]).toEqual({
        result: {
          head: 4,
          after: [2, 3, 4],
          range: [1, 2, 3],
          data: 1,
          at: [A, B],
          lastVersions: [3, 1, 0],
          versionsAt: [2, 3, 0],
        },
      });
    },
  },
  {
    name: 'a command reads the rows of every event that was appended before it, its own events included',
    async run({ commit, append }) {
      await append(A);
      const { results } = await commit(
        ({ append, rows }) => {
          append(B, 2);
          return rows();
        },
        ({ rows }) => rows(),
      );
      expect(results).toEqual([{ result: [1, 2, 3] }, { result: [1, 2, 3] }]);
    },
  },
  {
    name: 'a command that throws undoes its own events and rows, and no others',
    async run({ commit, events, rows, append }) {
      const { results, head, writable } = await commit(
        ({ append }) => append(A).length,
        ({ append }) => {
          append(A, 2);
          append(B, 3);
          throw bug;
        },
        ({ append, log, rows }) => [log.head(), rows(), log.lastVersion(B), append(A).length],
        ({ append }) => {
          append(C);
          throw bug;
        },
        ({ append }) => append(B).length,
      );
      expect(results).toEqual([
        { result: 1 },
        { error: bug },
        { result: [1, [1], 0, 1] },
        { error: bug },
        { result: 1 },
      ]);
      expect({ head, writable }).toEqual({ head: 3, writable: true });
      const stored = [
        [1, A, 1],
        [2, A, 2],
        [3, B, 1],
      ];
      expect((await events()).map(({ position, stream, version }) => [position, stream, version])).toEqual(stored);
      expect(await rows()).toEqual([1, 2, 3]);
      expect(await append(C)).toMatchObject([{ position: 4, version: 1 }]);
    },
  },
  {
    name: 'an event that was read and undone leaves no trace in later reads',
    async run({ commitAs, commit, readers }) {
      await commitAs({ actor: 'token-1', traceId: 'trace-1' }, ({ append, log }) => {
        append(B);
        expect(log.range(B, 1, ALL)).toMatchObject([{ position: 1, stream: B, actor: 'token-1' }]);
        throw bug;
      });
      await commit(({ append }) => append(A));
      for (const reader of readers()) {
        expect(await reader.after(0, 10)).toMatchObject([{ position: 1, stream: A, actor: 'system' }]);
        expect(await reader.range(B, 1, ALL)).toEqual([]);
      }
    },
  },
  {
    name: 'a group whose commands all throw appends nothing',
    async run({ commit, append, committed }) {
      await append(A);
      const fail = ({ append }: CommandTools) => {
        append(A);
        throw bug;
      };
      const { results, head, writable } = await commit(fail, fail);
      expect(results).toEqual([{ error: bug }, { error: bug }]);
      expect({ head, writable }).toEqual({ head: 1, writable: true });
      expect(await committed().head()).toBe(1);
    },
  },
  {
    name: 'a projection that throws fails its command and no other',
    async run({ commit, onProject, events }) {
      onProject(({ stream }) => {
        if (stream === B) throw bug;
      });
      const { results, writable } = await commit(
        ({ append }) => append(A).length,
        ({ append }) => [append(A), append(B)].length,
        ({ append }) => append(A).length,
      );
      expect(results).toEqual([{ result: 1 }, { error: bug }, { result: 1 }]);
      expect(writable).toBe(true);
      expect((await events()).map(({ stream, version }) => [stream, version])).toEqual([
        [A, 1],
        [A, 2],
      ]);
    },
  },
  {
    name: 'touched names every stream that the group appended to, once, and none that its commands did not use',
    async run({ commit, append }) {
      await append(C);
      const { touched } = await commit(
        ({ append }) => append(A).length,
        ({ append }) => [append(B), append(A)].length,
        ({ writer, cause, now }) => writer.append([{ stream: C, events: [] }], cause, now),
      );
      expect(touched.toSorted()).toEqual([A, B]);
      expect((await commit(({ log }) => log.head())).touched).toEqual([]);
    },
  },
  {
    name: 'a command that appends nothing leaves the head where it is',
    async run({ commit, append }) {
      await append(A, 2);
      expect(await commit(({ log }) => log.lastVersion(A))).toMatchObject({
        results: [{ result: 2 }],
        head: 2,
        writable: true,
      });
    },
  },
  {
    name: 'a command without a name shows that the log can be written, and appends nothing',
    async run({ probe, append, fail }) {
      await append(A);
      expect(await probe()).toMatchObject({ results: [{ result: undefined }], head: 1, touched: [], writable: true });
      await fail('REFUSED');
      expect(await probe()).toMatchObject({ results: [{ error: expect.anything() }], head: 1, writable: false });
    },
  },
];
