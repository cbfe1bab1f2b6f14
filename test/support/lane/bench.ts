/** A portal over the real commands and read models, and an engine that takes one step when it is told to. */

import { expect } from 'vitest';
import { createLaneView } from '../../../src/delivery/lane-view.js';
import { createDestination } from '../../../src/domain/destination.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import type { DeliveryCommand } from '../../../src/domain/lane/decide.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane, pending, waiting } from '../../../src/domain/lane/lane.js';
import { type LoginRange, loginCount, overlap } from '../../../src/domain/login-range.js';
import { Refusal } from '../../../src/domain/refusal.js';
import type { ReplayScope } from '../../../src/domain/replay.js';
import { type UndeliveredEvent, undeliveredStates, writeRangeId } from '../../../src/domain/undelivered.js';
import type { CatchUp } from '../../../src/domain/webhook.js';
import { openHandlers } from '../log/commands.js';
import { CAUSE as cause } from '../log/fixture.js';
import { naiveAccount, type Standing } from './account.js';
import { started, success } from './events.js';

/** More steps than all that a portal of these tests holds can take without the clock going on. */
const MAX_STEPS_AT_A_TIME = 5_000;

/** What may happen to a lane, in any order. An engine looks, and later does what it saw fit if it is not killed before. */
export type Action =
  | { do: 'record'; logins: number }
  | { do: 'configure'; destination: 0 | 1 | undefined; enabled: boolean | undefined; catchUp?: CatchUp | undefined }
  | { do: 'remove' }
  | { do: 'change format'; destination: 0 | 1 }
  /** Ranges by their places in the list of all of them. */
  | { do: 'redeliver' | 'discard'; ranges: number[] }
  | { do: 'request replay'; from: number; through: number; scope: ReplayScope }
  | { do: 'cancel replay' }
  /** A step is a look and, at once, what it came to. */
  | { do: 'look' | 'step'; outcome: Outcome; cut: number }
  | { do: 'act' }
  | { do: 'crash' };

export function openBench() {
  const bench = openHandlers();
  const endpoint = 'https://siem.example.com/';
  const destinations = ['A', 'B'].map((name) =>
    bench.handlers.createDestination(createDestination.parse({ name, endpoint }), cause, 0),
  );
  /** What came about: types of events, and purposes of batches. */
  const seen = new Set<string>();
  return { ...bench, destinations, seen };
}
export type Bench = ReturnType<typeof openBench>;

const versionsOf = ({ firstVersion, lastVersion }: LoginRange) =>
  Array.from({ length: lastVersion - firstVersion + 1 }, (_, index) => firstVersion + index);

