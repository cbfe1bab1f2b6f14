import { expect } from 'vitest';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';
import { type LoginRange, loginCount } from '../../../src/domain/login-range.js';
import type { UndeliveredEvent } from '../../../src/domain/undelivered.js';

/**
 * Where each login stands, one by one. `off`: recorded while the webhook was off, not passed over yet; `undelivered`: listed,
 * and to be delivered again or decided upon.
 */
export type Standing = 'pending' | 'off' | 'delivered' | 'undelivered' | 'discarded' | 'skipped';

interface UnderWay extends LoginRange {
  purpose: Purpose;
  /** Of which replay it is a part. */
  jobId: string | undefined;
}

/** What became of the logins, by the events of a portal and with a memory of each login. */
export function naiveAccount() {
  const standings: Standing[] = [];
  const underWay = new Map<string, UnderWay>();
  const replayed = new Map<string, number>();

  const versionsOf = ({ firstVersion, lastVersion }: LoginRange) =>
    Array.from({ length: loginCount({ firstVersion, lastVersion }) }, (_, index) => firstVersion + index);

  function move(range: LoginRange, from: Standing, to: Standing): void {
    for (const version of versionsOf(range)) {
      expect(standings[version - 1], `login ${version} before it is ${to}`).toBe(from);
      standings[version - 1] = to;
    }
  }

  /** What an event is about that speaks of a delivery by its id, which ends with it. */
  function ended(deliveryId: string): UnderWay {
    const delivery = underWay.get(deliveryId);
    if (!delivery) throw new Error(`${deliveryId} ended without being under way`);
    underWay.delete(deliveryId);
    return delivery;
  }

  function start({ data }: Extract<DeliveryEvent, { type: 'BatchStarted' }>, jobId: string | undefined): void {
    const { purpose = 'FIRST' } = data;
    const isFirst = purpose === 'FIRST';
    for (const other of underWay.values()) {
      expect(other.purpose === 'FIRST', 'one first delivery and one beside it').not.toBe(isFirst);
    }
    // In order: nothing that is due is left behind by a batch.
    if (isFirst) expect(data.firstVersion).toBe(standings.indexOf('pending') + 1);
    if (isFirst) move(data, 'pending', 'pending');
    if (purpose === 'RECOVERY' || purpose === 'PROBE') move(data, 'undelivered', 'undelivered');
    if (purpose === 'REPLAY')
      expect(versionsOf(data).map((version) => standings[version - 1])).not.toContain('pending');
    underWay.set(data.deliveryId, { ...data, purpose, jobId });
  }

  function deliver({ data }: Extract<DeliveryEvent, { type: 'BatchDelivered' }>): void {
    const delivery = ended(data.deliveryId);
    if (delivery.purpose === 'FIRST') return move(delivery, 'pending', 'delivered');
    const recovered = versionsOf(delivery).filter((version) => standings[version - 1] === 'undelivered');
    for (const version of recovered) standings[version - 1] = 'delivered';
    expect(data.recovered ?? 0, 'recovered').toBe(recovered.length);
    count(delivery);
  }

  function count({ purpose, jobId = '', ...range }: UnderWay): void {
    if (purpose === 'REPLAY') replayed.set(jobId, (replayed.get(jobId) ?? 0) + loginCount(range));
  }

  return {
    standings,
    count: (...wanted: Standing[]) => standings.filter((standing) => wanted.includes(standing)).length,
    versions: (wanted: Standing) => standings.flatMap((standing, index) => (standing === wanted ? [index + 1] : [])),
    pendingOutside: () => {
      const open = [...underWay.values()].find(({ purpose }) => purpose === 'FIRST');
      return standings.flatMap((standing, index) =>
        standing === 'pending' && !(open && open.firstVersion <= index + 1 && index < open.lastVersion)
          ? [index + 1]
          : [],
      );
    },
    /** Of the logins that were recorded while the webhook was off these are due. */
    catchUp(isDue: (version: number) => boolean): void {
      for (const [index, standing] of standings.entries()) {
        if (standing === 'off' && isDue(index + 1)) standings[index] = 'pending';
      }
    },
    /** How many logins of a replay were sent or passed over. */
    replayed: (jobId: string) => replayed.get(jobId) ?? 0,
    /** @param jobId of the replay that runs, if one does */
    apply(event: DeliveryEvent | UndeliveredEvent, jobId: string | undefined): void {
      switch (event.type) {
        case 'BatchStarted':
          return start(event, jobId);
        case 'RetryScheduled':
        case 'RedeliveryRequested':
          return;
        case 'BatchDelivered':
          return deliver(event);
        case 'BatchAbandoned': {
          const delivery = ended(event.data.deliveryId);
          if (delivery.purpose === 'FIRST') move(delivery, 'pending', 'undelivered');
          if (event.data.reason === 'TOO_LARGE') count(delivery);
          return;
        }
        case 'LaneSnapshotted':
        case 'LoginsExpired':
          return;
        case 'BatchSplit':
        case 'DeliverySuperseded':
          ended(event.data.deliveryId);
          return;
        case 'LoginsSkipped':
          return move(event.data, 'off', 'skipped');
        case 'LoginsUndelivered':
          move(event.data, 'pending', 'undelivered');
          if (event.data.deliveryId) ended(event.data.deliveryId);
          return;
        case 'LoginsDiscarded':
          for (const range of event.data.ranges) move(range, 'undelivered', 'discarded');
          return;
        default:
          return event satisfies never;
      }
    },
  };
}
