/**
 * A portal over the real commands and read models, without an engine: the test decides when the next step of the lane is read,
 * and when it is executed.
 */
import { expect } from 'vitest';
import { createDestination } from '../../../src/delivery/kinds/input.js';
import { createLaneView } from '../../../src/delivery/lane-view.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import type { DeliveryCommand } from '../../../src/domain/lane/decide.js';
import { evolve, type LaneEvent } from '../../../src/domain/lane/evolve.js';
import { emptyLane, type Lane, pending, waiting } from '../../../src/domain/lane/lane.js';
import { type LoginRange, loginCount, overlap } from '../../../src/domain/login-range.js';
import { Refusal } from '../../../src/domain/refusal.js';
import type { ReplayScope } from '../../../src/domain/replay.js';
import { undeliveredStates, writeRangeId } from '../../../src/domain/undelivered.js';
import type { CatchUp } from '../../../src/domain/webhook.js';
import { createAccount } from '../account/account.js';
import { emptyLaneAccount, type LoginState, versionsIn, versionsOf } from '../account/lane.js';
import { checkList } from '../account/undelivered-list.js';
import { batchStarted, success } from '../domain/events.js';
import { openHandlers } from '../log/commands.js';
import { CAUSE } from '../log/fixture.js';

/** More steps than a portal of these tests can take without time passing. */
const MAX_STEPS_AT_A_TIME = 5_000;

/** What can happen to a lane, in any order. The engine reads its next step, and executes it later unless it crashes before. */
export type Action =
  | { do: 'record'; logins: number }
  | { do: 'configure'; destination: 0 | 1 | undefined; enabled: boolean | undefined; catchUp?: CatchUp | undefined }
  | { do: 'remove' }
  | { do: 'change format'; destination: 0 | 1 }
  /** `ranges`: indexes in the list of undelivered ranges. */
  | { do: 'redeliver' | 'discard'; ranges: number[] }
  | { do: 'request replay'; from: number; through: number; scope: ReplayScope }
  | { do: 'cancel replay' }
  /** `step` reads the next step and executes it at once. */
  | { do: 'read' | 'step'; outcome: Outcome; cut: number }
  | { do: 'execute' }
  | { do: 'crash' };

export function openBench() {
  const handlers = openHandlers();
  const endpoint = 'https://siem.example.com/';
  const destinations = ['A', 'B'].map((name) =>
    handlers.handlers.createDestination(createDestination.parse({ name, endpoint }), CAUSE, 0),
  );
  const violations: string[] = [];
  const account = createAccount((invariant, message) => violations.push(`${invariant}: ${message}`));
  /** Types of all events, and purposes of all batches. */
  const seen = new Set<string>();
  return { ...handlers, destinations, account, violations, seen };
}
export type Bench = ReturnType<typeof openBench>;

