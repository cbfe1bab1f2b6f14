/**
 * A TLS receiver in its own process, for any client that posts lines, plain or gzipped. It answers 200 as soon as a body has
 * ended, and counts the lines afterwards. Started by receiver.ts.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { makeCertificate } from '../../support/receiver/receiver.js';
import { now } from './clock.js';
import type { Ask, Counts } from './receiver.js';

/** Longer than any pause of a benchmark, so that no side must reconnect. */
const KEEP_ALIVE_MS = 600_000;
const NEWLINE = 10;

const traced = process.argv.includes('--traced');
const counts: Counts = { lines: 0, requests: 0, bytes: 0, lastAt: 0 };
let arrivals: [traceId: string, at: number][] = [];
let waiting: { id: number; lines: number }[] = [];

const { ca, cert, key } = await makeCertificate();
const server = createServer({ cert, key, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('error', () => {});
  request.on('end', () => {
    const at = now();
    response.writeHead(200, { 'Content-Length': '0' }).end();
    const body = Buffer.concat(chunks);
    count(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, body.length, at);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, ca }));

function count(text: Buffer, bytes: number, at: number): void {
  counts.requests += 1;
  counts.bytes += bytes;
  counts.lastAt = at;
  if (text.length && text.at(-1) !== NEWLINE) counts.lines += 1;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, end + 1)) counts.lines += 1;
  // The line is CEF (trace_id=) or JSON ("trace_id":).
  if (traced)
    for (const [, traceId] of text.toString().matchAll(/\btrace_id(?:=|":")([^\s"]+)/g))
      if (traceId !== undefined) arrivals.push([traceId, at]);
  if (waiting.length) answerWaiting();
}

function answerWaiting(): void {
  const ready = waiting.filter(({ lines }) => counts.lines >= lines);
  if (!ready.length) return;
  waiting = waiting.filter(({ lines }) => counts.lines < lines);
  for (const { id } of ready) process.send?.({ id, answer: counts });
}

process.on('message', (ask: Ask) => {
  switch (ask.kind) {
    case 'counts':
      process.send?.({ id: ask.id, answer: counts });
      return;
    case 'until':
      waiting.push(ask);
      answerWaiting();
      return;
    case 'arrivals':
      process.send?.({ id: ask.id, answer: arrivals });
      arrivals = [];
      return;
    default:
      throw new Error(`Unknown request: ${JSON.stringify(ask satisfies never)}`);
  }
});
process.on('disconnect', () => process.exit());
