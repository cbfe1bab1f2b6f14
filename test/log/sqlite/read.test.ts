import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { loginRecorded, OTHER_PORTAL, PORTAL } from '../../support/log/events.js';
import { CAUSE, openLog } from '../../support/log/fixture.js';

const STREAMS = [`login-${PORTAL}`, `login-${OTHER_PORTAL}`] as const;

it('is empty at first', () => {
  const { log } = openLog();
  expect(log.head()).toBe(0);
  expect(log.after(0, 10)).toEqual([]);
  expect(log.range(STREAMS[0], 1, 10)).toEqual([]);
  expect(log.lastVersion(STREAMS[0])).toBe(0);
  expect(log.versionAt(STREAMS[0], 10)).toBe(0);
  expect(log.at([])).toEqual([]);
});

it('shows a reader only what was committed, and the writer its own transaction', () => {
  const { appender, log, committed, sqlite } = openLog();
  sqlite.exec('BEGIN');
  appender.append([{ stream: STREAMS[0], events: [loginRecorded()] }], CAUSE, 0);
  expect([log.head(), committed.head()]).toEqual([1, 0]);
  sqlite.exec('COMMIT');
  expect(committed.head()).toBe(1);
});

it('pages after a position, which it leaves out', () => {
  const { append, log } = openLog();
  append([{ stream: STREAMS[0], events: Array.from({ length: 5 }, () => loginRecorded()) }]);
  expect(log.after(2, 2).map((event) => event.position)).toEqual([3, 4]);
  expect(log.after(5, 2)).toEqual([]);
});

it('gives events at positions in the order of the log, whatever order they are asked in', () => {
  const { append, log } = openLog();
  append([{ stream: STREAMS[0], events: Array.from({ length: 5 }, () => loginRecorded()) }]);
  expect(log.at([4, 99, 1]).map((event) => event.position)).toEqual([1, 4]);
});

it('finds ranges and the version at a position as a walk through the whole log does', () => {
  const { append, log } = openLog();
  fc.assert(
    fc.property(
      fc.array(fc.nat(1), { maxLength: 20 }),
      fc.nat(150),
      fc.nat(60),
      fc.nat(60),
      (appends, position, first, last) => {
        for (const index of appends) append([{ stream: STREAMS[index] ?? STREAMS[0], events: [loginRecorded()] }]);
        const all = log.after(0, 10_000);
        for (const stream of STREAMS) {
          const own = all.filter((event) => event.stream === stream);
          expect(log.range(stream, first, last)).toEqual(
            own.filter(({ version }) => version >= first && version <= last),
          );
          expect(log.range(stream, first, last, 3)).toEqual(log.range(stream, first, last).slice(0, 3));
          expect(log.versionAt(stream, position)).toBe(own.filter((event) => event.position <= position).length);
          expect(log.lastVersion(stream)).toBe(own.length);
        }
      },
    ),
    { numRuns: 30 },
  );
});
