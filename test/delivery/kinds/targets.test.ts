import { expect, it } from 'vitest';
import { createTargets } from '../../../src/delivery/kinds/http/target.js';
import type { Target } from '../../../src/delivery/transport/types.js';
import type { DestinationRow } from '../../../src/projections/destinations.js';
import type { Secrets } from '../../../src/vault/secrets.js';

const destination = {
  id: 'd',
  changedPosition: 1,
  endpoint: 'sealed',
  authorization: null,
  clientKey: null,
  headers: [],
};

function openTargets() {
  const opened: string[] = [];
  const open = (_owner: string, name: string, sealed: string) => {
    opened.push(name);
    return `open ${sealed}`;
  };
  const targets = createTargets({ open } as Partial<Secrets> as Secrets);
  const seen: Target[] = [];
  const ends: (() => void)[] = [];
  const attempt = (changes: Partial<DestinationRow> = {}) =>
    targets.use({ ...destination, ...changes } as DestinationRow, (target) => {
      seen.push(target);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  return { opened, seen, ends, attempt };
}

it('attempts in flight at the same time share a target, whose secrets are opened once and not kept after the last', async () => {
  const { opened, seen, ends, attempt } = openTargets();
  const attempts = [attempt(), attempt()];
  expect(seen[0]?.endpoint).toBe('open sealed');
  expect(seen[1]).toBe(seen[0]);
  ends[0]?.();
  await attempts[0];
  attempts.push(attempt());
  expect(seen[2]).toBe(seen[0]);
  for (const end of ends) end();
  await Promise.all(attempts);
  expect(opened).toEqual(['endpoint']);
  void attempt();
  expect(seen[3]).not.toBe(seen[0]);
});

it('an attempt after a change of the destination has the new target', () => {
  const { seen, attempt } = openTargets();
  void attempt();
  void attempt({ changedPosition: 2, endpoint: 'new' });
  expect(seen.map(({ endpoint }) => endpoint)).toEqual(['open sealed', 'open new']);
});
