/** The checks at the end of a run. */
import { openWriter } from '../../db/open.js';
import { undeliveredStates } from '../../src/domain/undelivered.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createReadModels, type ReadModels } from '../../src/projections/read-models.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { statusOf } from '../../src/queries/status.js';
import type { LoginState, PortalAccount } from '../support/account/portal.js';
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
  checkFigures(scene);
  checkAcknowledged(scene);
  checkKept(world);
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
  for (const { states } of account.portals.values()) for (const one of states) tally.hit('logins', one);
}

function checkDelivered({ account, conduct, report }: World): void {
  for (const { portalId, webhook, states, requests } of account.portals.values()) {
    for (const [index, state] of states.entries()) {
      const login = `login ${index + 1} of ${portalId}`;
      const request = requests[index] ?? '';
      const isAccepted = conduct.accepted.has(request);
      if (state === 'delivered' && !isAccepted) {
        report('nothing is lost', `${login} is delivered, but no receiver accepted it`);
      }
      if (state === 'pending') report('nothing is lost', `${login} is still pending`);
      if (state === 'off' && webhook?.enabled) report('nothing is lost', `${login} is neither due nor skipped`);
      if (!isAccepted || (state !== 'skipped' && state !== 'off')) continue;
      // A replay sent it, or the same login was recorded again after it was pruned.
      if (account.replays.wasReplayed(portalId, index + 1)) continue;
      if (requests.indexOf(request) !== requests.lastIndexOf(request)) continue;
      report('nothing too much', `${login} was never due, but a receiver accepted it`);
    }
  }
}

function checkFigures({ world, portals }: Scene): void {
  const { account, report } = world;
  const running = world.running();
  if (!running) return report('progress', 'no process runs at the end');
  for (const portalId of portals) {
    const { status } = statusOf(portalId, {
      models: running.models,
      log: running.log,
      retention: world.retention,
      now: () => world.clock.now(),
    });
    const { deliveredTotal: delivered, undeliveredTotal: undelivered, discardedTotal, pending } = status;
    const discarded = discardedTotal - account.count(portalId, 'expired');
    for (const [state, count] of Object.entries({ delivered, undelivered, discarded, pending })) {
      const expected = account.count(portalId, state as LoginState);
      if (count !== expected) report('figures', `${count} logins of ${portalId} are ${state} instead of ${expected}`);
    }
    const portal = account.portals.get(portalId);
    if (portal) checkUndelivered(world, portal, running.models);
    if (portal?.webhook?.enabled && account.replays.isActive(portalId)) {
      report('replay', `the replay of ${portalId} does not end`);
    }
  }
}

/** The list of undelivered ranges is that of the account, and has no range that Auditwire should have recovered by now. */
function checkUndelivered({ report, tally }: World, portal: PortalAccount, { undelivered }: ReadModels): void {
  const { portalId, webhook } = portal;
  const ranges = undelivered.page(portalId, undeliveredStates, { limit: 100_000, inverted: false });
  checkList(report, portal, ranges);
  for (const range of ranges) {
    tally.hit('listed', range.state);
    const isLeft = range.state === 'WAITING' || range.state === 'REQUESTED';
    if (isLeft && webhook?.enabled) report('recovery', `${nameOf(range)} of ${portalId} are still ${range.state}`);
  }
}

function checkAcknowledged({ world, acknowledged }: Scene): void {
  const { account, report } = world;
  for (const { portalId, version, request } of acknowledged) {
    const recorded = account.portals.get(portalId)?.requests[version - 1];
    if (recorded !== request) report('acknowledged', `login ${version} of ${portalId} is ${recorded}, not ${request}`);
  }
  for (const { portalId, requests } of account.portals.values()) {
    // An idempotency key counts only while its login is kept.
    const kept = requests.slice(world.running()?.log.horizon(`login-${portalId}`).version);
    if (new Set(kept).size !== kept.length) report('acknowledged', `a login of ${portalId} is recorded twice`);
  }
}

/** The log still has every login that is due or listed, with its content unchanged. */
function checkKept({ account, running, report, tally }: World): void {
  const log = running()?.log;
  if (!log) return;
  for (const { portalId, states, requests } of account.portals.values()) {
    const { version: horizon } = log.horizon(`login-${portalId}`);
    if (horizon) tally.hit('recoveries', 'a portal that was pruned');
    for (const [index, state] of states.slice(0, horizon).entries()) {
      if (state !== 'pending' && state !== 'undelivered') continue;
      report('retention', `login ${index + 1} of ${portalId} is ${state}, but was pruned`);
    }
    for (const event of log.range(`login-${portalId}`, horizon + 1, states.length)) {
      if (event.type === 'LoginRecorded' && event.data.request === requests[event.version - 1]) continue;
      report('retention', `login ${event.version} of ${portalId} has changed`);
    }
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
