import { expect } from 'vitest';
import type { StreamName } from '../../../src/domain/stream.js';
import type { Pruning } from '../../../src/log/event-log.js';
import { START } from '../../support/log/fixture.js';
import { numbers } from '../../support/log/tail.js';
import { A, ALL, B, C, resultOf, type Scenario, type Subject } from './subject.js';

const nothingPruned = { version: 0, position: 0, recordedAt: null };

/** One event of B, ten of A at the positions 2 to 11, and one of B. Each is recorded 1 ms after the one before. */
async function withEvents({ append, setTime }: Subject): Promise<void> {
  for (const [index, stream] of [B, ...Array<StreamName>(10).fill(A), B].entries()) {
    setTime(timeOf(index + 1));
    await append(stream);
  }
}

const timeOf = (position: number): number => START + position;

/** Commits one command that prunes a stream. */
async function prune({ commit }: Subject, stream: Pruning['stream'], through: number, more: Partial<Pruning> = {}) {
  return resultOf(await commit(({ writer }) => writer.prune({ stream, through, limit: ALL, ...more })));
}

const versionsOf = (events: readonly { version: number }[]) => events.map(({ version }) => version);
const positionsOf = (events: readonly { position: number }[]) => events.map(({ position }) => position);

/** Deletion of the oldest events of a stream. */
export const pruning: readonly Scenario[] = [
  {
    name: 'prune deletes events from the start of a stream, and no others',
    async run(subject) {
      await withEvents(subject);
      expect(await prune(subject, A, 4)).toBe(4);
      for (const reader of subject.readers()) {
        expect(versionsOf(await reader.range(A, 1, ALL))).toEqual(numbers(5, 10));
        expect(await reader.data(A, 1, 6)).toHaveLength(2);
        expect(positionsOf(await reader.at([2, 5, 6]))).toEqual([6]);
        expect(positionsOf(await reader.after(0, ALL))).toEqual([1, ...numbers(6, 12)]);
        expect(versionsOf(await reader.range(B, 1, ALL))).toEqual([1, 2]);
        expect(await reader.horizon(B)).toEqual(nothingPruned);
      }
    },
  },
  {
    name: 'the horizon is the last event that was deleted',
    async run(subject) {
      await withEvents(subject);
      await prune(subject, A, 4);
      for (const reader of subject.readers()) {
        expect(await reader.horizon(A)).toEqual({ version: 4, position: 5, recordedAt: timeOf(5) });
      }
      await prune(subject, A, 6);
      for (const reader of subject.readers()) {
        expect(await reader.horizon(A)).toEqual({ version: 6, position: 7, recordedAt: timeOf(7) });
      }
    },
  },
  {
    name: 'prune deletes at most so many events at a time, and continues where it ended',
    async run(subject) {
      await withEvents(subject);
      const deleted = [];
      for (let count = 0; count < 4; count += 1) deleted.push(await prune(subject, A, 7, { limit: 3 }));
      expect(deleted).toEqual([3, 3, 1, 0]);
      expect(await subject.reader().horizon(A)).toMatchObject({ version: 7 });
    },
  },
  {
    name: 'prune ends before the first event that is kept',
    async run(subject) {
      await withEvents(subject);
      const keep: Pruning['keep'] = ({ version }) => version === 3;
      expect(await prune(subject, A, 9, { keep })).toBe(2);
      expect(await prune(subject, A, 9, { keep })).toBe(0);
      expect(await subject.reader().horizon(A)).toMatchObject({ version: 2 });
    },
  },
  {
    name: 'prune deletes nothing of a stream without events, without a limit to use, or through version 0',
    async run(subject) {
      await withEvents(subject);
      expect(await prune(subject, C, 9)).toBe(0);
      expect(await prune(subject, A, 9, { limit: 0 })).toBe(0);
      expect(await prune(subject, A, 0)).toBe(0);
      for (const stream of [A, C] as const) expect(await subject.reader().horizon(stream)).toEqual(nothingPruned);
    },
  },
  {
    name: 'the last event of the log is never deleted',
    async run(subject) {
      await withEvents(subject);
      await subject.append(A);
      expect(await prune(subject, A, ALL)).toBe(10);
      expect(await prune(subject, B, ALL)).toBe(2);
      expect(await prune(subject, A, ALL)).toBe(0);
      expect(positionsOf(await subject.events())).toEqual([13]);
      expect(await subject.append(B)).toMatchObject([{ position: 14, version: 3 }]);
    },
  },
  {
    name: 'no position and no version is given twice after pruning, even in a new process',
    async run(subject) {
      const { append, readers, reopen } = subject;
      await withEvents(subject);
      await prune(subject, A, ALL);
      for (const reader of readers()) expect(await reader.lastVersion(A)).toBe(10);
      expect(await append(A)).toMatchObject([{ position: 13, version: 11 }]);
      await append(B);
      await prune(subject, A, ALL);
      await reopen('KILLED');
      for (const reader of readers()) expect(await reader.lastVersion(A)).toBe(11);
      expect(await append(A)).toMatchObject([{ position: 15, version: 12 }]);
    },
  },
  {
    name: 'unproject is called for each event that is deleted, in order, and its row is deleted',
    async run(subject) {
      await withEvents(subject);
      await prune(subject, A, 4);
      await prune(subject, B, 1);
      const [first, ...others] = subject.projected;
      expect(subject.unprojected).toEqual([...others.slice(0, 4), first]);
      expect(await subject.rows()).toEqual(numbers(6, 12));
    },
  },
  {
    name: 'a command deletes events that an earlier command of its group appended',
    async run({ commit, events, rows }) {
      const { results, head } = await commit(
        ({ append }) => [append(A, 3), append(B)].length,
        ({ writer, log }) => [writer.prune({ stream: A, through: 2, limit: ALL }), log.horizon(A).version],
        ({ rows, log }) => [rows(), log.lastVersion(A)],
      );
      expect(results).toEqual([{ result: 2 }, { result: [2, 2] }, { result: [[3, 4], 3] }]);
      expect(head).toBe(4);
      expect(positionsOf(await events())).toEqual([3, 4]);
      expect(await rows()).toEqual([3, 4]);
    },
  },
  {
    name: 'a command that throws undoes its pruning',
    async run(subject) {
      await withEvents(subject);
      const before = await subject.events();
      const { results } = await subject.commit(
        ({ writer }) => {
          writer.prune({ stream: A, through: 6, limit: ALL });
          throw new Error('undo');
        },
        ({ log, rows }) => [log.horizon(A), log.lastVersion(A), rows().length],
      );
      expect(results[1]).toEqual({ result: [nothingPruned, 10, 12] });
      expect(await subject.events()).toEqual(before);
      for (const reader of subject.readers()) expect(await reader.horizon(A)).toEqual(nothingPruned);
    },
  },
  {
    name: 'versionAt and versionBefore give the horizon where the events are pruned',
    async run(subject) {
      await withEvents(subject);
      await prune(subject, A, 4);
      for (const reader of subject.readers()) {
        const at = [];
        for (const position of [1, 5, 6, 8, 11, 99]) at.push(await reader.versionAt(A, position));
        expect(at).toEqual([4, 4, 5, 7, 10, 10]);
        const before = [];
        for (const time of [START, timeOf(5), timeOf(6), timeOf(7), timeOf(11), timeOf(11) + 1]) {
          before.push(await reader.versionBefore(A, time));
        }
        expect(before).toEqual([4, 4, 4, 5, 9, 10]);
      }
    },
  },
];
