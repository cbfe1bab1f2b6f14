/**
 * A server in its own process, with a data directory and real sockets, that kills itself at a chosen point. server.ts starts it
 * and sends it its options once it is loaded.
 */

import { existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type App, type AppOptions, createApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import { openDelivery } from '../../../src/domain/lane/lane.js';
import { streamId } from '../../../src/domain/stream.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { createHastyClock } from '../clock/hasty-clock.js';
import { type Action, act, type Result } from './actions.js';
import { type CrashPoint, deliveryOf, isAt, type Place } from './points.js';

export interface ChildOptions {
  dataDir: string;
  /** In the User-Agent of every batch, so that the receiver knows which process sent it. */
  processNumber: number;
  deliver: boolean;
  /** Where to kill itself: the `hits`-th time (from 1) at the point after the parent sent `arm`. */
  crash?: { point: CrashPoint; hits: number; eventsInGroup: number };
  /** A file that gets a line for each event, inside the transaction that appends it, so that a trace of system calls shows it. */
  eventsFile?: string;
  /** Overrides the server's setting of `synchronous` on every connection. */
  synchronous?: 'OFF' | 'NORMAL';
  /** The clock jumps to the next timer instead of waiting for it. */
  isHasty?: boolean;
  /** More settings, by their environment variables. */
  env?: Record<string, string>;
}

/** Sent when the server listens. `head`: the position of the last event in its log. */
export type FromChild = { pid: number; port: number; firstToken: string | null; head: number };
export type ToChild = 'arm' | 'stop' | { open: ChildOptions } | { call: number; action: Action };

/** The result of an action, once it is durable. */
export interface Answered {
  answered: number;
  result: Result;
}

const options = await new Promise<ChildOptions>((resolve) => {
  process.once('message', ({ open }: { open: ChildOptions }) => resolve(open));
});
const { crash } = options;
let app: App | null = null;
let armed = false;
let hits = 0;

/** Kills the process if it must end at this place. */
function reach(here: Place, deliveryId?: string): void {
  if (endsAt(here, deliveryId)) process.kill(process.pid, 'SIGKILL');
}

/** Whether the process must end at this place. If so, it writes a line for the parent. */
function endsAt(here: Place, deliveryId?: string): boolean {
  if (!armed || !crash || hits >= crash.hits || !isAt(crash.point, here)) return false;
  hits += 1;
  if (hits < crash.hits) return false;
  const { point } = crash;
  writeSync(process.stdout.fd, `${JSON.stringify({ point, hits, deliveryId, at: String(process.hrtime.bigint()) })}\n`);
  return true;
}

const group: Recorded[] = [];

/** Runs inside a transaction. The transaction blocks the thread, so a microtask runs right after the commit. */
function inTransaction(event: Recorded): void {
  if (event.type === 'BatchStarted') purposes.set(event.data.deliveryId, event.data.purpose ?? 'FIRST');
  if (!group.length) queueMicrotask(afterCommit);
  group.push(event);
  reach({ at: 'inside', event: event.type });
  const causes = new Set(group.map(({ traceId }) => traceId));
  if (group.length === crash?.eventsInGroup && causes.size > 1) reach({ at: 'group' });
}

function afterCommit(): void {
  reach({ at: 'commit' });
  for (const event of group.splice(0)) {
    const deliveryId = deliveryOf(event);
    const purpose = deliveryId ? { purpose: purposeOf(deliveryId) } : {};
    reach({ at: 'after', event: event.type, ...purpose, isLastOfReplay: isReplayed(event) }, deliveryId);
  }
}

/** Whether the running replay of the event's portal has no logins left to send. */
function isReplayed({ stream }: Recorded): boolean {
  const replay = app?.services.models.lanes.get(streamId(stream)).lane.replay;
  return replay?.status === 'RUNNING' && !replay.ranges.length;
}

const purposes = new Map<string, Purpose>();

/** The purpose of a delivery that this process or an earlier one started. */
function purposeOf(deliveryId: string): Purpose {
  const { lanes } = app?.services.models ?? {};
  const inLanes = lanes?.webhookIds().map((webhookId) => openDelivery(lanes.get(webhookId).lane, deliveryId)?.purpose);
  return purposes.get(deliveryId) ?? inLanes?.find((purpose) => purpose !== undefined) ?? 'FIRST';
}

const killingSender: AppOptions['createSender'] = (given) => {
  const userAgent = `${given.userAgent} process/${options.processNumber}`;
  // The deadlines of real sockets need the real clock.
  const real = createSender({ ...given, clock: systemClock, userAgent });
  return {
    ...real,
    async send(target, post) {
      const { deliveryId } = post;
      const purpose = purposeOf(deliveryId);
      reach({ at: 'post', purpose }, deliveryId);
      const hold = endsAt({ at: 'wire', purpose }, deliveryId) ? '&hold' : '';
      const attemptedAt = given.clock.now();
      const outcome = await real.send({ ...target, endpoint: `${target.endpoint}?${purpose}${hold}` }, post);
      reach({ at: 'response', purpose }, deliveryId);
      return { ...outcome, attemptedAt };
    },
  };
};

if (options.synchronous) {
  const { synchronous } = options;
  const pragma: Database.Database['pragma'] = Reflect.get(Database.prototype, 'pragma');
  Database.prototype.pragma = function (source, given) {
    if (!source.startsWith('synchronous')) return pragma.call(this, source, given);
    pragma.call(this, `synchronous = ${synchronous}`);
    return 2;
  };
}

if (/pruning/.test(crash?.point ?? '')) {
  const prepare: Database.Database['prepare'] = Reflect.get(Database.prototype, 'prepare');
  Database.prototype.prepare = function (this: Database.Database, source: string) {
    const statement: Database.Statement = prepare.call(this, source);
    if (!/^delete from "?events/i.test(source)) return statement;
    const { run } = statement;
    statement.run = (...values) => {
      const changed = run.apply(statement, values);
      reach({ at: 'deletion' });
      queueMicrotask(() => reach({ at: 'deleted' }));
      return changed;
    };
    return statement;
  } as Database.Database['prepare'];
}

/** When the last event was recorded, in ms. After a hasty clock this is ahead of the system clock. */
function lastRecordedAt(): number {
  const file = join(options.dataDir, 'auditwire.db');
  if (!existsSync(file)) return 0;
  // Read only: the server recovers the files.
  const database = new Database(file, { readonly: true });
  const row = database.prepare('SELECT max(recorded_at) AS at FROM events').get() as { at: number | null };
  database.close();
  return row.at ?? 0;
}

const eventsFd = options.eventsFile ? openSync(options.eventsFile, 'a') : null;
const config = loadConfig({
  AUDITWIRE_DATA_DIR: options.dataDir,
  AUDITWIRE_PORT: '0',
  AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8',
  ...options.env,
});
app = await createApp(config, createLogger('silent'), {
  createSender: killingSender,
  deliver: options.deliver,
  prune: /pruning/.test(crash?.point ?? ''),
  ...(options.isHasty && { clock: createHastyClock(Math.max(Date.now(), lastRecordedAt())) }),
  project(event) {
    if (eventsFd !== null) writeSync(eventsFd, `${JSON.stringify(event)}\n`);
    inTransaction(event);
  },
});
const { services } = app;
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToChild) => {
  if (message === 'arm') armed = true;
  else if (message === 'stop') void app.stop().then(() => process.exit(0));
  else if ('call' in message) void answer(message.call, message.action);
});

async function answer(call: number, action: Action): Promise<void> {
  const answered: Answered = { answered: call, result: await act(services, action) };
  process.send?.(answered);
}

await app.start();
const ready: FromChild = { pid: process.pid, port: app.port(), firstToken: app.firstToken, head: services.tail.head() };
process.send?.(ready);
