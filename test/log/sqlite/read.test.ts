import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { loginRecorded, OTHER_PORTAL, PORTAL } from '../../support/domain/events.js';
import { CAUSE, openLog } from '../../support/log/fixture.js';

const STREAMS = [`login-${PORTAL}`, `login-${OTHER_PORTAL}`] as const;

it('shows another connection only what was committed, and the connection that writes its own transaction', () => {
  const { writer, log, committed, sqlite } = openLog();
  sqlite.exec('BEGIN');
  writer.append([{ stream: STREAMS[0], events: [loginRecorded()] }], CAUSE, 0);
  expect([log.head(), committed.head()]).toEqual([1, 0]);
  sqlite.exec('COMMIT');
  expect(committed.head()).toBe(1);
});

it('gives the same ranges and versions as a search through the whole log', () => {
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
