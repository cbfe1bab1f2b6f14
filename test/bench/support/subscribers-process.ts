/**
 * Subscribers to the status of one webhook, in their own process, half over WebSocket and half over server-sent events. They
 * only search the received bytes for the new value. Started by rows/subscribers.ts.
 */
import { Agent, request as httpRequest } from 'node:http';
import { request } from 'undici';
import { WebSocket } from 'ws';
import { WebhookStatusChangedDocument } from '../../../src/client/generated/graphql.js';
import type { Audience } from '../rows/subscribers.js';

const OPENED_AT_A_TIME = 50;
const DEADLINE_MS = 60_000;
const TOGGLE = `mutation ($input: ConfigureWebhookInput!) {
  configureWebhook(input: $input) { __typename ... on Refusal { message } }
}`;

const { url, token, portalId, subscribers } = JSON.parse(process.argv[2] ?? '') as Audience;
const authorization = `Bearer ${token}`;
const subscription = { query: WebhookStatusChangedDocument.toString(), variables: { portalId } };

let enabled = false;
let awaited = '"enabled":false';
let change = 0;
let missing = 0;
let onLast = () => {};

/** The callback of one subscriber for received bytes. Each change counts once. */
function receiver(): (bytes: Buffer) => void {
  let seen = -1;
  return (bytes) => {
    if (seen === change || !bytes.includes(awaited)) return;
    seen = change;
    missing -= 1;
    if (missing === 0) onLast();
  };
}

function fail(error: unknown): void {
  console.error('a subscriber failed', error);
  process.exit(1);
}

function openWebSocket(): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const receive = receiver();
  const init = JSON.stringify({ type: 'connection_init', payload: { Authorization: authorization } });
  const subscribe = JSON.stringify({ type: 'subscribe', id: '1', payload: subscription });
  socket.once('open', () => socket.send(init));
  socket.once('error', fail).once('close', (code) => fail(`closed with ${code}`));
  return new Promise((resolve) => {
    socket.once('message', () => {
      socket.send(subscribe);
      socket.on('message', (bytes: Buffer) => {
        receive(bytes);
        resolve();
      });
    });
  });
}

const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

function openEventStream(): Promise<void> {
  const receive = receiver();
  const body = JSON.stringify(subscription);
  const headers = {
    authorization,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    accept: 'text/event-stream',
  };
  return new Promise((resolve) => {
    const call = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) fail(`HTTP ${response.statusCode}`);
      response.once('end', () => fail('the stream ended'));
      response.on('data', (bytes: Buffer) => {
        receive(bytes);
        // The stream begins with a comment.
        if (bytes.includes(awaited)) resolve();
      });
    });
    call.once('error', fail);
    call.end(body);
  });
}

/** Opens the subscribers, alternating between the two transports. */
async function open(): Promise<void> {
  missing = subscribers;
  let next = 0;
  async function openOneByOne(): Promise<void> {
    while (next < subscribers) {
      next += 1;
      await (next % 2 ? openWebSocket() : openEventStream());
    }
  }
  await Promise.all(Array.from({ length: OPENED_AT_A_TIME }, openOneByOne));
  if (missing) fail(`${missing} subscribers did not get the status`);
}

/** @returns the time from the call that changes the status until the last subscriber has received it, in ms */
async function toggle(): Promise<number> {
  enabled = !enabled;
  awaited = `"enabled":${enabled}`;
  change += 1;
  missing = subscribers;
  const last = new Promise<number>((resolve) => {
    onLast = () => resolve(performance.now());
  });
  const body = JSON.stringify({ query: TOGGLE, variables: { input: { portalId, enabled } } });
  const started = performance.now();
  const answer = await request(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
    body,
  });
  const text = await answer.body.text();
  if (!text.includes('"ConfigureWebhookSuccess"')) fail(text);
  const late = setTimeout(() => fail(`${missing} subscribers did not get the change`), DEADLINE_MS);
  const ms = (await last) - started;
  clearTimeout(late);
  return ms;
}

process.on('disconnect', () => process.exit());
process.on('message', () => void toggle().then((ms) => process.send?.({ ms }), fail));
await open();
process.send?.({ ready: true });
