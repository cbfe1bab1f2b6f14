/**
 * What happened to the logins of servers that were killed. The account of the events gives the state of each login; this file
 * compares it with the answers to the portals, the batches that the receiver accepted, and the data directory.
 */
import type { Recorded } from '../../../src/domain/event.js';
import type { UndeliveredRow } from '../../../src/projections/undelivered-ranges.js';
import { type Account, createAccount } from '../account/account.js';
import { checkList } from '../account/undelivered-list.js';
import type { Received } from '../receiver/receiver.js';
import type { Sent } from './load.js';
import { field, groupBy, processOf } from './repeats.js';
import type { Tables } from './tables.js';
import { purposeOf } from './unreliable-receiver.js';

export interface CrashAccount {
  /** The rules that the events or the list of undelivered ranges break. */
  violations: string[];
  /** Acknowledged logins that the receiver did not accept and that are not undelivered or discarded. */
  lost: Sent[];
  /** Deliveries that are delivered in the log, but that the receiver did not accept. */
  notAccepted: string[];
  /** Deliveries that the receiver accepted more than once, with the numbers of the processes that sent them. */
  repeats: {
    deliveryId: string;
    purpose: string;
    processes: number[];
    lines: number;
    isSame: boolean;
    wasInFlight: boolean;
  }[];
  /** Lines that the receiver accepted in several deliveries, without a replay. */
  acceptedAgain: string[];
  /** Lines of first deliveries that arrived after a later login of their portal, by webhook. */
  disordered: string[];
  /** Completed replays, and how many logins they missed or sent too often. */
  replays: { completed: number; missing: number };
  /** Logins in the list of undelivered ranges, by state; those that need action by their reason. */
  undelivered: Record<string, number>;
}

interface Observed {
  sent: readonly Sent[];
  received: readonly Received[];
  accepted: readonly Received[];
  /** Every event that was ever committed. */
  archive: readonly Recorded[];
  kept: Tables;
  /** The age before which no due login may expire, in ms. */
  undeliveredAgeMs: number;
  /** The path of the receiver to which each webhook sends, by the id of the webhook; the others send to `/`. */
  paths?: ReadonlyMap<string, string>;
}

export function crashAccountOf(observed: Observed): CrashAccount {
  const { accepted, archive, kept, undeliveredAgeMs } = observed;
  const violations: string[] = [];
  const report = (invariant: string, message: string) => void violations.push(`${invariant}: ${message}`);
  const account = createAccount(report, { undeliveredAgeMs });
  for (const event of archive) account.apply(event);
  const rows = (kept['undelivered'] ?? []).map((row) => JSON.parse(row) as UndeliveredRow);
  const byWebhook = groupBy(rows, ({ webhookId }) => webhookId);
  for (const lane of account.lanes.values()) {
    const ranges = byWebhook.get(lane.webhookId) ?? [];
    checkList(
      report,
      lane,
      ranges.toSorted((one, other) => one.lastVersion - other.lastVersion),
    );
  }
  const undelivered: Record<string, number> = {};
  for (const { state, reason, firstVersion, lastVersion } of rows) {
    const key = state === 'NEEDS_ACTION' ? reason : state;
    undelivered[key] = (undelivered[key] ?? 0) + lastVersion - firstVersion + 1;
  }
  return {
    violations,
    lost: lostOf(observed, account),
    notAccepted: notAccepted(account, accepted),
    repeats: repeatsOf(observed),
    acceptedAgain: acceptedAgain(accepted),
    disordered: disorderedIn(observed, account),
    replays: replaysOf(account),
    undelivered,
  };
}

const traceIdOf = (line: string) => field(line, 'trace_id');

/**
 * The events that servers wrote to a file inside their transactions. If a transaction was not committed, a later event took
 * its position, and counts.
 */
export function readArchive(lines: string): Recorded[] {
  const events = lines.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Recorded] : []));
  const byPosition = new Map(events.map((event) => [event.position, event]));
  return [...byPosition.values()].sort((one, other) => one.position - other.position);
}

