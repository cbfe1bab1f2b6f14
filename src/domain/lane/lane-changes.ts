/** Small changes of a lane, which events share. */

import { type LoginRange, MAX_BATCH_LINES } from '../login-range.js';
import type { Lane, OpenDelivery } from './lane.js';
import { type Narrowing, remaining } from './narrowing.js';

function withoutWarning(lane: Lane): Lane {
  return { ...lane, health: { ...lane.health, warning: null } };
}

/** The lane as if its destination had never failed. */
export function healthy(lane: Lane): Lane {
  const noneAbandoned = { abandonedInARow: 0, nextBatchDueAt: null };
  return {
    ...lane,
    first: { ...lane.first, ...noneAbandoned },
    redelivery: { ...lane.redelivery, ...noneAbandoned, recovering: true, failedProbes: 0, probeDueAt: null },
    health: { ...lane.health, failing: false, consecutiveFailures: 0 },
    rejectedLines: [],
  };
}

/** The lane as if its destination had never answered. */
export const withoutAnswers = (lane: Lane): Lane => withoutWarning(notNarrowing(healthy(lane)));

/** The lane without the memory of rejected batches. */
export function notNarrowing(lane: Lane): Lane {
  const { first, redelivery } = lane;
  return {
    ...lane,
    rejectedLines: [],
    first: { ...first, narrowing: null },
    redelivery: { ...redelivery, narrowing: null },
  };
}

/** The lane after a delivery, which may be a part of a narrowing, succeeded: the receiver does not reject everything. */
export function taken(lane: Lane, delivery: OpenDelivery | null): Lane {
  const left = (narrowing: Narrowing | null) => narrowing && { ...narrowing, taken: true };
  const { first, redelivery } = lane;
  const isFirst = delivery?.purpose === 'FIRST';
  return {
    ...lane,
    first: { ...first, narrowing: left(isFirst ? remaining(first.narrowing, delivery) : first.narrowing) },
    redelivery: {
      ...redelivery,
      narrowing: left(isFirst ? redelivery.narrowing : remaining(redelivery.narrowing, delivery)),
    },
  };
}

/** The lane with the batch size that it had before any batch was too large or abandoned. */
export function withFullBatches(lane: Lane): Lane {
  return { ...lane, batch: { ...lane.batch, limit: MAX_BATCH_LINES, batchesBeforeGrowth: 0 } };
}

export function counted(lane: Lane, more: Partial<Lane['totals']>): Lane {
  const { delivered, undelivered, discarded } = lane.totals;
  return {
    ...lane,
    totals: {
      delivered: delivered + (more.delivered ?? 0),
      undelivered: undelivered + (more.undelivered ?? 0),
      discarded: discarded + (more.discarded ?? 0),
    },
  };
}

/** Replaces an open delivery by another state of it, or removes it (null). */
export const withOpen = (lane: Lane, delivery: OpenDelivery, open: OpenDelivery | null): Lane =>
  withSending(lane, delivery, { open });

export const sendingOf = (lane: Lane, { purpose }: OpenDelivery): Lane['first'] =>
  purpose === 'FIRST' ? lane.first : lane.redelivery;

/** Changes the first deliveries or the redeliveries of a lane: those to which a delivery belongs. */
export function withSending(lane: Lane, { purpose }: OpenDelivery, change: Partial<Lane['first']>): Lane {
  return purpose === 'FIRST'
    ? { ...lane, first: { ...lane.first, ...change } }
    : { ...lane, redelivery: { ...lane.redelivery, ...change } };
}

/** The lane after a delivery ended. After a first delivery the cursor moves past it, and past skipped logins that follow. */
export function closed(lane: Lane, delivery: OpenDelivery | null): Lane {
  if (!delivery) return lane;
  const ended = withOpen(lane, delivery, null);
  if (delivery.purpose !== 'FIRST') return ended;
  return advance({ ...ended, backlog: { ...lane.backlog, cursor: delivery.lastVersion } });
}

export function skip(lane: Lane, { firstVersion, lastVersion }: LoginRange): Lane {
  const skipped = [...lane.backlog.skipped, { firstVersion, lastVersion }];
  skipped.sort((a, b) => a.firstVersion - b.firstVersion);
  return advance({ ...lane, backlog: { ...lane.backlog, skipped } });
}

function advance(lane: Lane): Lane {
  const { backlog } = lane;
  const [next, ...later] = backlog.skipped;
  if (!next || lane.first.open || next.firstVersion !== backlog.cursor + 1) return lane;
  return advance({ ...lane, backlog: { ...backlog, cursor: next.lastVersion, skipped: later } });
}