export function benchPortal({ handlers, models, log, destinations, account, violations, seen }: Bench) {
  // The run of the portal before may have failed: its violations are not those of this portal.
  for (const event of log.after(account.position(), Number.MAX_SAFE_INTEGER)) account.apply(event);
  violations.length = 0;
  const portalId = handlers.registerPortal({ name: 'Portal' }, CAUSE, 0);
  let webhook: { enabled: boolean } | null = null;
  let recorded = 0;
  let now = log.after(log.head() - 1, 1)[0]?.recordedAt ?? 0;
  let deliveries = 0;
  let intended: (() => void) | null = null;
  let folded: Lane = emptyLane;
  const line = { host: 'h', vendor: 'v', product: 'p', version: '1' };
  const view = createLaneView({ log, models, clock: { now: () => now, at: () => () => {} }, line });
  const { undelivered } = models;

  const lane = (): Lane => models.lanes.get(portalId).lane;
  const rows = () => undelivered.page(portalId, undeliveredStates, { limit: 10_000, inverted: false });
  const portal = () => account.lanes.get(portalId) ?? emptyLaneAccount(portalId);
  const count = (...states: LoginState[]) => portal().states.filter((state) => states.includes(state)).length;

  function record(logins: number): void {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } as const;
    const texts = { request: '', principalId: '', principalName: '', userAgent: '' };
    now += 1;
    recorded += logins;
    handlers.recordLogins(
      { portalId, logins: Array.from({ length: logins }, () => ({ ...login, ...texts })), traceIds: [] },
      CAUSE,
      now,
    );
  }

  function configure(destination: 0 | 1 | undefined, enabled: boolean | undefined, catchUp?: CatchUp): void {
    if (!webhook && destination === undefined) return;
    follow();
    const wasOn = webhook?.enabled ?? false;
    const isOn = enabled ?? wasOn;
    const isTurnedOn = isOn && !wasOn;
    const off = versionsIn(portal(), 'off');
    const destinationId = destination === undefined ? undefined : destinations[destination];
    const since = now - 2;
    const how = isTurnedOn && catchUp ? { catchUp, since: catchUp === 'SINCE' ? since : undefined } : {};
    handlers.configureWebhook({ portalId, destinationId, enabled, ...how }, CAUSE, now);
    webhook = { enabled: isOn };
    follow();
    const { states, recordedAt } = portal();
    const isDue = (version: number) =>
      how.catchUp === 'SINCE_LAST_ON' || (how.catchUp === 'SINCE' && (recordedAt[version - 1] ?? 0) >= since);
    const stateOf = (version: number): LoginState => (isDue(version) ? 'pending' : 'skipped');
    expect(off.map((version) => states[version - 1])).toEqual(off.map(isTurnedOn ? stateOf : () => 'off'));
  }

  function remove(): void {
    if (!webhook) return;
    handlers.removeWebhook({ portalId }, CAUSE, now);
    webhook = null;
  }

  function changeFormat(destination: 0 | 1): void {
    const id = destinations[destination] ?? '';
    const logFormat = models.destinations.get(id)?.logFormat === 'CEF' ? 'JSON' : 'CEF';
    handlers.updateDestination({ id, logFormat }, CAUSE, now);
  }

  function decide(action: 'redeliver' | 'discard', indexes: readonly number[]): void {
    const all = rows();
    const ids = indexes.flatMap((index) => all.slice(index % Math.max(1, all.length)).slice(0, 1)).map(writeRangeId);
    if (!ids.length) return;
    orRefused(() => {
      if (action === 'redeliver') handlers.redeliver({ ids }, CAUSE, now);
      else handlers.discardUndelivered({ ids, reason: 'not needed' }, CAUSE, now);
    });
  }

  function requestReplay(from: number, through: number, scope: ReplayScope): void {
    const [startAt, endAt] = [now - Math.max(from, through), now - Math.min(from, through)];
    orRefused(() => handlers.requestReplay({ portalId, startAt, endAt, scope }, CAUSE, now));
  }

  const advance = (command: DeliveryCommand) => () =>
    void handlers.advanceDelivery({ webhookId: portalId, command }, CAUSE, now);

  /** The next step of the lane. `cut`: a batch has so many logins fewer than it could, as if their size limited it. */
  function nextStep(answerTo: (batch: LoginRange) => Outcome, cut: number, until = Infinity): (() => void) | null {
    const { step, destination } = view.nextStep(portalId);
    switch (step.type) {
      case 'IDLE':
        return null;
      case 'WAIT':
        expect(step.until, 'a lane waits for a time in the future').toBeGreaterThan(now);
        if (step.until <= until) now = step.until;
        return null;
      case 'START': {
        const { firstVersion, lastVersion } = step.range;
        deliveries += 1;
        const last = Math.max(firstVersion, lastVersion - cut);
        const { id: destinationId = '', logFormat = 'CEF' } = destination ?? {};
        const to = { destinationId, logFormat, purpose: step.purpose };
        const batch = batchStarted(`${portalId}/${deliveries}`, firstVersion, last, to);
        return advance({ type: 'StartBatch', batch: batch.data });
      }
      case 'ATTEMPT': {
        const { deliveryId, failedAttempts } = step.delivery;
        expect(failedAttempts, 'a delivery has at most five attempts').toBeLessThan(5);
        const ended: Outcome = { ...answerTo(step.delivery), attemptedAt: now, durationMs: 0 };
        const attempt = failedAttempts + 1;
        return advance({ type: 'RecordOutcome', deliveryId, attemptNumber: attempt, outcome: ended, random: 0 });
      }
      case 'SUPERSEDE':
        return advance({ type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
      case 'END':
        return advance({ type: 'EndDelivery', deliveryId: step.delivery.deliveryId });
      case 'START_REPLAY':
        return () => handlers.startReplay({ webhookId: portalId }, CAUSE, now);
      case 'FINISH_REPLAY':
        return () => handlers.finishReplay({ webhookId: portalId }, CAUSE, now);
      default:
        return step satisfies never;
    }
  }

  function execute(): void {
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
    if (next.do === 'cancel replay') orRefused(() => handlers.cancelReplay({ portalId }, CAUSE, now));
    if (next.do === 'step') execute();
    if (next.do === 'read' || next.do === 'step') intended ??= nextStep(() => next.outcome, next.cut);
    if (next.do === 'execute' || next.do === 'step') execute();
    if (next.do === 'crash') intended = null;
  }

  /** Applies new events to the account and to the lane. */
  function follow(): void {
    for (const event of log.after(account.position(), Number.MAX_SAFE_INTEGER)) {
      account.apply(event);
      seen.add(event.type === 'BatchStarted' ? (event.data.purpose ?? 'FIRST') : event.type);
      if (!isOfLane(event)) continue;
      const { cursor } = folded.backlog;
      folded = evolve(folded, event);
      expect(folded.backlog.cursor, 'the cursor never decreases').toBeGreaterThanOrEqual(cursor);
    }
    expect(violations.splice(0)).toEqual([]);
  }

  /** Compares the lane and the list of undelivered ranges with the account. */
  function check(): void {
    follow();
    const { states, first, webhook: followed } = portal();
    expect(lane()).toEqual(folded);
    expect(states).toHaveLength(recorded);
    expect(followed?.enabled ?? false).toBe(webhook?.enabled ?? false);
    if (webhook?.enabled) expect(count('off')).toBe(0);
    const inFirst = new Set(first ? versionsOf(first) : []);
    expect(pending(folded, recorded)).toBe(count('pending'));
    expect(waiting(folded, recorded).flatMap(versionsOf)).toEqual(
      versionsIn(portal(), 'pending').filter((version) => !inFirst.has(version)),
    );
    expect(states.slice(0, folded.backlog.cursor), 'no login up to the cursor is pending').not.toContain('pending');
    const { delivered, undelivered: abandoned, discarded } = folded.totals;
    expect([delivered, abandoned, discarded]).toEqual([count('delivered'), count('undelivered'), count('discarded')]);
    checkUndelivered();
    checkReplay();
  }

  function checkUndelivered(): void {
    const all = rows();
    checkList((invariant, message) => violations.push(`${invariant}: ${message}`), portal(), all);
    expect(violations.splice(0)).toEqual([]);
    const needsAction = all.filter(({ state }) => state === 'NEEDS_ACTION');
    expect(undelivered.needsActionTotal(portalId)).toBe(needsAction.reduce((sum, row) => sum + loginCount(row), 0));
    const { open } = folded.redelivery;
    if (!open || open.purpose === 'REPLAY') return;
    const listed = all.filter(({ state }) => state !== 'DISCARDED');
    expect(listed.filter((row) => overlap(row, open)).length, 'a recovery sends logins of one range').toBe(1);
  }

  function checkReplay(): void {
    const { replay } = folded;
    if (!replay) return;
    const { sent = 0, rejected } = account.replays.jobs.get(replay.jobId) ?? {};
    expect([replay.sent, replay.rejected]).toEqual([sent, rejected?.size ?? 0]);
    if (replay.status === 'COMPLETED' && replay.scope === 'ALL')
      expect(replay.sent + replay.rejected).toBe(replay.total);
  }

  /**
   * Executes steps until none is left or until a time (ms, inclusive).
   *
   * @param answer the outcome of every request, or a function that gives it for a batch
   * @returns the batches that were sent
   */
  function drain(answer: Outcome | ((batch: LoginRange) => Outcome) = success, until = Infinity): LoginRange[] {
    const sent: LoginRange[] = [];
    const answerTo = (batch: LoginRange): Outcome => {
      const { firstVersion, lastVersion } = batch;
      sent.push({ firstVersion, lastVersion });
      return typeof answer === 'function' ? answer(batch) : answer;
    };
    for (let [time, steps] = [now, 0]; now <= until; steps += 1) {
      expect(steps, 'steps without time passing').toBeLessThan(MAX_STEPS_AT_A_TIME);
      execute();
      // A full check reads every login of the portal.
      if (steps % 25) follow();
      else check();
      const before = now;
      intended = nextStep(answerTo, 0, until);
      if (now !== time) [time, steps] = [now, 0];
      if (!intended && before === now) break;
    }
    check();
    return sent;
  }

  return { perform, check, drain, configure, remove, lane, rows, count, lastLogin: () => recorded, now: () => now };
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
