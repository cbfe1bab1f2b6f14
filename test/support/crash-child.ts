/**
 * A server in a process of its own, over a data directory and with real sockets, that ends itself at a chosen point. Started
 * by crash-server.ts with its options as JSON.
 */
import { openSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { createApp, type Surroundings } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createSender } from '../../src/delivery/send.js';
import type { Recorded } from '../../src/domain/event.js';
import { createLogger } from '../../src/telemetry.js';

export type CrashPoint = 'before the POST' | 'after its response' | 'inside a group commit' | 'after a commit';

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
}

/** `head`: the position of the last event that it found when it started. */
export type FromChild = { pid: number; port: number; firstToken: string | null; head: number };
export type ToChild = 'arm' | 'stop';

const options: ChildOptions = JSON.parse(process.argv[2] ?? '{}');
const { crash } = options;
let armed = false;
let hits = 0;

/** Ends the process if this is the point and its turn has come. */
function passBy(point: CrashPoint, deliveryId?: string): void {
  if (!armed || point !== crash?.point) return;
  hits += 1;
  if (hits < crash.hits) return;
  writeSync(process.stdout.fd, `${JSON.stringify({ point, hits, deliveryId, at: String(process.hrtime.bigint()) })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

let events = 0;
const causes = new Set<string>();

/** Runs inside a transaction, which holds the thread until it is committed: what it queues runs right after the commit. */
function inTransaction(event: Recorded): void {
  if (!events) {
    queueMicrotask(() => {
      passBy('after a commit');
      events = 0;
      causes.clear();
    });
  }
  events += 1;
  causes.add(event.traceId);
  if (events === crash?.eventsInGroup && causes.size > 1) passBy('inside a group commit');
}

const killingSender: Surroundings['createSender'] = (given) => {
  const real = createSender({ ...given, userAgent: `${given.userAgent} life/${options.life}` });
  return {
    async send(target, post) {
      passBy('before the POST', post.deliveryId);
      const outcome = await real.send(target, post);
      passBy('after its response', post.deliveryId);
      return outcome;
    },
    close: () => real.close(),
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

const eventsFd = options.eventsFile ? openSync(options.eventsFile, 'a') : null;
const config = loadConfig({
  AUDITWIRE_DATA_DIR: options.dataDir,
  AUDITWIRE_PORT: '0',
  AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8',
});
const app = await createApp(config, createLogger('silent'), {
  createSender: killingSender,
  deliver: options.deliver,
  project(event) {
    if (eventsFd !== null) writeSync(eventsFd, `${JSON.stringify(event)}\n`);
    inTransaction(event);
  },
});
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToChild) => {
  if (message === 'arm') armed = true;
  else void app.close().then(() => process.exit(0));
});
const port = await app.listen();
const ready: FromChild = { pid: process.pid, port, firstToken: app.firstToken, head: app.services.tail.head() };
process.send?.(ready);
