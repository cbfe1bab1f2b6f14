/** The checks at the end of a run. */
import { openWriter } from '../../db/open.js';
import { undeliveredStates } from '../../src/domain/undelivered.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createReadModels, type ReadModels } from '../../src/projections/read-models.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { statusOf } from '../../src/queries/status.js';
import type { LaneAccount, LoginState } from '../support/account/lane.js';
import { checkList, nameOf } from '../support/account/undelivered-list.js';
import { dumpLog, dumpReadModels } from '../support/log/dump.js';
import type { Disks } from './disk.js';
import type { Scene } from './scene.js';
import type { World } from './world.js';

/** @returns the log, row by row */
export function checkEnd(scene: Scene, disks: Disks): Record<string, unknown[]> {
  const { world } = scene;
  world.note(() => 'checks the end');
  countKinds(world);
  checkDelivered(world);
  checkFigures(world);
  checkAcknowledged(scene);
  checkKept(world);
  checkPruned(world);
  world.throwFirst();
  const log = checkRebuild(world, disks);
  world.throwFirst();
  return log;
}

function countKinds({ account, tally }: World): void {
  for (const { state, failedAttempts, purpose } of account.deliveries.all.values()) {
    tally.hit('deliveries', `${purpose}, ${state}`);
    tally.hit('attempts', `${state} after ${failedAttempts} failed attempts`);
  }
  for (const { states } of account.lanes.values()) for (const one of states) tally.hit('logins', one);
}

function checkDelivered({ account, conduct, report }: World): void {
  for (const { webhookId, webhook, states, requests } of account.lanes.values()) {
    for (const [index, state] of states.entries()) {
      const login = `login ${index + 1} of ${webhookId}`;
      const request = requests[index] ?? '';
      const isAccepted = conduct.isAccepted(webhookId, request);
      if (state === 'delivered' && !isAccepted) {
        report('nothing is lost', `${login} is delivered, but no receiver accepted it`);
      }
      if (state === 'pending') report('nothing is lost', `${login} is still pending`);
      if (state === 'off' && webhook?.enabled) report('nothing is lost', `${login} is neither due nor skipped`);
      if (!isAccepted || (state !== 'skipped' && state !== 'off')) continue;
      // A replay sent it, or the same login was recorded again after it was pruned.
      if (account.replays.wasReplayed(webhookId, index + 1)) continue;
      if (requests.indexOf(request) !== requests.lastIndexOf(request)) continue;
      report('nothing too much', `${login} was never due, but a receiver accepted it`);
    }
  }
}

function checkFigures(world: World): void {
  const { account, report } = world;
  const running = world.running();
  if (!running) return report('progress', 'no process runs at the end');
  checkHealth(world, running.models);
  for (const lane of account.lanes.values()) {
    const { webhookId, webhook } = lane;
    const { status } = statusOf(webhookId, {
      models: running.models,
      log: running.log,
      retention: world.retention,
      now: () => world.clock.now(),
    });
    const { deliveredTotal: delivered, undeliveredTotal: undelivered, discardedTotal, pending } = status;
    const discarded = discardedTotal - account.count(webhookId, 'expired');
    for (const [state, count] of Object.entries({ delivered, undelivered, discarded, pending })) {
      const expected = account.count(webhookId, state as LoginState);
      if (count !== expected) report('figures', `${count} logins of ${webhookId} are ${state} instead of ${expected}`);
    }
    checkUndelivered(world, lane, running.models);
    if (webhook?.enabled && account.replays.isActive(webhookId)) {
      report('replay', `the replay of ${webhookId} does not end`);
    }
  }
}

function checkHealth({ account, report }: World, { destinationHealth }: ReadModels): void {
  for (const id of account.destinations.keys()) {
    const { healthySince, failingSince, pausedUntil } = destinationHealth.get(id);
    const shown = JSON.stringify({ healthySince, failingSince, pausedUntil });
    const expected = JSON.stringify(
      account.deliveries.health.get(id) ?? { healthySince: null, failingSince: null, pausedUntil: null },
    );
    if (shown !== expected) report('health', `the health of ${id} is ${shown} instead of ${expected}`);
  }
}

/** The list of undelivered ranges is that of the account, and has no range that Auditwire should have recovered by now. */
function checkUndelivered({ account, report, tally }: World, lane: LaneAccount, { undelivered }: ReadModels): void {
  const { webhookId, webhook } = lane;
  const ranges = undelivered.page(webhookId, undeliveredStates, { limit: 100_000, inverted: false });
  checkList(report, lane, ranges);
  for (const range of ranges) {
    tally.hit('listed', range.state);
    const isLeft = range.state === 'WAITING' || range.state === 'REQUESTED';
    const through = lane.through.get(range.firstVersion) ?? '';
    const sender = webhook ?? account.lanes.get(through)?.webhook;
    if (isLeft && sender?.enabled) report('recovery', `${nameOf(range)} of ${webhookId} are still ${range.state}`);
  }
}

