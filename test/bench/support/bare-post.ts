import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import { now } from './clock.js';
import { makeLogin } from './logins.js';
import type { Receiver } from './receiver.js';

/** About the size of an event in the log. */
const RECORD = Buffer.alloc(1024, 'x');
const SYNCS = 2;

/** The minimum that delivers a line as Auditwire does: two durable writes and one POST. */
export function startBarePost(receiver: Receiver) {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-bench-post-'));
  const file = openSync(join(directory, 'log'), 'a');
  const pool = new Pool(receiver.url.replace(/\/collector$/, ''), { connections: 1, connect: { ca: receiver.ca } });

  return {
    /** @returns the time from the start until the receiver had the line, in ms */
    async post(): Promise<number> {
      const { traceId, body } = makeBody();
      const startedAt = now();
      for (let sync = 0; sync < SYNCS; sync += 1) {
        writeSync(file, RECORD);
        fdatasyncSync(file);
      }
      const response = await pool.request({
        path: '/collector',
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
        body,
      });
      await response.body.dump();
      const arrivedAt = (await receiver.arrivals()).get(traceId);
      if (response.statusCode !== 200 || arrivedAt === undefined)
        throw new Error('The receiver does not have the line');
      return arrivedAt - startedAt;
    },
    async stop(): Promise<void> {
      await pool.close();
      closeSync(file);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A line as long as one of Auditwire, compressed before the measurement starts. */
function makeBody(): { traceId: string; body: Buffer } {
  const { authenticationType, outcome, sourceAddress, request, principalId, traceId, userAgent } = makeLogin();
  const organization = '01234567-89ab-4cde-8f01-23456789abcd';
  const head = `2026-01-31T12:00:00Z auditwire CEF:0|Auditwire|Dev-Portal|1.0|AUTHENTICATION_TYPE_${authenticationType}`;
  const line =
    `${head}|AUTHENTICATION_OUTCOME_${outcome}|0|rt=${Date.now()} src=${sourceAddress} request=${request} success=true ` +
    `org_id=${organization} portal_id=${organization} principal_id=${principalId} trace_id=${traceId} ` +
    `user_agent=${userAgent} sig=${randomBytes(64).toString('base64url')}`;
  return { traceId, body: gzipSync(line) };
}
