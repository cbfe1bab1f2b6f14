/**
 * Only the work of a delivery: reads the logins of each portal, writes, signs and compresses their lines and posts them, 500 at a
 * time and in order. It records no outcomes. Started by bare-drain.ts.
 */
import Database from 'better-sqlite3';
import { cef } from '../../../src/domain/formats/cef.js';
import { entryOf } from '../../../src/domain/formats/entry.js';
import type { Login } from '../../../src/domain/login.js';
import { MAX_BATCH_LINES } from '../../../src/domain/login-range.js';
import type { BareDrain } from './bare-drain.js';
import { compressed, createPost, createSignText, IN_FLIGHT } from './deliver.js';
import { lineSettings } from './lines.js';

const { file, organizationId, portalIds, url, ca, signer }: BareDrain = JSON.parse(process.argv[2] ?? '');
const line = lineSettings(organizationId);
const db = new Database(file, { readonly: true });
const idOfStream = db.prepare('SELECT id FROM streams WHERE name = ?').pluck();
const logins = db
  .prepare('SELECT data FROM events WHERE stream_id = ? AND version BETWEEN ? AND ? ORDER BY version')
  .pluck();
const post = createPost(url, ca);
const signText = createSignText(signer);
process.on('disconnect', () => process.exit(0));

const waiting = [...portalIds];
await Promise.all(Array.from({ length: IN_FLIGHT }, drainPortals));

async function drainPortals(): Promise<void> {
  for (let portalId = waiting.shift(); portalId !== undefined; portalId = waiting.shift()) await drain(portalId);
}

/** The next batch is made while the present one is in flight. */
async function drain(portalId: string): Promise<void> {
  const streamId = Number(idOfStream.get(`login-${portalId}`));
  let first = 1;
  let next = batch(portalId, streamId, first);
  for (let body = await next; body; body = await next) {
    first += MAX_BATCH_LINES;
    next = batch(portalId, streamId, first);
    await post(body);
  }
}

async function batch(portalId: string, streamId: number, first: number): Promise<Buffer | null> {
  const rows = logins.all(streamId, first, first + MAX_BATCH_LINES - 1) as string[];
  if (!rows.length) return null;
  return compressed(await signText(rows.map((data) => cef.write(entryOf(JSON.parse(data) as Login, portalId, line)))));
}