function checkAcknowledged({ world, acknowledged }: Scene): void {
  const { account, report } = world;
  for (const { portalId, version, request } of acknowledged) {
    const recorded = account.lanes.get(portalId)?.requests[version - 1];
    if (recorded !== request) report('acknowledged', `login ${version} of ${portalId} is ${recorded}, not ${request}`);
  }
  for (const { webhookId, portalId, requests } of account.lanes.values()) {
    if (webhookId !== portalId) continue;
    // An idempotency key counts only while its login is kept.
    const kept = requests.slice(world.running()?.log.horizon(`login-${portalId}`).version);
    if (new Set(kept).size !== kept.length) report('acknowledged', `a login of ${portalId} is recorded twice`);
  }
}

/** The log still has every login that is due or listed, with its content unchanged. */
function checkKept({ account, running, report, tally }: World): void {
  const log = running()?.log;
  if (!log) return;
  for (const lane of account.lanes.values()) {
    const { webhookId, portalId, states, requests } = lane;
    const { version: horizon } = log.horizon(`login-${portalId}`);
    if (horizon) tally.hit('recoveries', 'a portal that was pruned');
    for (const [index, state] of states.slice(0, horizon).entries()) {
      if (state === 'off' && !isGone(lane))
        report('retention', `login ${index + 1} was pruned before ${webhookId} had a snapshot`);
      if (state !== 'pending' && state !== 'undelivered') continue;
      report('retention', `login ${index + 1} of ${webhookId} is ${state}, but was pruned`);
    }
    for (const event of log.range(`login-${portalId}`, horizon + 1, states.length)) {
      if (event.type === 'LoginRecorded' && event.data.request === requests[event.version - 1]) continue;
      report('retention', `login ${event.version} of ${portalId} has changed`);
    }
  }
}

/** A removed webhook with nothing undelivered is never configured again: its lane needs no snapshot. */
function isGone({ webhookId, portalId, webhook, states, first, redelivery }: LaneAccount): boolean {
  return webhookId !== portalId && !webhook && !states.includes('undelivered') && !first && !redelivery;
}

/** Logins that are old enough and that no webhook of their portal needs have been pruned. */
function checkPruned({ account, running, report, retention, clock }: World): void {
  const log = running()?.log;
  if (!log) return;
  const { ageMs } = retention;
  // Retention runs at most once in this time, or in 1 % of the age.
  const pauseMs = Math.min(ageMs, Math.max(10 * 60_000, ageMs / 100));
  for (const { webhookId, portalId, recordedAt } of account.lanes.values()) {
    if (webhookId !== portalId) continue;
    const lanes = account.lanesOf(portalId);
    if (lanes.some((lane) => account.replays.isActive(lane.webhookId))) continue;
    const isNeeded = (index: number) =>
      lanes.some(({ states }) => states[index] === 'pending' || states[index] === 'undelivered');
    const isOld = (at: number) => at + ageMs + 2 * pauseMs < clock.now();
    const kept = recordedAt.findIndex((at, index) => !isOld(at) || isNeeded(index));
    const through = kept < 0 ? recordedAt.length : kept;
    const { version: horizon } = log.horizon(`login-${portalId}`);
    // The last event of the log stays.
    if (horizon < through - 1)
      report('retention', `login ${horizon + 1} of ${portalId} is not pruned, nor is ${through}`);
  }
}

function checkRebuild(world: World, disks: Disks): Record<string, unknown[]> {
  const directory = disks.copyOf(world.state.directory);
  const connection = openWriter(directory);
  try {
    const [kept, log] = [dumpReadModels(connection.sqlite), dumpLog(connection.sqlite)];
    rebuild(connection, createLogReader(connection.db), createReadModels(connection.db), () => {});
    const rebuilt = dumpReadModels(connection.sqlite);
    for (const [table, rows] of Object.entries(kept)) {
      const others = rebuilt[table] ?? [];
      const [gone, added] = [rows.find((row) => !others.includes(row)), others.find((row) => !rows.includes(row))];
      if (gone ?? added) world.report('rebuild', `${table}: ${String(gone)} became ${String(added)}`);
    }
    return log;
  } finally {
    connection.sqlite.close();
    disks.discard(directory);
  }
}
