import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { authenticationTypes, loginOutcomes } from '../../src/domain/login.js';
import { loginRecorded, OTHER_PORTAL, PORTAL } from '../support/domain/events.js';
import { openLog, START } from '../support/log/fixture.js';

const KINDS = loginOutcomes.flatMap((outcome) =>
  authenticationTypes.map((authenticationType) => ({ outcome, authenticationType })),
);

it('logins are found by outcome and authentication type, and by each of them alone', () => {
  const { append, models } = openLog();
  const all = [...KINDS, ...KINDS.toReversed()].map((kind, index) => {
    const occurredAt = START + ((index * 7) % 11);
    const portal = index % 5 ? PORTAL : OTHER_PORTAL;
    const [event] = append([{ stream: `login-${portal}`, events: [loginRecorded({ ...kind, occurredAt })] }]);
    return { ...kind, portal, occurredAt, position: event?.position ?? 0 };
  });
  const newestFirst = (filter: { outcome?: string; authenticationType?: string }) =>
    all
      .filter(({ portal }) => portal === PORTAL)
      .filter((one) => !filter.outcome || one.outcome === filter.outcome)
      .filter((one) => !filter.authenticationType || one.authenticationType === filter.authenticationType)
      .sort((a, b) => b.occurredAt - a.occurredAt || b.position - a.position)
      .map(({ occurredAt, position }) => ({ occurredAt, position }));
  const filters = [
    {},
    ...KINDS,
    ...loginOutcomes.map((outcome) => ({ outcome })),
    ...authenticationTypes.map((authenticationType) => ({ authenticationType })),
  ];
  for (const filter of filters) {
    const expected = newestFirst(filter);
    for (const limit of [1, 3, 200]) {
      const page = (inverted: boolean) => models.logins.page(PORTAL, filter, { limit, inverted });
      expect(page(false)).toEqual(expected.slice(0, limit));
      expect(page(true)).toEqual(expected.toReversed().slice(0, limit));
    }
  }
});

it('a page between two cursors contains logins of every outcome and authentication type', () => {
  const kind = fc.constantFrom(...KINDS);
  const logins = fc.array(fc.record({ kind, ms: fc.nat(4) }), { minLength: 30, maxLength: 80 });
  fc.assert(
    fc.property(logins, fc.nat(79), fc.nat(79), fc.boolean(), (given, one, other, inverted) => {
      const { append, models, close } = openLog();
      const sorted = given
        .map(({ kind: { outcome, authenticationType }, ms }) => {
          const events = [loginRecorded({ outcome, authenticationType, occurredAt: START + ms })];
          return {
            occurredAt: START + ms,
            position: append([{ stream: `login-${PORTAL}`, events }])[0]?.position ?? 0,
          };
        })
        .sort((a, b) => b.occurredAt - a.occurredAt || b.position - a.position);
      const [from, to] = [one % sorted.length, other % sorted.length].sort((a, b) => a - b) as [number, number];
      const window = sorted.slice(from + 1, to);
      const page = models.logins.page(PORTAL, {}, { after: sorted[from], before: sorted[to], limit: 100, inverted });
      expect(page).toEqual(inverted ? window.toReversed() : window);
      close();
    }),
    { numRuns: 25 },
  );
});
