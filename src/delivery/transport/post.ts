/** One POST on a connection, by Node's HTTP client. */

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Clock } from '../../runtime/clock.js';
import type { Progress } from './dialer.js';
import type { Connection } from './pool.js';

const MAX_RESPONSE_HEADER_BYTES = 16_384;
/** Informational answers (100, 102, 103) that are read past; a proxy sends a few. */
const MAX_INFORMATIONAL = 100;
/** The status decides the verdict. The rest of the answer is read only within this time, up to this many bytes. */
const BODY_GRACE_MS = 1_000;
export const MAX_RESPONSE_BYTES = 16_384;

/** The final answer, as far as it is known when its status counts. */
export interface Answer {
  responseCode: number;
  headers: IncomingHttpHeaders;
  /** The receiver ends the connection after this answer. */
  endsConnection: boolean;
  /** The body as it was sent, as far as it arrives in time. The connection is then released or ended. */
  body(clock: Clock): Promise<Buffer>;
}

/**
 * Sends a request. A status other than 2xx counts as soon as it arrives. A status 2xx counts once the whole request was handed over
 * to the system: before that, the receiver cannot have read it.
 *
 * @throws Error if the connection ends before; it must then be ended
 */
export function post(
  connection: Connection,
  { path, headers, body }: { path: string; headers: Record<string, string>; body: Buffer },
  progress: Progress,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isHandedOver = false;
    let informational = 0;
    let response: IncomingMessage | null = null;
    let answer: Answer | null = null;

    const request = httpRequest({
      method: 'POST',
      path,
      headers: { ...headers, 'content-length': body.length, connection: 'keep-alive' },
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      createConnection: () => connection.begin(),
    });
    const fail = (error: Error) => {
      reject(error);
      request.destroy();
    };
    const settle = () => {
      const code = answer?.responseCode ?? 0;
      const isEarly = !isHandedOver && code >= 200 && code < 300;
      progress.earlyCode = isEarly ? code : null;
      if (answer && !isEarly) resolve(answer);
    };
    const mayStay = () => response?.complete === true && request.shouldKeepAlive && request.writableFinished;

    request.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL)
        fail(new Error(`more than ${MAX_INFORMATIONAL} answers without a final status`));
    });
    request.on('upgrade', () => fail(new Error(SWITCHED)));
    request.on('response', (received) => {
      if (received.statusCode === 101) return fail(new Error(SWITCHED));
      response = received;
      const collected = collect(received);
      answer = {
        responseCode: received.statusCode ?? 0,
        headers: received.headers,
        // Node has compared the version and the Connection header of the answer.
        endsConnection: !request.shouldKeepAlive,
        async body(clock) {
          await collected.done(clock);
          if (mayStay()) connection.release(received.headers['keep-alive']);
          else connection.end();
          return collected.bytes();
        },
      };
      settle();
    });
    request.on('error', (error) =>
      reject(progress.earlyCode === null ? failureOf(error, request.socket?.errored) : early(progress.earlyCode)),
    );
    request.on('close', () => reject(progress.earlyCode === null ? new Error(CLOSED) : early(progress.earlyCode)));
    request.write(body, (error) => {
      isHandedOver = !error;
      if (isHandedOver) settle();
    });
    request.end();
  });
}

const CLOSED = 'connection closed before a response';
const SWITCHED = 'the receiver switched to another protocol (101); it must answer the request';

/** Node reports the end of a connection like a reset. */
function failureOf(error: Error, cause: Error | null | undefined): Error {
  const isEnd = 'code' in error && error.code === 'ECONNRESET' && !cause;
  return isEnd ? new Error(CLOSED) : error;
}

function early(code: number): Error {
  return new Error(`the receiver answered ${code} before it had the whole batch, and then ended the connection`);
}

/** Reads the body of an answer, also while the request is still being written. */
function collect(response: IncomingMessage) {
  const chunks: Buffer[] = [];
  let size = 0;
  let isEnded = false;
  let changed = () => {};
  response.on('data', (chunk: Buffer) => {
    if (size < MAX_RESPONSE_BYTES) chunks.push(chunk);
    size += chunk.length;
    changed();
  });
  // The status counts even if the body is cut off.
  response.on('error', () => {});
  for (const event of ['end', 'close']) {
    response.on(event, () => {
      isEnded = true;
      changed();
    });
  }
  return {
    bytes: () => Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES),
    /** Resolves when the body has ended, or enough of it has arrived, or its time is over. */
    done: (clock: Clock): Promise<void> =>
      new Promise((resolve) => {
        const cancel = clock.at(clock.now() + BODY_GRACE_MS, resolve);
        changed = () => {
          if (!isEnded && size < MAX_RESPONSE_BYTES) return;
          cancel();
          resolve();
        };
        changed();
      }),
  };
}
