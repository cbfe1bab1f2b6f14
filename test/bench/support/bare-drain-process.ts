/**
 * The work of a delivery and nothing else: reads the logins of each portal, writes, signs and compresses their lines and posts
 * them, 500 at a time and in order. It records nothing, and does not ask what was delivered. Started by bare-drain.ts.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import Database from 'better-sqlite3';
import { Pool } from 'undici';
import { cef } from '../../../src/delivery/format/cef.js';
import { entryOf } from '../../../src/delivery/format/entry.js';
import { MAX_BATCH_LINES } from '../../../src/domain/delivery.js';
import type { Login } from '../../../src/domain/login.js';
import type { BareDrain } from './bare-drain.js';
import { lineSettings } from './lines.js';

const { file, url, ca, portalIds, inFlight }: BareDrain = JSON.parse(process.argv[2] ?? '');
const { origin, pathname: path } = new URL(url);
const { privateKey } = generateKeyPairSync('ed25519');
const pool = new Pool(origin, { connections: inFlight, connect: { ca } });
const db = new Database(file, { readonly: true });
const organizationId = String(db.prepare('SELECT id FROM organization').pluck().get());
const line = lineSettings(organizationId);
const idOfStream = db.prepare('SELECT id FROM streams WHERE name = ?').pluck();
const logins = db
  .prepare('SELECT data FROM events WHERE stream_id = ? AND version BETWEEN ? AND ? ORDER BY version')
  .pluck();
const compress = promisify(gzip);
process.on('disconnect', () => process.exit(0));

const waiting = [...portalIds];
await Promise.all(Array.from({ length: inFlight }, drainPortals));

async function drainPortals(): Promise<void> {
  for (let portalId = waiting.shift(); portalId !== undefined; portalId = waiting.shift()) await drain(portalId);
}

/** The next batch is made while this one is under way. */
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
  const signed = rows.map((data) => attachSignature(cef.write(entryOf(JSON.parse(data) as Login, portalId, line))));
  return compress((await Promise.all(signed)).join('\n'), { level: constants.Z_BEST_SPEED });
}

function attachSignature(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign(null, Buffer.from(text), privateKey, (error, signature) =>
      error ? reject(error) : resolve(cef.attach(text, signature.toString('base64url'))),
    );
  });
}

async function post(body: Buffer): Promise<void> {
  const headers = { authorization: 'Bench', 'content-type': 'text/plain', 'content-encoding': 'gzip' };
  const response = await pool.request({ method: 'POST', path, headers, body });
  await response.body.dump();
  if (response.statusCode !== 200) throw new Error(`The receiver answered ${response.statusCode}`);
}
