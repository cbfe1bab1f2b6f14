/**
 * The minimum that records logins as Auditwire does: the same rows in the same tables, JSON for each login, and durable
 * transactions. It does not validate, looks up no idempotency keys and has no protocol. Started by bare-writer.ts.
 */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '../../../db/open.js';
import { SEGMENT_LOGINS } from '../../../src/projections/client-trace-ids.js';
import type { Order } from './bare-writer.js';
import { now } from './clock.js';
import { type Login, makeLogins } from './logins.js';

/** As in Auditwire's writer. */
const CHECKPOINT_PAGES = 16_000;
const STREAM = 1;
const ACTOR = 1;
const PORTAL = 1;

const directory = mkdtempSync(join(tmpdir(), 'auditwire-bench-bare-'));
// As durable as Auditwire: WAL, synchronous=FULL, no automatic checkpoints.
const { sqlite } = openWriter(directory);
sqlite.prepare('INSERT INTO streams (id, name) VALUES (?, ?)').run(STREAM, `login-${randomUUID()}`);
sqlite.prepare('INSERT INTO actors (id, name) VALUES (?, ?)').run(ACTOR, `token-${randomUUID()}`);
sqlite.prepare('INSERT INTO login_portals (id, portal_id) VALUES (?, ?)').run(PORTAL, randomUUID());

const insertEvent = sqlite.prepare(
  'INSERT INTO events (position, stream_id, version, type, data, recorded_at, actor_id, trace_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
);
const insertLogin = sqlite.prepare('INSERT INTO logins (portal, kind, occurred_at, position) VALUES (?, ?, ?, ?)');
const insertKey = sqlite.prepare('INSERT INTO idempotency_keys (portal, key, position) VALUES (?, ?, ?)');
const insertClientTraceId = sqlite.prepare(
  'INSERT INTO client_trace_ids (portal, segment, hash, occurred_at, position, kind) VALUES (?, ?, ?, ?, ?, ?)',
);
const checkpointed = sqlite.prepare('PRAGMA wal_checkpoint(NOOP)');

// As many kinds of logins as Auditwire gets.
const KINDS = 4;

let position = 0;

const record = sqlite.transaction((logins: readonly Login[]) => {
  const recordedAt = Date.now();
  // The trace id of the call that records them, as in the log.
  const traceId = randomBytes(16).toString('hex');
  for (const login of logins) {
    position += 1;
    const { traceId: clientTraceId, ...rest } = login;
    const own = { traceId: randomBytes(16).toString('hex'), occurredAt: recordedAt };
    const data = JSON.stringify({ ...rest, ...own, clientTraceId });
    insertEvent.run(position, STREAM, position, 'LoginRecorded', data, recordedAt, ACTOR, traceId);
    insertLogin.run(PORTAL, position % KINDS, recordedAt, position);
    const segment = Math.floor(position / SEGMENT_LOGINS);
    const digest = hash('sha256', Buffer.from(clientTraceId, 'utf16le'), 'buffer').subarray(0, 16);
    insertClientTraceId.run(PORTAL, segment, digest, recordedAt, position, position % KINDS);
    insertKey.run(PORTAL, login.idempotencyKey, position);
  }
});

/** @returns logins per second */
function run({ size, transactions, forSeconds }: Order): number {
  const batches = Array.from({ length: transactions }, () => makeLogins(size));
  const started = now();
  let done = 0;
  for (const batch of batches) {
    if (now() - started >= forSeconds * 1000) break;
    record(batch);
    checkpoint();
    done += batch.length;
  }
  return done / ((now() - started) / 1000);
}

function checkpoint(): void {
  const row = checkpointed.get() as { log: number; checkpointed: number };
  if (row.log - row.checkpointed > CHECKPOINT_PAGES) sqlite.pragma('wal_checkpoint(PASSIVE)');
}

process.on('message', (order: Order) => process.send?.(run(order)));
process.on('disconnect', () => {
  sqlite.close();
  rmSync(directory, { recursive: true, force: true });
  process.exit();
});
