import { describe, expect, it } from 'vitest';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { type Connection, startRawReceiver } from '../../support/receiver/raw-receiver.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const REQUEST_TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const HOUR_MS = 3_600_000;
/** More than the system takes over before the receiver reads. */
const large = Buffer.alloc(32 * 1024 * 1024);

type Respond = (connection: Connection, head: string) => void;

/** A receiver over plain TCP, and a sender to it. */
async function start(respond: Respond, answersAt?: 'head' | 'end') {
  const raw = await startRawReceiver(respond, undefined, answersAt);
  const sender = startSender();
  const send = (body = aPost.body) => sender.send(aTarget(raw.url, null), { ...aPost, body });
  return { raw, sender, send };
}

describe('an informational answer', () => {
  it.each([
    ['100 Continue that was not asked for', ['100 Continue']],
    ['102', ['102 Processing']],
    ['103 with headers', ['103 Early Hints\r\nLink: </a>; rel=preload']],
    ['several', ['100 Continue', '102 Processing', '103 Early Hints', '199 Other']],
    ['a hundred', Array.from({ length: 100 }, () => '102 Processing')],
  ])('(%s) is read past, and the connection is kept', async (_, lines) => {
    const text = lines.map((line) => `HTTP/1.1 ${line}\r\n\r\n`).join('') + OK.replace('200 OK', '202 Accepted');
    const { raw, send } = await start((it) => it.write(text));
    for (let sent = 0; sent < 3; sent += 1) {
      expect(await send()).toMatchObject({ verdict: 'DELIVERED', responseCode: 202 });
    }
    expect([raw.connections, raw.requests.length]).toEqual([1, 3]);
  });

  it.each([
    [
      'without end is a connection error',
      'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000) + OK,
      /more than 100 answers/,
    ],
    ['101 is no final answer', `HTTP/1.1 101 Switching Protocols\r\n\r\n${OK}`, /\(101\)/],
    [
      '101 with an upgrade is no final answer',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      /\(101\)/,
    ],
  ])('%s', async (_, text, message) => {
    const { raw, send } = await start((it) => it.write(text));
    expect(await send()).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: null,
      message: expect.stringMatching(message),
    });
    await raw.until((it) => it.open() === 0);
  });
});

describe('bytes on an idle kept connection', () => {
  it.each([
    ['a second 200', OK],
    ['a 408', REQUEST_TIMEOUT],
    ['anything', 'x'],
  ])('(%s) are no answer: the connection closes, and the next request has a new one', async (_, unasked) => {
    const accepted: Connection[] = [];
    const { raw, send } = await start((it) => {
      accepted.push(it);
      // Only the first request is answered with 200.
      it.write(accepted.length === 1 ? OK : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
    });
    expect(await send()).toMatchObject({ responseCode: 200 });
    accepted[0]?.write(unasked);
    await raw.until((it) => it.open() === 0);
    expect(await send()).toMatchObject({ verdict: 'RETRYABLE', responseCode: 503 });
    expect([raw.connections, raw.requests.length]).toEqual([2, 2]);
  });

  it('that came just before the next request are not its answer either', async () => {
    const accepted: Connection[] = [];
    const { raw, send } = await start((it) => {
      accepted.push(it);
      it.write(accepted.length === 1 ? OK : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
    });
    await send();
    // Sent in the same turn of the event loop as the request: only the sender's extra turn sees them.
    accepted[0]?.write(OK);
    expect(await send()).toMatchObject({ responseCode: 503 });
    expect(raw.connections).toBe(2);
  });

  it('cause a new connection for each request for an hour', async () => {
    const accepted: Connection[] = [];
    const { raw, sender, send } = await start((it) => {
      accepted.push(it);
      it.write(OK);
    });
    await send();
    accepted[0]?.write(OK);
    await raw.until((it) => it.open() === 0);
    for (let sent = 0; sent < 3; sent += 1) await send();
    expect(raw.connections).toBe(4);
    sender.clock.advance(HOUR_MS - 1);
    await send();
    expect(raw.connections).toBe(5);
    sender.clock.advance(1);
    for (let sent = 0; sent < 3; sent += 1) await send();
    expect(raw.connections).toBe(6);
  });

  it('do not count if they belong to another destination', async () => {
    const accepted: Connection[] = [];
    const { raw, sender, send } = await start((it) => {
      accepted.push(it);
      it.write(OK);
    });
    const other = () => sender.send(aTarget(raw.url, null, { destinationId: 'another' }), aPost);
    await other();
    await send();
    accepted[1]?.write(OK);
    await raw.until((it) => it.open() === 1);
    await other();
    expect(raw.connections).toBe(2);
  });
});

describe('an answer while the request is still being written', () => {
  it.each([400, 401, 413, 503])('(%i) is its answer, and the connection closes', async (status) => {
    let resume = () => {};
    const { raw, send } = await start((it) => {
      it.write(`HTTP/1.1 ${status} Any\r\nContent-Length: 5\r\n\r\nwords`);
      resume = () => it.resume();
    }, 'head');
    expect(await send(large)).toMatchObject({ responseCode: status, responseExcerpt: 'words' });
    resume();
    await raw.until((it) => it.open() === 0);
  });

  it('(200) counts if the receiver then takes the rest', async () => {
    let resume = () => {};
    const { raw, sender, send } = await start((it) => {
      it.write(OK);
      resume = () => it.resume();
    }, 'head');
    const outcome = send(large);
    await raw.until(({ requests }) => requests.length === 1);
    sender.clock.advance(20_000);
    resume();
    expect(await outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  });

  it('(200) is no proof if the connection then ends: the attempt is retried', async () => {
    const { send } = await start((it) => {
      it.write(OK);
      it.reset();
    }, 'head');
    expect(await send(large)).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: null,
      phase: 'HEADERS',
      message: 'the receiver answered 200 before it had the whole batch, and then ended the connection',
    });
  });

  it('(200) is no proof if the rest is not taken within the time limit', async () => {
    const { raw, sender, send } = await start((it) => it.write(OK), 'head');
    const outcome = send(large);
    await raw.until(({ requests }) => requests.length === 1);
    await sender.clock.untilTimerIn(30_000);
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: null,
      message: expect.stringMatching(
        /^(the receiver answered 200, but did not take the whole batch|no response) within 30 s$/,
      ),
    });
  });
});

