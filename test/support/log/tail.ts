import type { Recorded } from '../../../src/domain/event.js';
import type { StreamName } from '../../../src/domain/stream.js';
import type { LogReader } from '../../../src/log/event-log.js';
import type { Subscription } from '../../../src/log/subscription.js';
import { createTail } from '../../../src/log/tail.js';
import { loginRecorded } from '../domain/events.js';
import { openLog, withoutReadModels } from './fixture.js';

/** The number of events that each read from disk returned. */
type Reads = number[];

/** A tail of a log on disk. `reads` lists its reads from disk. */
export function openTail() {
  const fixture = openLog(undefined, withoutReadModels());
  const { append, committed } = fixture;
  const reads: Reads = [];
  const count = (events: Recorded[]) => {
    reads.push(events.length);
    return events;
  };
  const counting: LogReader = {
    ...committed,
    after: (after, limit) => count(committed.after(after, limit)),
    range: (stream, first, last, limit) => count(committed.range(stream, first, last, limit)),
  };
  const tail = createTail(counting);

  return {
    ...fixture,
    tail,
    reads,
    /** Commits `count` events of a stream and wakes the tail. */
    commit: (stream: StreamName, count = 1): Recorded[] => {
      const appended = append([{ stream, events: Array.from({ length: count }, () => loginRecorded()) }]);
      tail.wake(appended.at(-1)?.position ?? 0, [stream]);
      return appended;
    },
  };
}

/** The positions of the next `count` events. */
export async function take(subscription: Subscription, count: number): Promise<number[]> {
  const positions: number[] = [];
  while (positions.length < count) {
    const { value, done } = await subscription.next();
    if (done) throw new Error('the subscription has ended');
    positions.push(value.position);
  }
  return positions;
}

/** The whole numbers from `first` to `last`, both inclusive. */
export const numbers = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