/** Acknowledged logins that some webhook of their portal neither brought to the receiver nor lists as undelivered or discarded. */
function lostOf({ sent, accepted, paths }: Observed, account: Account): Sent[] {
  const arrived = new Set(
    accepted.flatMap((batch) => batch.lines.map((line) => `${pathOf(batch)} ${traceIdOf(line)}`)),
  );
  const lost = new Set<string>();
  for (const { webhookId, states, traceIds } of account.lanes.values()) {
    for (const [index, state] of states.entries()) {
      const traceId = traceIds[index] ?? '';
      const isListed = state === 'undelivered' || state === 'discarded';
      if (!isListed && !arrived.has(`${paths?.get(webhookId) ?? '/'} ${traceId}`)) lost.add(traceId);
    }
  }
  return sent.filter(({ acknowledged }) => acknowledged && lost.has(acknowledged.traceId));
}

function notAccepted(account: Account, accepted: readonly Received[]): string[] {
  const ids = new Set(accepted.map(({ deliveryId }) => deliveryId));
  return [...account.deliveries.all.values()].flatMap(({ state, deliveryId }) =>
    state === 'delivered' && !ids.has(deliveryId) ? [deliveryId] : [],
  );
}

function repeatsOf({ received, accepted }: Observed): CrashAccount['repeats'] {
  const byDelivery = groupBy(accepted, ({ deliveryId }) => deliveryId);
  return [...byDelivery.values()].flatMap((batches) => {
    const [first] = batches;
    if (!first || batches.length === 1) return [];
    const { deliveryId, text, lines } = first;
    const processes = batches.map(processOf);
    const isSame = received.every((batch) => batch.deliveryId !== deliveryId || batch.text === text);
    // The process sent nothing else of this portal after the batch, and another process repeated it.
    const wasInFlight = batches.every(
      (batch, index) =>
        index === batches.length - 1 || (isLastOfProcess(batch, received) && processes[index] !== processes[index + 1]),
    );
    return [{ deliveryId, purpose: purposeOf(first), processes, lines: lines.length, isSame, wasInFlight }];
  });
}

function isLastOfProcess(batch: Received, received: readonly Received[]): boolean {
  const lane = laneOf(batch);
  return batch === received.findLast((other) => processOf(other) === processOf(batch) && laneOf(other) === lane);
}

const pathOf = ({ path }: Received) => path.replace(/\?.*/, '');
/** The webhook that sent a batch: each webhook of a portal has a path of its own. */
const laneOf = (batch: Received) => `${field(batch.text, 'portal_id')} ${pathOf(batch)}`;

function acceptedAgain(accepted: readonly Received[]): string[] {
  const deliveryOf = new Map<string, string>();
  const again: string[] = [];
  for (const batch of accepted) {
    if (purposeOf(batch) === 'REPLAY') continue;
    for (const traceId of batch.lines.map(traceIdOf)) {
      const key = `${pathOf(batch)} ${traceId}`;
      const before = deliveryOf.get(key);
      if (before !== undefined && before !== batch.deliveryId) again.push(traceId);
      deliveryOf.set(key, batch.deliveryId);
    }
  }
  return again;
}

function disorderedIn({ received }: Observed, account: Account): string[] {
  const versions = new Map(
    [...account.lanes.values()].flatMap(({ traceIds }) => traceIds.map((traceId, index) => [traceId, index + 1])),
  );
  const furthest = new Map<string, number>();
  const seen = new Set<string>();
  const disordered: string[] = [];
  for (const batch of received) {
    if (purposeOf(batch) !== 'FIRST') continue;
    const lane = laneOf(batch);
    for (const traceId of batch.lines.map(traceIdOf)) {
      if (seen.has(`${lane} ${traceId}`)) continue;
      seen.add(`${lane} ${traceId}`);
      const version = versions.get(traceId) ?? 0;
      if (version <= (furthest.get(lane) ?? 0)) disordered.push(traceId);
      furthest.set(lane, version);
    }
  }
  return disordered;
}

function replaysOf({ replays }: Account): CrashAccount['replays'] {
  const completed = [...replays.jobs.values()].filter(({ state }) => state === 'completed');
  const missing = completed.map(({ total, sent, rejected }) => Math.abs(total - sent - rejected.size));
  return { completed: completed.length, missing: missing.reduce((sum, logins) => sum + logins, 0) };
}
