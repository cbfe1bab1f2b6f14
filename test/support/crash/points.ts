/** Places in the program where a server of the tests kills itself. */

import type { EventType } from '../../../src/domain/event.js';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';

/**
 * Where the server is: before a request (`post`), with a request in flight (`wire`), with the answer (`response`), in the
 * transaction of several commands (`group`), in one that appends (`inside`) or deletes (`deletion`) events, or right after one
 * (`commit`, `after`, `deleted`).
 */
export type Place =
  | { at: 'post' | 'wire' | 'response'; purpose: Purpose }
  | { at: 'group' | 'commit' | 'deletion' | 'deleted' }
  | { at: 'inside' | 'after'; event: EventType; purpose?: Purpose; isLastOfReplay?: boolean };

const places = {
  'before the POST': { at: 'post', purpose: 'FIRST' },
  'after its response': { at: 'response', purpose: 'FIRST' },
  'inside a group commit': { at: 'group' },
  'after a commit': { at: 'commit' },
  'after a RECOVERY was started': { at: 'after', event: 'BatchStarted', purpose: 'RECOVERY' },
  'after the response of a RECOVERY': { at: 'response', purpose: 'RECOVERY' },
  'while a PROBE is in flight': { at: 'wire', purpose: 'PROBE' },
  'after the response of a PROBE': { at: 'response', purpose: 'PROBE' },
  'inside the start of a replay': { at: 'inside', event: 'ReplayStarted' },
  'after a replay was started': { at: 'after', event: 'ReplayStarted' },
  'while a REPLAY is in flight': { at: 'wire', purpose: 'REPLAY' },
  'after the response of a REPLAY': { at: 'response', purpose: 'REPLAY' },
  'after the last batch of a replay': { at: 'after', event: 'BatchDelivered', purpose: 'REPLAY', isLastOfReplay: true },
  'after a batch was split': { at: 'after', event: 'BatchSplit' },
  'after a batch was abandoned': { at: 'after', event: 'BatchAbandoned' },
  'inside a redelivery': { at: 'inside', event: 'RedeliveryRequested' },
  'after a redelivery': { at: 'after', event: 'RedeliveryRequested' },
  'inside a discard': { at: 'inside', event: 'LoginsDiscarded' },
  'after a discard': { at: 'after', event: 'LoginsDiscarded' },
  'inside the lane snapshot of a pruning': { at: 'inside', event: 'LaneSnapshotted' },
  'after the lane snapshot of a pruning': { at: 'after', event: 'LaneSnapshotted' },
  'inside a step of a pruning': { at: 'deletion' },
  'after a step of a pruning': { at: 'deleted' },
} as const satisfies Record<string, Place>;

export type CrashPoint = keyof typeof places;

export const crashPoints = Object.keys(places) as CrashPoint[];

/** Whether a place is a crash point. @param here where the server is */
export function isAt(point: CrashPoint, here: Place): boolean {
  return Object.entries(places[point]).every(([key, value]) => Reflect.get(here, key) === value);
}

/** The delivery of an event about a batch or a retry. */
export function deliveryOf({ type, data }: { type: string; data: object }): string | undefined {
  const { deliveryId } = data as Partial<DeliveryEvent['data']> & { deliveryId?: string };
  return /^(Batch|Retry)/.test(type) ? deliveryId : undefined;
}
