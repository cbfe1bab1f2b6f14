import { expect } from 'vitest';
import type { DeliveryEvent } from '../../src/domain/delivery.js';
import type { LoginRange } from '../../src/domain/range.js';

/** Where each login stands, one by one. `off`: recorded while the webhook was off, not passed over yet. */
export type Standing = 'pending' | 'off' | 'delivered' | 'abandoned' | 'undelivered' | 'skipped';

export function naiveAccount() {
  const standings: Standing[] = [];
  let open: LoginRange | null = null;

  function move(range: LoginRange | null, from: Standing, to: Standing): void {
    if (!range) throw new Error('a delivery ended that was not open');
    for (let version = range.firstVersion; version <= range.lastVersion; version += 1) {
      expect(standings[version - 1], `login ${version} before it is ${to}`).toBe(from);
      standings[version - 1] = to;
    }
  }

  return {
    standings,
    count: (...wanted: Standing[]) => standings.filter((standing) => wanted.includes(standing)).length,
    pendingOutside: () =>
      standings.flatMap((standing, index) => (standing === 'pending' && !isIn(open, index + 1) ? [index + 1] : [])),
    apply(event: DeliveryEvent): void {
      switch (event.type) {
        case 'BatchStarted':
          expect(open, 'one batch at a time').toBeNull();
          // In order: nothing that is due is left behind by a batch.
          expect(event.data.firstVersion).toBe(standings.indexOf('pending') + 1);
          open = event.data;
          move(open, 'pending', 'pending');
          return;
        case 'RetryScheduled':
          return;
        case 'BatchDelivered':
          move(open, 'pending', 'delivered');
          open = null;
          return;
        case 'BatchAbandoned':
          move(open, 'pending', 'abandoned');
          open = null;
          return;
        case 'BatchSplit':
        case 'DeliverySuperseded':
          open = null;
          return;
        case 'LoginsSkipped':
          return move(event.data, 'off', 'skipped');
        case 'LoginsUndelivered':
          move(event.data, 'pending', 'undelivered');
          if (event.data.deliveryId) open = null;
          return;
        default:
          return event satisfies never;
      }
    },
  };
}

const isIn = (range: LoginRange | null, version: number) =>
  range !== null && range.firstVersion <= version && version <= range.lastVersion;
