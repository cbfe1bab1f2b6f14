/**
 * The deliveries of a webhook, read from its delivery stream. A lane has at most one open first delivery and one open redelivery, so
 * the events of a delivery are near each other: a page is one part of the stream, and needs no table.
 */

import type { Recorded } from '../domain/event.js';
import type { LogFormat } from '../domain/formats/index.js';
import type { Attempt, Purpose } from '../domain/lane/attempt.js';
import type { LoginRange } from '../domain/login-range.js';
import type { StreamName } from '../domain/stream.js';
import { streamId, streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';

export const deliveryStates = ['IN_PROGRESS', 'DELIVERED', 'SPLIT', 'ABANDONED', 'SUPERSEDED'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** `retryDueAt` (ms): when the next attempt is due; null if none is. */
export type DeliveryAttempt = Attempt & {
  webhookId: string;
  delivered: boolean;
  retryDueAt: number | null;
  position: number;
};

export interface Delivery extends LoginRange {
  id: string;
  webhookId: string;
  /** The version of its first event in the delivery stream. Pages are in this order. */
  version: number;
  /** The position of its first event. */
  position: number;
  destinationId: string;
  logFormat: LogFormat;
  purpose: Purpose;
  /** The webhook that sent the batch, if the webhook of the logins was removed. */
  throughWebhookId?: string;
  state: DeliveryState;
  startedAt: number;
  endedAt: number | null;
  attempts: DeliveryAttempt[];
}

/** At most `limit` deliveries between two versions (exclusive), newest first unless `inverted`. */
export interface DeliveryPage {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
  inverted: boolean;
}

/** Events read at a time. */
const CHUNK_EVENTS = 256;

export function deliveriesOf(webhookId: string, page: DeliveryPage, log: LogReader): Delivery[] {
  const stream: StreamName = streamOf('delivery', webhookId);
  const last = log.lastVersion(stream);
  const events = page.inverted
    ? forwards(log, stream, page.before ?? log.horizon(stream).version + 1, last, page.limit)
    : backwards(log, stream, (page.after ?? last + 1) - 1, page.limit);
  const deliveries = fold([...events, ...endsAfter(events, log, stream, last)]).filter(
    ({ version }) => version < (page.after ?? Infinity) && version > (page.before ?? 0),
  );
  return page.inverted ? deliveries.slice(0, page.limit) : deliveries.reverse().slice(0, page.limit);
}

/** Reads backwards from a version until `count` deliveries have started, or to the horizon. */
function backwards(log: LogReader, stream: StreamName, from: number, count: number): Recorded[] {
  const events: Recorded[] = [];
  const horizon = log.horizon(stream).version;
  let started = 0;
  for (let last = from; last > horizon && started < count; last -= CHUNK_EVENTS) {
    const chunk = log.range(stream, Math.max(1, last - CHUNK_EVENTS + 1), last);
    started += chunk.filter(isStart).length;
    events.unshift(...chunk);
  }
  return events;
}

/** Reads forwards from a version until at least `count` + 2 deliveries have started, or to the end of the stream. */
function forwards(log: LogReader, stream: StreamName, from: number, last: number, count: number): Recorded[] {
  const events: Recorded[] = [];
  let started = 0;
  for (let first = from; first <= last && started <= count + 1; first += CHUNK_EVENTS) {
    const chunk = log.range(stream, first, first + CHUNK_EVENTS - 1);
    started += chunk.filter(isStart).length;
    events.push(...chunk);
  }
  return events;
}

/** The later events of the deliveries that started in `events`, until all of them have ended or the stream ends. */
function endsAfter(events: readonly Recorded[], log: LogReader, stream: StreamName, last: number): Recorded[] {
  const open = new Set<string>();
  const track = (event: Recorded) => {
    if (event.type === 'BatchStarted') open.add(event.data.deliveryId);
    else if (isEnd(event)) open.delete(String(event.data.deliveryId));
  };
  for (const event of events) track(event);
  const later: Recorded[] = [];
  let first = (events.at(-1)?.version ?? last) + 1;
  for (; open.size && first <= last; first += CHUNK_EVENTS) {
    for (const event of log.range(stream, first, first + CHUNK_EVENTS - 1)) {
      if (event.type === 'BatchStarted') continue;
      later.push(event);
      track(event);
    }
  }
  return later;
}

const isStart = (event: Recorded) => event.type === 'BatchStarted';

type EndEvent = Extract<
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
const isEnd = (event: Recorded): event is EndEvent =>
  /^(BatchDelivered|BatchSplit|BatchAbandoned|DeliverySuperseded|LoginsUndelivered|LoginsExpired)$/.test(event.type);

/** The deliveries that started in a part of a delivery stream, oldest first. Ignores events of deliveries that started before. */
function fold(events: readonly Recorded[]): Delivery[] {
  const deliveries = new Map<string, Delivery>();
  for (const event of events) {
    switch (event.type) {
      case 'BatchStarted': {
        const { deliveryId: id, line: _, signingKeyId: __, purpose = 'FIRST', ...batch } = event.data;
        const { version, position, recordedAt: startedAt } = event;
        const webhookId = streamId(event.stream);
        const progress = { state: 'IN_PROGRESS', endedAt: null, attempts: [] } satisfies Partial<Delivery>;
        deliveries.set(id, { ...batch, id, webhookId, purpose, version, position, startedAt, ...progress });
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
    webhookId: streamId(event.stream),
    ...(isDelivered && { phase: 'BODY' }),
    delivered: isDelivered,
    retryDueAt: event.type === 'RetryScheduled' ? event.data.retryDueAt : null,
    position: event.position,
  };
}
