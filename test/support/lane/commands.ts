/** A portal without an engine: the test starts batches and records their outcomes, with real commands and a real log. */
import type { Outcome, Purpose } from '../../../src/domain/lane/attempt.js';
import { loginCount } from '../../../src/domain/login-range.js';
import { type UndeliveredState, undeliveredStates, writeRangeId } from '../../../src/domain/undelivered.js';
import { replayJobOf } from '../../../src/queries/replay-jobs.js';
import { statusOf } from '../../../src/queries/status.js';
import { batchStarted, success } from '../domain/events.js';
import { openCommands } from '../log/commands.js';
import { CAUSE, RETENTION } from '../log/fixture.js';

export type Commands = ReturnType<typeof openCommands>;

/** A portal with a webhook and a destination. By default it has its own log. */
export async function aLanePortal(commands: Commands = openCommands(), { enabled = true } = {}) {
  const { execute, log, models, record, stream, now } = commands;
  const portalId = await commands.registerPortal();
  const name = `SIEM of ${portalId}`;
  const destinationId = await commands.createDestination({ name, endpoint: 'https://siem.example.com' });
  await commands.configureWebhook(portalId, { destinationId, enabled });
  const { undelivered } = models;
  const lane = () => models.lanes.get(portalId).lane;
  const rows = (...states: UndeliveredState[]) =>
    undelivered.page(portalId, states.length ? states : undeliveredStates, { limit: 1_000, inverted: false });

  /** Starts a batch, as the engine does. */
  function start(firstVersion: number, lastVersion: number, deliveryId = 'd-1', purpose: Purpose = 'FIRST') {
    const to = lane().webhook?.destinationId ?? destinationId;
    const { data } = batchStarted(deliveryId, firstVersion, lastVersion, { destinationId: to });
    const batch = purpose === 'FIRST' ? data : { ...data, purpose };
    return execute('advanceDelivery', { webhookId: portalId, command: { type: 'StartBatch', batch } }, CAUSE);
  }

  /** Records the outcome of an attempt that ended now. */
  function end(deliveryId: string, outcome: Outcome = success, attemptNumber = 1) {
    const ended: Outcome = { ...outcome, attemptedAt: now(), durationMs: 0 };
    const command = { type: 'RecordOutcome', deliveryId, attemptNumber, outcome: ended, random: 0 } as const;
    return execute('advanceDelivery', { webhookId: portalId, command }, CAUSE);
  }

  return {
    ...commands,
    portalId,
    destinationId,
    lane,
    login: (count = 1) => record(portalId, ...Array.from({ length: count }, () => ({}))),
    configure: (input: Parameters<typeof commands.configureWebhook>[1]) => commands.configureWebhook(portalId, input),
    remove: () => commands.removeWebhook(portalId),
    start,
    end,
    /** Starts a delivery and records the outcome of its only attempt. */
    async deliver(firstVersion: number, lastVersion: number, outcome: Outcome = success, purpose: Purpose = 'FIRST') {
      const deliveryId = `${purpose}-${firstVersion}-${log.head()}`;
      await start(firstVersion, lastVersion, deliveryId, purpose);
      await end(deliveryId, outcome);
    },
    supersede: (deliveryId: string) =>
      execute('advanceDelivery', { webhookId: portalId, command: { type: 'SupersedeDelivery', deliveryId } }, CAUSE),
    redeliver: (...ids: string[]) => execute('redeliver', { ids }, CAUSE),
    discard: (...ids: string[]) => execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE),
    requestReplay: (startAt: number, endAt: number, scope: 'ALL' | 'UNDELIVERED' = 'ALL') =>
      execute('requestReplay', { portalId, startAt, endAt, scope }, CAUSE),
    startReplay: () => execute('startReplay', { webhookId: portalId }, CAUSE),
    finishReplay: () => execute('finishReplay', { webhookId: portalId }, CAUSE),
    cancelReplay: () => execute('cancelReplay', { portalId }, CAUSE),
    rows,
    /** The undelivered ranges as `[first, last, state]`, oldest first; by default in all states. */
    listed: (...states: UndeliveredState[]) =>
      rows(...states).map(({ firstVersion, lastVersion, state }) => [firstVersion, lastVersion, state]),
    /** The id of the range that ends with a login (version). */
    idOf(lastVersion: number): string {
      const row = undelivered.endingAt(portalId, lastVersion);
      if (!row) throw new Error(`no range ends with login ${lastVersion}`);
      return writeRangeId(row);
    },
    /** How many logins are in undelivered ranges that are not discarded. */
    listedTotal: () => rows('WAITING', 'REQUESTED', 'NEEDS_ACTION').reduce((sum, row) => sum + loginCount(row), 0),
    job: () => replayJobOf(portalId, lane()),
    status: () => statusOf(portalId, { models, log, retention: RETENTION, now }).status,
    deliveries: () => stream(`delivery-${portalId}`),
    events: (noun: 'undelivered' | 'replay') => stream(`${noun}-${portalId}`),
  };
}
