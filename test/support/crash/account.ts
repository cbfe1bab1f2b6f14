/** What became of the logins of servers that were killed, from what a receiver saw and what the data directory holds. */

import type { Recorded } from '../../../src/domain/event.js';
import type { UndeliveredRow } from '../../../src/projections/undelivered-ranges.js';
import type { Received } from '../receiver/receiver.js';
import type { Sent } from './load.js';
import { purposeOf } from './moods.js';
import { field, groupBy, lifeOf } from './repeats.js';
import type { Tables } from './tables.js';

export interface Account {
  /** Acknowledged logins that were neither delivered nor are listed as undelivered. */
  lost: Sent[];
  /** Deliveries that were taken more than once, by the processes that sent them. */
  repeats: {
    deliveryId: string;
    purpose: string;
    lives: number[];
    lines: number;
    isSame: boolean;
    wasInFlight: boolean;
  }[];
  /** Lines that were taken in several deliveries although nobody had asked for a replay. */
  again: string[];
  /** Lines of first deliveries that arrived behind a later one of their portal. */
  disordered: string[];
  /** Replays that the log has as completed, and what they should have sent but did not. */
  replays: { completed: number; missing: number };
  undelivered: Record<string, number>;
}

interface Given {
  sent: readonly Sent[];
  received: readonly Received[];
  accepted: readonly Received[];
  /** Every event that was ever committed. */
  archive: readonly Recorded[];
  kept: Tables;
}

export function accountOf(given: Given): Account {
  const { sent, accepted, archive, kept } = given;
  const delivered = new Set(accepted.flatMap(({ lines }) => lines.map(traceIdOf)));
  const rows = (kept['undelivered'] ?? []).map((row) => JSON.parse(row) as UndeliveredRow);
  const listed = listedIn([...rows, ...discardedIn(archive)], archive);
  const lost = sent.filter(
    ({ acknowledged }) => acknowledged && !delivered.has(acknowledged.traceId) && !listed.has(acknowledged.traceId),
  );
  const undelivered: Record<string, number> = {};
  for (const { state, firstVersion, lastVersion } of rows) {
    undelivered[state] = (undelivered[state] ?? 0) + lastVersion - firstVersion + 1;
  }
  return {
    lost,
    repeats: repeatsOf(given),
    again: takenAgain(accepted),
    disordered: disorderedIn(given),
    replays: replaysOf(archive, accepted),
    undelivered,
  };
}

const traceIdOf = (line: string) => field(line, 'trace_id');

/** What a server wrote down of each event in its transaction; of one that was never committed, the next took the position. */
export function readArchive(lines: string): Recorded[] {
  const events = lines.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Recorded] : []));
  const byPosition = new Map(events.map((event) => [event.position, event]));
  return [...byPosition.values()].sort((one, other) => one.position - other.position);
}

type Range = Pick<UndeliveredRow, 'portalId' | 'firstVersion' | 'lastVersion'>;

/** Those that are not retained any more, too. */
function discardedIn(archive: readonly Recorded[]): Range[] {
  return archive.flatMap((event) =>
    event.type === 'LoginsDiscarded'
      ? event.data.ranges.map((range) => ({ ...range, portalId: event.stream.slice('undelivered-'.length) }))
      : [],
  );
}

/** The logins in the list of the undelivered. */
function listedIn(rows: readonly Range[], events: readonly Recorded[]): Set<string> {
  const ofPortal = groupBy(rows, ({ portalId }) => `login-${portalId}`);
  const isListed = ({ stream, version }: Recorded) =>
    ofPortal.get(stream)?.some(({ firstVersion, lastVersion }) => firstVersion <= version && version <= lastVersion);
  return new Set(
    events.flatMap((event) => (event.type === 'LoginRecorded' && isListed(event) ? [event.data.traceId] : [])),
  );
}