export function benchPortal({ handlers, models, log, destinations, seen: types }: Bench) {
  const account = naiveAccount();
  const portalId = handlers.registerPortal({ name: 'Portal' }, cause, 0);
  let webhook: { enabled: boolean } | null = null;
  let now = log.after(log.head() - 1, 1)[0]?.recordedAt ?? 0;
  let deliveries = 0;
  let intended: (() => void) | null = null;
  let seen = log.head();
  let folded: Lane = emptyLane;
  const line = { host: 'h', vendor: 'v', product: 'p', version: '1' };
  const view = createLaneView({ log, models, clock: { now: () => now, at: () => () => {} }, line });
  const { undelivered } = models;

  const recordedAt: number[] = [];

  const lane = (): Lane => models.lanes.get(portalId).lane;
  const rows = () => undelivered.page(portalId, undeliveredStates, { limit: 10_000, inverted: false });

  function record(count: number): void {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } as const;
    const texts = { request: '', principalId: '', principalName: '', userAgent: '' };
    now += 1;
    handlers.recordLogins(
      { portalId, logins: Array.from({ length: count }, () => ({ ...login, ...texts, traceId: 't' })), traceIds: [] },
      cause,
      now,
    );
    account.standings.push(...Array.from({ length: count }, (): Standing => (webhook?.enabled ? 'pending' : 'off')));
    recordedAt.push(...Array.from({ length: count }, () => now));
  }

  function configure(destination: 0 | 1 | undefined, enabled: boolean | undefined, catchUp?: CatchUp): void {
    if (!webhook && destination === undefined) return;
    const wasOn = webhook?.enabled ?? false;
    const isOn = enabled ?? wasOn;
    const destinationId = destination === undefined ? undefined : destinations[destination];
    const since = now - 2;
    const how = isOn && !wasOn && catchUp ? { catchUp, since: catchUp === 'SINCE' ? since : undefined } : {};
    handlers.configureWebhook({ portalId, destinationId, enabled, ...how }, cause, now);
    webhook = { enabled: isOn };
    if (!isOn) return;
    follow();
    if (how.catchUp === 'SINCE_LAST_ON') account.catchUp(() => true);
    if (how.catchUp === 'SINCE') account.catchUp((version) => (recordedAt[version - 1] ?? 0) >= since);
  }

  function remove(): void {
    if (!webhook) return;
    handlers.removeWebhook({ portalId }, cause, now);
    webhook = null;
  }

  function changeFormat(destination: 0 | 1): void {
    const id = destinations[destination] ?? '';
    const logFormat = models.destinations.get(id)?.logFormat === 'CEF' ? 'JSON' : 'CEF';
    handlers.updateDestination({ id, logFormat }, cause, now);
  }

  function decide(what: 'redeliver' | 'discard', places: readonly number[]): void {
    const all = rows();
    const ids = places.flatMap((place) => all.slice(place % Math.max(1, all.length)).slice(0, 1)).map(writeRangeId);
    if (!ids.length) return;
    orRefused(() => {
      if (what === 'redeliver') handlers.redeliver({ ids }, cause, now);
      else handlers.discardUndelivered({ ids, reason: 'not needed' }, cause, now);
    });
  }

  function requestReplay(from: number, through: number, scope: ReplayScope): void {
    const [startAt, endAt] = [now - Math.max(from, through), now - Math.min(from, through)];
    orRefused(() => handlers.requestReplay({ portalId, startAt, endAt, scope }, cause, now));
  }

  const advance = (command: DeliveryCommand) => () => void handlers.advanceDelivery({ portalId, command }, cause, now);

  /** What an engine would do now; a batch may hold fewer logins than it might, for its size in bytes is limited. */
  function intention(outcome: Outcome, cut: number): (() => void) | null {
    const { step, destination } = view.nextStep(portalId);
    switch (step.type) {
      case 'IDLE':
        return null;
      case 'WAIT':
        expect(step.until, 'what is waited for is to come').toBeGreaterThan(now);
        now = step.until;
        return null;
      case 'START': {
        const { firstVersion, lastVersion } = step.range;
        deliveries += 1;
        const last = Math.max(firstVersion, lastVersion - cut);
        const { id: destinationId = '', logFormat = 'CEF' } = destination ?? {};
        const to = { destinationId, logFormat, purpose: step.purpose };
        const batch = started(`${portalId}/${deliveries}`, firstVersion, last, to);
        return advance({ type: 'StartBatch', batch: batch.data });
      }
      case 'ATTEMPT': {
        const { deliveryId, failedAttempts } = step.delivery;
        expect(failedAttempts, 'five attempts at most').toBeLessThan(5);
        const ended: Outcome = { ...outcome, attemptedAt: now, durationMs: 0 };
        const attempt = failedAttempts + 1;
        return advance({ type: 'RecordOutcome', deliveryId, attemptNumber: attempt, outcome: ended, random: 0 });
      }
      case 'SUPERSEDE':
        return advance({ type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
      case 'ABANDON':
        return advance({ type: 'AbandonDelivery', deliveryId: step.delivery.deliveryId });
      case 'START_REPLAY':
        return () => handlers.startReplay({ portalId }, cause, now);
      case 'FINISH_REPLAY':
        return () => handlers.finishReplay({ portalId }, cause, now);
      default:
        return step satisfies never;
    }
  }

  function act(): void {
    intended?.();
    intended = null;
  }

  function perform(next: Action): void {
    if (next.do === 'record') record(next.logins);
    if (next.do === 'configure') configure(next.destination, next.enabled, next.catchUp);
    if (next.do === 'remove') remove();
    if (next.do === 'change format') changeFormat(next.destination);
    if (next.do === 'redeliver' || next.do === 'discard') decide(next.do, next.ranges);
    if (next.do === 'request replay') requestReplay(next.from, next.through, next.scope);
    if (next.do === 'cancel replay') orRefused(() => handlers.cancelReplay({ portalId }, cause, now));
    if (next.do === 'step') act();
    if (next.do === 'look' || next.do === 'step') intended ??= intention(next.outcome, next.cut);
    if (next.do === 'act' || next.do === 'step') act();
    if (next.do === 'crash') intended = null;
  }

  /** Applies what was recorded since to the naive account. */
  function follow(): void {
    for (const event of log.after(seen, Number.MAX_SAFE_INTEGER)) {
      seen = event.position;
      types.add(event.type === 'BatchStarted' ? (event.data.purpose ?? 'FIRST') : event.type);
      if (!isOfLane(event)) continue;
      const { cursor } = folded.backlog;
      folded = evolve(folded, event);
      expect(folded.backlog.cursor, 'the cursor never goes back').toBeGreaterThanOrEqual(cursor);
      if (isOfAccount(event)) account.apply(event, folded.replay?.jobId);
    }
  }

  /** Compares the lane and the list with the naive account. */
  function check(): void {
    follow();
    const lastLogin = account.standings.length;
    expect(lane()).toEqual(folded);
    expect(pending(folded, lastLogin)).toBe(account.count('pending'));
    expect(waiting(folded, lastLogin).flatMap(versionsOf)).toEqual(account.pendingOutside());
    expect(account.standings.slice(0, folded.backlog.cursor), 'all up to the cursor is done with').not.toContain(
      'pending',
    );
    expect(folded.totals.delivered).toBe(account.count('delivered'));
    if (webhook?.enabled) expect(account.count('off')).toBe(0);
    checkList();
    checkReplay();
  }

  function checkList(): void {
    const all = rows();
    const discarded = all.filter(({ state }) => state === 'DISCARDED');
    const listed = all.filter(({ state }) => state !== 'DISCARDED');
    expect(listed.flatMap(versionsOf)).toEqual(account.versions('undelivered'));
    expect(discarded.flatMap(versionsOf)).toEqual(account.versions('discarded'));
    expect(folded.totals.undelivered).toBe(account.count('undelivered'));
    expect(folded.totals.discarded).toBe(account.count('discarded'));
    expect(undelivered.needsActionTotal(portalId)).toBe(
      listed.reduce((sum, row) => sum + (row.state === 'NEEDS_ACTION' ? loginCount(row) : 0), 0),
    );
    const { open: side } = folded.redelivery;
    if (side && /RECOVERY|PROBE/.test(side.purpose)) {
      expect(listed.filter((row) => overlap(row, side)).length, 'a recovery is of one range').toBe(1);
    }
  }

  function checkReplay(): void {
    const { replay } = folded;
    if (!replay) return;
    const sent = replay.sent + replay.refused;
    // What was in flight when a job was ended may have been taken all the same.
    if (replay.status === 'CANCELLED' || replay.status === 'FAILED') {
      expect(sent).toBeLessThanOrEqual(account.replayed(replay.jobId));
    } else {
      expect(sent).toBe(account.replayed(replay.jobId));
    }
    if (replay.status === 'COMPLETED' && replay.scope === 'ALL') expect(sent).toBe(replay.total);
  }

  /** Lets the engine go on, with a receiver that answers everything so, until nothing is left to do or a time (ms) is reached. */
  function drain(outcome: Outcome = success, until = Number.POSITIVE_INFINITY): void {
    for (let [time, steps] = [now, 0]; now <= until; steps += 1) {
      expect(steps, 'steps without the clock going on').toBeLessThan(MAX_STEPS_AT_A_TIME);
      act();
      // All of it at times: what a portal holds is looked through each time.
      if (steps % 25) follow();
      else check();
      const before = now;
      intended = intention(outcome, 0);
      if (now !== time) [time, steps] = [now, 0];
      if (!intended && before === now) break;
    }
    check();
  }

  return { perform, check, drain, configure, remove, lane, rows, account, now: () => now };
}

function orRefused(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function isOfLane(event: Recorded): event is Recorded<LaneEvent> {
  return /^(webhook|delivery|undelivered|replay)-/.test(event.stream);
}

function isOfAccount(event: Recorded): event is Recorded<DeliveryEvent | UndeliveredEvent> {
  return /^(delivery|undelivered)-/.test(event.stream);
}
