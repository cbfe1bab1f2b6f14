/** How each event changes a lane. */

import type { Recorded } from '../event.js';
import { loginCount } from '../login-range.js';
import { evolve as evolveReplay, type ReplayEvent } from '../replay.js';
import type { UndeliveredEvent } from '../undelivered.js';
import type { WebhookEvent } from '../webhook.js';
import { afterAbandonment, afterDelivery, afterSplit, healthAfter } from './after-attempt.js';
import type { DeliveryEvent } from './events.js';
import { type Lane, laneFrom, type OpenDelivery, openDelivery } from './lane.js';
import {
  closed,
  counted,
  sendingOf,
  skip,
  withFullBatches,
  withOpen,
  withoutAnswers,
  withSending,
} from './lane-changes.js';
import { continued } from './narrowing.js';
import { fromSnapshot } from './snapshot.js';

export type LaneEvent = WebhookEvent | DeliveryEvent | UndeliveredEvent | ReplayEvent;

export function evolve(lane: Lane, event: LaneEvent | Recorded<LaneEvent>): Lane {
  switch (event.type) {
    case 'WebhookCreated':
      return laneFrom(event.data.loginsThrough);
    case 'WebhookRenamed':
      return lane;
    case 'WebhookConfigured': {
      const { destinationId, enabled, loginsThrough } = event.data;
      const isMoved = lane.webhook?.destinationId !== destinationId;
      const dueThrough = enabled ? null : (lane.backlog.dueThrough ?? loginsThrough);
      return {
        ...(isMoved ? withFullBatches(withoutAnswers(lane)) : lane),
        webhook: { destinationId, enabled },
        backlog: { ...lane.backlog, dueThrough },
      };
    }
    case 'WebhookRemoved': {
      const dueThrough = lane.backlog.dueThrough ?? event.data.loginsThrough;
      return { ...withoutAnswers(lane), webhook: null, backlog: { ...lane.backlog, dueThrough } };
    }
    case 'BatchStarted': {
      const startedPosition = 'position' in event ? event.position : 0;
      const { purpose = 'FIRST' } = event.data;
      const delivery = { ...event.data, purpose, startedPosition, failedAttempts: 0, retryDueAt: null };
      const narrowing = continued(sendingOf(lane, delivery).narrowing, delivery);
      const started = withSending(lane, delivery, { open: delivery, narrowing });
      return { ...started, lastStarted: purpose === 'PROBE' ? 'RECOVERY' : purpose };
    }
    case 'BatchDelivered':
      return afterDelivery(lane, event.data);
    case 'RetryScheduled': {
      const { attemptNumber: failedAttempts, retryDueAt } = event.data;
      const delivery = openDelivery(lane, event.data.deliveryId);
      const attempted = { ...lane, health: healthAfter(lane, event.data, true) };
      return delivery ? withOpen(attempted, delivery, { ...delivery, failedAttempts, retryDueAt }) : attempted;
    }
    case 'BatchSplit':
      return afterSplit(lane, event.data);
    case 'BatchAbandoned':
      return afterAbandonment(lane, event.data);
    case 'DeliverySuperseded': {
      const delivery = openDelivery(lane, event.data.deliveryId);
      return delivery ? withOpen(lane, delivery, null) : lane;
    }
    case 'LoginsSkipped':
      return skip(lane, event.data);
    case 'LaneSnapshotted':
      // Earlier events may be pruned, so the lane is read from the snapshot.
      return fromSnapshot(event.data.snapshot);
    case 'LoginsExpired': {
      const { undelivered, deliveryId, ...range } = event.data;
      const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId);
      // Undelivered ranges and redeliveries are before the cursor, or do not move it.
      const isFirst = delivery ? delivery.purpose === 'FIRST' : undelivered === 0;
      const ended = isFirst && !delivery ? skip(lane, range) : closed(lane, delivery);
      return counted(ended, { undelivered: -undelivered, discarded: isFirst ? loginCount(range) : undelivered });
    }
    case 'LoginsUndelivered': {
      const { deliveryId, ...range } = event.data;
      const ended = deliveryId ? closed(lane, openDelivery(lane, deliveryId)) : skip(lane, range);
      return counted(ended, { undelivered: loginCount(range) });
    }
    case 'RedeliveryRequested':
      return withoutWaits(lane);
    case 'LoginsDiscarded': {
      const discarded = event.data.ranges.reduce((count, range) => count + loginCount(range), 0);
      return counted(lane, { undelivered: -discarded, discarded });
    }
    case 'ReplayRequested':
    case 'ReplayStarted':
      return { ...lane, replay: evolveReplay(lane.replay, event) };
    case 'ReplayCompleted':
    case 'ReplayFailed':
    case 'ReplayCancelled': {
      const ended = { ...lane, replay: evolveReplay(lane.replay, event) };
      const { narrowing } = lane.redelivery;
      return narrowing?.purpose === 'REPLAY'
        ? { ...ended, redelivery: { ...ended.redelivery, narrowing: null } }
        : ended;
    }
    default:
      return event satisfies never;
  }
}

/** A redelivery that a person requests does not wait because of earlier failures, nor does what is sent before it. */
function withoutWaits(lane: Lane): Lane {
  const atOnce = (open: OpenDelivery | null) => open && { ...open, retryDueAt: null };
  const { first, redelivery } = lane;
  return {
    ...lane,
    first: { ...first, open: atOnce(first.open) },
    redelivery: { ...redelivery, open: atOnce(redelivery.open), abandonedInARow: 0, nextBatchDueAt: null },
  };
}
