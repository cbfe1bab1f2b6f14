/**
 * The deliveries of a portal, read from its delivery stream. A lane has a first delivery and one beside it under way at most,
 * so that the events of a delivery stand near each other: a page is a stretch of the stream, and no table repeats it.
 */

import type { Recorded } from '../domain/event.js';
import type { Attempt, Purpose } from '../domain/lane/attempt.js';
import type { LogFormat } from '../domain/log-line.js';
import type { LoginRange } from '../domain/login-range.js';
import type { StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';

export const deliveryStates = ['IN_PROGRESS', 'DELIVERED', 'SPLIT', 'ABANDONED', 'SUPERSEDED'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** `retryDueAt` (ms): when the next try is due, where one is. */
export type DeliveryAttempt = Attempt & { delivered: boolean; retryDueAt: number | null; position: number };

export interface Delivery extends LoginRange {
  id: string;
  /** The version of its first event in the delivery stream: its place in a page. */
  version: number;
  destinationId: string;
  logFormat: LogFormat;
  purpose: Purpose;
  state: DeliveryState;
  startedAt: number;
  endedAt: number | null;
  attempts: DeliveryAttempt[];
}

/** `limit` deliveries between two of them (versions, exclusive), newest first unless `inverted`. */
export interface DeliveryPage {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
  inverted: boolean;
}

/** Events read at a time. */
const STRETCH_EVENTS = 256;

export function deliveriesOf(portalId: string, page: DeliveryPage, log: LogReader): Delivery[] {
  const stream: StreamName = streamOf('delivery', portalId);
  const last = log.lastVersion(stream);
  const events = page.inverted
    ? forwards(log, stream, page.before ?? log.horizon(stream).version + 1, last, page.limit)
    : backwards(log, stream, (page.after ?? last + 1) - 1, page.limit);
  const found = fold([...events, ...endsAfter(events, log, stream, last)]).filter(
    ({ version }) => version < (page.after ?? Infinity) && version > (page.before ?? 0),
  );
  return page.inverted ? found.slice(0, page.limit) : found.reverse().slice(0, page.limit);
}

/** Reads back from a version until `count` deliveries have begun, or to what was pruned. */
function backwards(log: LogReader, stream: StreamName, from: number, count: number): Recorded[] {
  const events: Recorded[] = [];
  const horizon = log.horizon(stream).version;
  let begun = 0;
  for (let last = from; last > horizon && begun < count; last -= STRETCH_EVENTS) {
    const stretch = log.range(stream, Math.max(1, last - STRETCH_EVENTS + 1), last);
    begun += stretch.filter(begins).length;
    events.unshift(...stretch);
  }
  return events;
}

/** Reads on from a version until more than `count` deliveries have begun: the last of them may then be cut short. */
function forwards(log: LogReader, stream: StreamName, from: number, last: number, count: number): Recorded[] {
  const events: Recorded[] = [];
  let begun = 0;
  for (let first = from; first <= last && begun <= count + 1; first += STRETCH_EVENTS) {
    const stretch = log.range(stream, first, first + STRETCH_EVENTS - 1);
    begun += stretch.filter(begins).length;
    events.push(...stretch);
  }
  return events;
}

/** What follows a stretch, until every delivery that began in it has ended or the stream has. */
function endsAfter(events: readonly Recorded[], log: LogReader, stream: StreamName, last: number): Recorded[] {
  const underWay = new Set<string>();
  const follow = (event: Recorded) => {
    if (event.type === 'BatchStarted') underWay.add(event.data.deliveryId);
    else if (ends(event)) underWay.delete(String(event.data.deliveryId));
  };
  for (const event of events) follow(event);
  const later: Recorded[] = [];
  let first = (events.at(-1)?.version ?? last) + 1;
  for (; underWay.size && first <= last; first += STRETCH_EVENTS) {
    for (const event of log.range(stream, first, first + STRETCH_EVENTS - 1)) {
      if (event.type === 'BatchStarted') continue;
      later.push(event);
      follow(event);
    }
  }
  return later;
}

const begins = (event: Recorded) => event.type === 'BatchStarted';

type Ending = Extract<
  Recorded,
  {
    type:
      | 'BatchDelivered'
      | 'BatchSplit'
      | 'BatchAbandoned'
      | 'DeliverySuperseded'
      | 'LoginsUndelivered'
      | 'LoginsExpired';
  }
>;
const ends = (event: Recorded): event is Ending =>
  /^(BatchDelivered|BatchSplit|BatchAbandoned|DeliverySuperseded|LoginsUndelivered|LoginsExpired)$/.test(event.type);

/** Folds a stretch of a delivery stream, oldest first. Events of a delivery that began before it are passed over. */
function fold(events: readonly Recorded[]): Delivery[] {
  const deliveries = new Map<string, Delivery>();
  for (const event of events) {
    switch (event.type) {
      case 'BatchStarted': {
        const { deliveryId: id, line: _, signingKeyId: __, purpose = 'FIRST', ...batch } = event.data;
        const { version, recordedAt: startedAt } = event;
        const begun = { version, startedAt, state: 'IN_PROGRESS', endedAt: null, attempts: [] } as const;
        deliveries.set(id, { ...batch, purpose, id, ...begun, attempts: [] });
        break;
      }
      case 'BatchDelivered':
      case 'RetryScheduled':
      case 'BatchSplit':
      case 'BatchAbandoned': {
        const delivery = deliveries.get(event.data.deliveryId);
        delivery?.attempts.push(attemptOf(event));
        if (event.type !== 'RetryScheduled') end(delivery, stateAfter[event.type], event);
        break;
      }
      case 'DeliverySuperseded':
        end(deliveries.get(event.data.deliveryId), 'SUPERSEDED', event);
        break;
      case 'LoginsUndelivered':
      case 'LoginsExpired':
        if (event.data.deliveryId) end(deliveries.get(event.data.deliveryId), 'ABANDONED', event);
        break;
    }
  }
  return [...deliveries.values()];
}

const stateAfter = { BatchDelivered: 'DELIVERED', BatchSplit: 'SPLIT', BatchAbandoned: 'ABANDONED' } as const;

function end(delivery: Delivery | undefined, state: DeliveryState, event: Recorded): void {
  if (delivery) Object.assign(delivery, { state, endedAt: event.recordedAt });
}

export type AttemptRecorded = Extract<
  Recorded,
  { type: 'BatchDelivered' | 'RetryScheduled' | 'BatchSplit' | 'BatchAbandoned' }
>;

export function isAttempt(event: Recorded): event is AttemptRecorded {
  return event.type === 'RetryScheduled' || Object.hasOwn(stateAfter, event.type);
}

export function attemptOf(event: AttemptRecorded): DeliveryAttempt {
  const isDelivered = event.type === 'BatchDelivered';
  return {
    ...event.data,
    ...(isDelivered && { phase: 'BODY' }),
    delivered: isDelivered,
    retryDueAt: event.type === 'RetryScheduled' ? event.data.retryDueAt : null,
    position: event.position,
  };
}
