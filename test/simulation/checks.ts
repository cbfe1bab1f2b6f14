/** What can only be told at the end of a run. */
import { openWriter } from '../../db/open.js';
import { undeliveredStates } from '../../src/domain/undelivered.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createReadModels, type ReadModels } from '../../src/projections/read-models.js';
import { rebuild } from '../../src/projections/rebuild.js';
import { statusOf } from '../../src/queries/status.js';
import { dumpLog, dumpReadModels } from '../support/log/dump.js';
import type { Disks } from './disk.js';
import { type PortalAccount, type Standing, versionsOf } from './portal.js';
import type { Scene } from './scene.js';
import type { World } from './world.js';

/** @returns the log, row by row */
export function checkEnd(scene: Scene, disks: Disks): Record<string, unknown[]> {
  const { world } = scene;
  world.note(() => 'the end is checked');
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
  for (const { state, failed, purpose } of account.deliveries.all.values()) {
    tally.hit('deliveries', `${purpose}, ${state}`);
    tally.hit('attempts', `${state} after ${failed} that failed`);
  }
  for (const { standings } of account.portals.values()) for (const one of standings) tally.hit('logins', one);
}

function checkDelivered({ account, conduct, report }: World): void {
  for (const { portalId, webhook, standings, requests } of account.portals.values()) {
    for (const [index, standing] of standings.entries()) {
      const login = `login ${index + 1} of ${portalId}`;
      const request = requests[index] ?? '';
      const isTaken = conduct.taken.has(request);
      if (standing === 'delivered' && !isTaken) report('nothing is lost', `${login} is delivered, and nobody has it`);
      if (standing === 'pending') report('nothing is lost', `${login} is still pending`);
      if (standing === 'off' && webhook?.enabled) report('nothing is lost', `${login} is neither due nor skipped`);
      if (!isTaken || (standing !== 'skipped' && standing !== 'off')) continue;
      // Asked for, or recorded a second time when the first record was pruned.
      const isMeant = account.replays.wasReplayed(portalId, index + 1);
      if (isMeant || requests.indexOf(request) !== requests.lastIndexOf(request)) continue;
      report('nothing too much', `${login} was never due, and somebody has it`);
    }
  }
}

function checkFigures({ world, portals }: Scene): void {
  const life = world.life();
  if (!life) return world.report('progress', 'there is no process at the end');
  for (const portalId of portals) {
    const { status } = statusOf(portalId, {
      models: life.models,
      log: life.log,
      retention: world.retention,
      now: () => world.clock.now(),
    });
    const { deliveredTotal: delivered, undeliveredTotal: undelivered, discardedTotal, pending } = status;
    const discarded = discardedTotal - world.account.count(portalId, 'expired');
    for (const [standing, said] of Object.entries({ delivered, undelivered, discarded, pending })) {
      const counted = world.account.count(portalId, standing as Standing);
      if (said !== counted)
        world.report('figures', `${said} logins of ${portalId} are ${standing}, and should be ${counted}`);
    }
    const portal = world.account.portals.get(portalId);
    if (portal) checkUndelivered(world, portal, life.models);
    if (portal?.webhook?.enabled && world.account.replays.isUnderWay(portalId)) {
      world.report('replay', `the replay of ${portalId} comes to no end`);
    }
  }
}

/** The list of what was given up: no login more or less, and nothing in it that only waits for time to pass. */
function checkUndelivered({ report, tally }: World, portal: PortalAccount, { undelivered }: ReadModels): void {
  const { portalId, webhook, failedRecoveries, tooLarge, standings, goneThrough } = portal;
  const listed = new Map<number, Standing>();
  for (const row of undelivered.page(portalId, undeliveredStates, { limit: 100_000, inverted: false })) {
    const { firstVersion, lastVersion, state, reason } = row;
    const range = `logins ${firstVersion} to ${lastVersion} of ${portalId}`;
    tally.hit('listed', state);
    for (const version of versionsOf(row)) {
      if (listed.has(version)) report('recovery', `login ${version} of ${portalId} is listed twice`);
      listed.set(version, state === 'DISCARDED' ? 'discarded' : 'undelivered');
    }
    const counts = versionsOf(row).map((version) => failedRecoveries.get(version) ?? 0);
    const isAmiss =
      reason === 'RECOVERIES_FAILED' && state === 'NEEDS_ACTION'
        ? counts.some((count) => count < 3)
        : state === 'WAITING' && counts.some((count) => count >= 3);
    if (isAmiss) report('recovery', `${range} are ${state} after ${counts.join(', ')} recoveries`);
    if (reason === 'TOO_LARGE' && !tooLarge.has(firstVersion)) report('recovery', `${range} are listed as too large`);
    const isOnItsWay = state === 'WAITING' || state === 'REQUESTED';
    if (isOnItsWay && webhook?.enabled) report('recovery', `${range} are ${state}, and nothing comes of it`);
  }
  for (const [index, standing] of standings.entries()) {
    const wanted = standing === 'undelivered' || standing === 'discarded' ? standing : undefined;
    const found = listed.get(index + 1);
    // What was discarded leaves the list with what is pruned.
    if (standing === 'discarded' && !found && goneThrough) continue;
    if (found !== wanted)
      report('recovery', `login ${index + 1} of ${portalId} is ${standing}, and listed as ${found}`);
  }
}

function checkAcknowledged({ world, acknowledged }: Scene): void {
  for (const { portalId, version, request } of acknowledged) {
    const found = world.account.portals.get(portalId)?.requests[version - 1];
    if (found !== request) world.report('acknowledged', `login ${version} of ${portalId} is ${found}, not ${request}`);
  }
  for (const { portalId, requests } of world.account.portals.values()) {
    // A key counts for as long as its login is kept.
    const kept = requests.slice(world.life()?.log.horizon(`login-${portalId}`).version);
    if (new Set(kept).size !== kept.length) world.report('acknowledged', `a login of ${portalId} is there twice`);
  }
}

/** What is still due or listed is in the log, with the very content that it had. */
function checkKept({ account, life, report, tally }: World): void {
  const log = life()?.log;
  if (!log) return;
  for (const { portalId, standings, requests } of account.portals.values()) {
    const { version: horizon } = log.horizon(`login-${portalId}`);
    if (horizon) tally.hit('recoveries', 'a portal that was pruned');
    for (const [index, standing] of standings.slice(0, horizon).entries()) {
      if (standing !== 'pending' && standing !== 'undelivered') continue;
      report('retention', `login ${index + 1} of ${portalId} is ${standing}, and gone`);
    }
    for (const event of log.range(`login-${portalId}`, horizon + 1, standings.length)) {
      if (event.type === 'LoginRecorded' && event.data.request === requests[event.version - 1]) continue;
      report('retention', `login ${event.version} of ${portalId} is not what it was`);
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
      if (gone ?? added) world.report('rebuild', `${table}: of ${String(gone)} became ${String(added)}`);
    }
    return log;
  } finally {
    connection.sqlite.close();
    disks.discard(directory);
  }
}
