import { expect } from 'vitest';
import type { DomainEvent } from '../../../src/domain/event.js';
import { loginRecorded } from '../../support/domain/events.js';
import { START } from '../../support/log/fixture.js';
import { A, B, C, resultOf, type Scenario } from './subject.js';

/** Positions, versions, times and contents of events. */
export const order: readonly Scenario[] = [
  {
    name: 'an empty log has head 0 and no events',
    async run({ readers }) {
      for (const reader of readers()) {
        expect(await reader.head()).toBe(0);
        expect(await reader.after(0, 10)).toEqual([]);
        expect(await reader.range(A, 1, 10)).toEqual([]);
        expect(await reader.data(A, 1, 10)).toEqual([]);
        expect(await reader.at([])).toEqual([]);
        expect(await reader.lastVersion(A)).toBe(0);
        expect(await reader.versionAt(A, 10)).toBe(0);
        expect(await reader.versionBefore(A, START)).toBe(0);
        expect(await reader.horizon(A)).toEqual({ version: 0, position: 0, recordedAt: null });
      }
    },
  },
  {
    name: 'positions are counted from 1 over the log, versions from 1 in each stream',
    async run({ commit, append, events }) {
      await append(A, 2);
      await commit(({ writer, cause, now }) =>
        writer.append(
          [
            { stream: B, events: [loginRecorded()] },
            { stream: A, events: [loginRecorded(), loginRecorded()] },
            { stream: C, events: [] },
            { stream: B, events: [loginRecorded()] },
          ],
          cause,
          now,
        ),
      );
      await append(B);
      expect((await events()).map(({ position, stream, version }) => [position, stream, version])).toEqual([
        [1, A, 1],
        [2, A, 2],
        [3, B, 1],
        [4, A, 3],
        [5, A, 4],
        [6, B, 2],
        [7, B, 3],
      ]);
    },
  },
  {
    name: 'append returns the events as readers give them, with their cause and time',
    async run({ commitAs, readers, projected }) {
      const cause = { actor: 'token-1', traceId: 'trace-1' };
      const given: DomainEvent[] = [loginRecorded({ idempotencyKey: 'key', userAgent: 'ä "\\ 𝄞' }), loginRecorded()];
      const committed = await commitAs(cause, ({ writer, now, ...command }) =>
        writer.append([{ stream: A, events: given }], command.cause, now),
      );
      const expected = given.map((event, index) => ({
        position: index + 1,
        stream: A,
        version: index + 1,
        recordedAt: START,
        ...cause,
        ...event,
      }));
      expect(resultOf(committed)).toEqual(expected);
      for (const reader of readers()) expect(await reader.after(0, 10)).toEqual(expected);
      expect(projected).toEqual(expected);
    },
  },
  {
    name: 'a command gets its cause and the time',
    async run({ commitAs, setTime }) {
      const cause = { actor: 'token-1', traceId: 'trace-1' };
      setTime(START + 7);
      expect(resultOf(await commitAs(cause, (command) => [command.cause, command.now]))).toEqual([cause, START + 7]);
    },
  },
  {
    name: 'recordedAt does not decrease when the clock goes back',
    async run({ append, setTime, events }) {
      for (const ms of [5, 2, 7, 0]) {
        setTime(START + ms);
        await append(ms % 2 ? A : B);
      }
      expect((await events()).map(({ recordedAt }) => recordedAt - START)).toEqual([5, 5, 7, 7]);
    },
  },
  {
    name: 'recordedAt does not decrease when the log is opened again after the clock went back',
    async run({ append, setTime, reopen, events }) {
      setTime(START + 9);
      await append(A);
      await reopen('CLOSED');
      setTime(START);
      await append(B);
      expect((await events()).map(({ recordedAt }) => recordedAt - START)).toEqual([9, 9]);
    },
  },
  {
    name: 'the time of an event that was undone has no effect on later events',
    async run({ commit, append, setTime, events }) {
      await append(A);
      setTime(START + 60_000);
      await commit((command) => {
        command.append(A);
        throw new Error('undo');
      });
      setTime(START + 1);
      await append(A);
      expect((await events()).map(({ recordedAt }) => recordedAt - START)).toEqual([0, 1]);
    },
  },
  {
    name: 'a log that is opened again continues after its last event',
    async run({ append, reopen }) {
      await append(A, 2);
      await append(B);
      await reopen('CLOSED');
      expect(await append(A)).toMatchObject([{ position: 4, version: 3 }]);
      expect(await append(B)).toMatchObject([{ position: 5, version: 2 }]);
    },
  },
];
