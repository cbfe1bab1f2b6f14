import { expect } from 'vitest';
import type { Recorded } from '../../../src/domain/event.js';
import { START } from '../../support/log/fixture.js';
import { A, ALL, B, C, type Scenario, type Subject } from './subject.js';

/** Ten events at the times START, START, START + 1, START + 1, …: A at the positions 1, 2, 4, 5, 7, 8 and 10, B at 3, 6 and 9. */
async function withEvents({ append, setTime, events }: Subject): Promise<Recorded[]> {
  for (let index = 0; index < 10; index += 1) {
    setTime(START + Math.floor(index / 2));
    await append(index % 3 === 2 ? B : A);
  }
  return events();
}

const streams = [A, B, C] as const;

/** What each read gives. Nothing is pruned here. */
export const reads: readonly Scenario[] = [
  {
    name: 'after gives the events after a position in order, at most so many',
    async run(subject) {
      const events = await withEvents(subject);
      for (const reader of subject.readers()) {
        expect(await reader.head()).toBe(10);
        for (let position = 0; position <= 11; position += 1) {
          expect(await reader.after(position, ALL)).toEqual(events.slice(position));
          expect(await reader.after(position, 3)).toEqual(events.slice(position, position + 3));
        }
      }
    },
  },
  {
    name: 'range and data give the events of a stream from a version to a version in order, at most so many',
    async run(subject) {
      const events = await withEvents(subject);
      for (const reader of subject.readers()) {
        for (const stream of streams) {
          for (const first of [1, 2, 4, 9]) {
            for (const last of [0, 1, 3, 7, ALL]) {
              const expected = events.filter((event) => event.stream === stream).slice(first - 1, last);
              expect(await reader.range(stream, first, last)).toEqual(expected);
              expect(await reader.range(stream, first, last, 2)).toEqual(expected.slice(0, 2));
              expect(await reader.data(stream, first, last)).toEqual(expected.map(({ data }) => data));
            }
          }
        }
      }
    },
  },
  {
    name: 'at gives the events at positions in the order of the log, and leaves out positions without an event',
    async run(subject) {
      const events = await withEvents(subject);
      for (const reader of subject.readers()) {
        expect(await reader.at([9, 99, 1, 4])).toEqual([events[0], events[3], events[8]]);
        expect(await reader.at([11])).toEqual([]);
      }
    },
  },
  {
    name: 'lastVersion gives the version of the last event of a stream, and 0 without one',
    async run(subject) {
      await withEvents(subject);
      for (const reader of subject.readers()) {
        const versions = [await reader.lastVersion(A), await reader.lastVersion(B), await reader.lastVersion(C)];
        expect(versions).toEqual([7, 3, 0]);
      }
    },
  },
  {
    name: 'versionAt gives the last version of a stream at or before a position',
    async run(subject) {
      const events = await withEvents(subject);
      for (const reader of subject.readers()) {
        for (const stream of streams) {
          for (let position = 0; position <= 11; position += 1) {
            const before = events.filter((event) => event.stream === stream && event.position <= position);
            expect(await reader.versionAt(stream, position)).toBe(before.length);
          }
        }
      }
    },
  },
  {
    name: 'versionBefore gives the last version of a stream that was recorded before a time',
    async run(subject) {
      const events = await withEvents(subject);
      for (const reader of subject.readers()) {
        for (const stream of streams) {
          for (let time = START - 1; time <= START + 6; time += 1) {
            const before = events.filter((event) => event.stream === stream && event.recordedAt < time);
            expect(await reader.versionBefore(stream, time)).toBe(before.length);
          }
        }
      }
    },
  },
];