describe('a kept connection that ends without a byte of an answer', () => {
  it.each([
    ['is reset', (it: Connection) => it.reset()],
    ['closes', (it: Connection) => it.end()],
    ['ends with a 408 to the request', (it: Connection) => it.end(REQUEST_TIMEOUT)],
  ])('and %s costs one immediate repeat on a new connection, not a failed attempt', async (_, fail) => {
    const { raw, send } = await start((it) => (raw.requests.length === 2 ? fail(it) : it.write(OK)));
    await send();
    expect(await send()).toMatchObject({ verdict: 'DELIVERED', durationMs: 0 });
    expect([raw.connections, raw.requests.length]).toEqual([2, 3]);
    const ids = raw.requests.map((head) => /x-auditwire-delivery: (.*)/.exec(head)?.[1]);
    expect(new Set(ids)).toEqual(new Set([aPost.deliveryId]));
  });

  it.each([
    ['Connection: keep-alive', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n'],
    ['no Connection header', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'],
  ])('costs no repeat if it does not end: a 408 with %s is the answer to the request', async (_, kept) => {
    const { raw, send } = await start((it) => it.write(raw.requests.length === 1 ? OK : kept));
    await send();
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await send()).toMatchObject({ verdict: 'REJECTED', responseCode: 408 });
    }
    expect([raw.connections, raw.requests.length]).toEqual([1, 4]);
  });

  it.each([
    ['Connection: close', REQUEST_TIMEOUT],
    ['HTTP/1.0', 'HTTP/1.0 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'],
  ])('costs one repeat if a 408 with %s says so before it ends', async (_, closing) => {
    const { raw, send } = await start((it) => it.write(raw.requests.length === 2 ? closing : OK));
    await send();
    expect(await send()).toMatchObject({ verdict: 'DELIVERED' });
    expect([raw.connections, raw.requests.length]).toEqual([2, 3]);
  });

  it('costs one repeat only', async () => {
    const { raw, send } = await start((it) => (raw.requests.length === 1 ? it.write(OK) : it.reset()));
    await send();
    expect(await send()).toMatchObject({ verdict: 'RETRYABLE', responseCode: null });
    expect(raw.requests).toHaveLength(3);
  });

  it('after the time limit costs none', async () => {
    const { raw, sender, send } = await start((it) => raw.requests.length === 1 && it.write(OK));
    await send();
    const outcome = send();
    await raw.until(({ requests }) => requests.length === 2);
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({ message: 'no response within 30 s' });
    expect(raw.connections).toBe(1);
  });

  it('is a failed attempt if it was new', async () => {
    const { raw, send } = await start((it) => it.reset());
    expect(await send()).toMatchObject({ verdict: 'RETRYABLE', message: 'connection reset (ECONNRESET)' });
    expect(raw.connections).toBe(1);
  });

  it('is a failed attempt if a part of an answer came', async () => {
    const { raw, send } = await start((it) => (raw.requests.length === 1 ? it.write(OK) : it.end('HTTP')));
    await send();
    expect(await send()).toMatchObject({ verdict: 'RETRYABLE', message: 'connection closed before a response' });
    expect(raw.connections).toBe(1);
  });
});
