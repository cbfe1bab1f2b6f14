/**
 * A server in a process of its own, over a data directory and with real sockets, that ends itself at a chosen point. Started
 * by crash-server.ts, which tells it what to do once it is loaded.
 */

import { existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type App, type AppOptions, createApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import { type Recorded } from '../../../src/domain/event.js';
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
  /** Stands in the User-Agent of every batch, so that the receiver knows which process sent it. */
  life: number;
  deliver: boolean;
  /** Where to end, and how often to come by there before, counted from when the parent says `arm`. */
  crash?: { point: CrashPoint; hits: number; eventsInGroup: number };
  /** A file that gets a line for each event, in the transaction that appends it: it shows in a trace of system calls. */
  eventsFile?: string;
  /** What `synchronous` is set to on every connection, whatever the server asks for. */
  synchronous?: 'OFF' | 'NORMAL';
  /** Nobody waits for a time: the clock goes there at once. */
  isHasty?: boolean;
  /** Settings besides, by the names of their variables. */
  env?: Record<string, string>;
}

/** `head`: the position of the last event that it found when it started. */
export type FromChild = { pid: number; port: number; firstToken: string | null; head: number };
export type ToChild = 'arm' | 'stop' | { open: ChildOptions } | { call: number; action: Action };

/** What an action came to, once it is durable. */
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

/** Ends the process if this is the point and its turn has come. */
function passBy(here: Place, deliveryId?: string): void {
  if (isNow(here, deliveryId)) process.kill(process.pid, 'SIGKILL');
}

/** Whether this is the point and its turn has come; says so to the parent. */
function isNow(here: Place, deliveryId?: string): boolean {
  if (!armed || !crash || hits >= crash.hits || !isAt(crash.point, here)) return false;
  hits += 1;
  if (hits < crash.hits) return false;
  const { point } = crash;
  writeSync(process.stdout.fd, `${JSON.stringify({ point, hits, deliveryId, at: String(process.hrtime.bigint()) })}\n`);
  return true;
}

const group: Recorded[] = [];

/** Runs inside a transaction, which holds the thread until it is committed: what it queues runs right after the commit. */
function inTransaction(event: Recorded): void {
  if (event.type === 'BatchStarted') purposes.set(event.data.deliveryId, event.data.purpose ?? 'FIRST');
  if (!group.length) queueMicrotask(afterCommit);
  group.push(event);
  passBy({ at: 'inside', event: event.type });
  const causes = new Set(group.map(({ traceId }) => traceId));
  if (group.length === crash?.eventsInGroup && causes.size > 1) passBy({ at: 'group' });
}

function afterCommit(): void {
  passBy({ at: 'commit' });
  for (const event of group.splice(0)) {
    const deliveryId = deliveryOf(event);
    const purpose = deliveryId ? { purpose: purposeOf(deliveryId) } : {};
    passBy({ at: 'after', event: event.type, ...purpose, isLastOfReplay: isReplayed(event) }, deliveryId);
  }
}

/** Whether nothing is left to be sent of the replay of the portal that an event is about. */
function isReplayed({ stream }: Recorded): boolean {
  const replay = app?.services.models.lanes.get(streamId(stream)).lane.replay;
  return replay?.status === 'RUNNING' && !replay.ranges.length;
}

const purposes = new Map<string, Purpose>();

/** Of a delivery that was started by this process, or before it. */
function purposeOf(deliveryId: string): Purpose {
  const { lanes } = app?.services.models ?? {};
  const found = lanes?.portalIds().map((portalId) => openDelivery(lanes.get(portalId).lane, deliveryId)?.purpose);
  return purposes.get(deliveryId) ?? found?.find((purpose) => purpose !== undefined) ?? 'FIRST';
}

const killingSender: AppOptions['createSender'] = (given) => {
  const userAgent = `${given.userAgent} life/${options.life}`;
  // Its deadlines are about real sockets.
  const real = createSender({ ...given, clock: systemClock, userAgent });
  return {
    ...real,
    async send(target, post) {
      const { deliveryId } = post;
      const purpose = purposeOf(deliveryId);
      passBy({ at: 'post', purpose }, deliveryId);
      const hold = isNow({ at: 'wire', purpose }, deliveryId) ? '&hold' : '';
      const attemptedAt = given.clock.now();
      const outcome = await real.send({ ...target, endpoint: `${target.endpoint}?${purpose}${hold}` }, post);
      passBy({ at: 'response', purpose }, deliveryId);
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
      passBy({ at: 'deletion' });
      queueMicrotask(() => passBy({ at: 'deleted' }));
      return changed;
    };
    return statement;
  } as Database.Database['prepare'];
}

/** When the last event was recorded, in ms: a clock that hurries is ahead of ours. */
function lastRecordedAt(): number {
  const file = join(options.dataDir, 'auditwire.db');
  if (!existsSync(file)) return 0;
  // What a crash left is for the server to put in order.
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

async function answer(answered: number, action: Action): Promise<void> {
  const said: Answered = { answered, result: await act(services, action) };
  process.send?.(said);
}

await app.start();
const ready: FromChild = { pid: process.pid, port: app.port(), firstToken: app.firstToken, head: services.tail.head() };
process.send?.(ready);