function repeatsOf({ received, accepted }: Given): Account['repeats'] {
  const byDelivery = groupBy(accepted, ({ deliveryId }) => deliveryId);
  return [...byDelivery.values()].flatMap((batches) => {
    const [first] = batches;
    if (!first || batches.length === 1) return [];
    const { deliveryId, text, lines } = first;
    const lives = batches.map(lifeOf);
    const isSame = received.every((batch) => batch.deliveryId !== deliveryId || batch.text === text);
    // Nothing of this portal came from the process after the batch, and another one sent it again.
    const wasInFlight = batches.every(
      (batch, index) =>
        index === batches.length - 1 || (isLastOfLife(batch, received) && lives[index] !== lives[index + 1]),
    );
    return [{ deliveryId, purpose: purposeOf(first), lives, lines: lines.length, isSame, wasInFlight }];
  });
}

function isLastOfLife(batch: Received, received: readonly Received[]): boolean {
  const portalId = portalOf(batch);
  const last = received.findLast((other) => lifeOf(other) === lifeOf(batch) && portalOf(other) === portalId);
  return last === batch;
}

const portalOf = ({ text }: Received) => field(text, 'portal_id');

function takenAgain(accepted: readonly Received[]): string[] {
  const by = new Map<string, string>();
  const again: string[] = [];
  for (const batch of accepted) {
    if (purposeOf(batch) === 'REPLAY') continue;
    for (const traceId of batch.lines.map(traceIdOf)) {
      const before = by.get(traceId);
      if (before !== undefined && before !== batch.deliveryId) again.push(traceId);
      by.set(traceId, batch.deliveryId);
    }
  }
  return again;
}

function disorderedIn({ archive, received }: Given): string[] {
  const positions = new Map(
    archive.flatMap((event) => (event.type === 'LoginRecorded' ? [[event.data.traceId, event.position] as const] : [])),
  );
  const furthest = new Map<string, number>();
  const seen = new Set<string>();
  const disordered: string[] = [];
  for (const batch of received) {
    if (purposeOf(batch) !== 'FIRST') continue;
    const portalId = portalOf(batch);
    for (const traceId of batch.lines.map(traceIdOf)) {
      if (seen.has(traceId)) continue;
      seen.add(traceId);
      const position = positions.get(traceId) ?? 0;
      if (position <= (furthest.get(portalId) ?? 0)) disordered.push(traceId);
      furthest.set(portalId, position);
    }
  }
  return disordered;
}

function replaysOf(events: readonly Recorded[], accepted: readonly Received[]): Account['replays'] {
  const taken = new Set(accepted.map(({ deliveryId }) => deliveryId));
  const jobs = new Map<string, { left: number }>();
  const current = new Map<string, string>();
  const parts = new Map<string, { jobId: string; size: number }>();
  let [completed, missing] = [0, 0];
  for (const event of events) {
    const portalId = event.stream.slice(event.stream.indexOf('-') + 1);
    if (event.type === 'ReplayStarted') {
      jobs.set(event.data.jobId, { left: event.data.total });
      current.set(portalId, event.data.jobId);
    } else if (event.type === 'BatchStarted' && event.data.purpose === 'REPLAY') {
      const { deliveryId, firstVersion, lastVersion } = event.data;
      parts.set(deliveryId, { jobId: current.get(portalId) ?? '', size: lastVersion - firstVersion + 1 });
    } else if (
      event.type === 'BatchDelivered' ||
      (event.type === 'BatchAbandoned' && event.data.reason === 'TOO_LARGE')
    ) {
      const part = parts.get(event.data.deliveryId);
      const job = part && jobs.get(part.jobId);
      if (part && job && (event.type === 'BatchAbandoned' || taken.has(event.data.deliveryId))) job.left -= part.size;
    } else if (event.type === 'ReplayCompleted') {
      completed += 1;
      missing += Math.abs(jobs.get(event.data.jobId)?.left ?? 0);
    }
  }
  return { completed, missing };
}
