/** One connection to a simulated receiver: it reads requests, answers them as the run decides, and has the receiver's manners. */
import type { Socket } from 'node:net';
import type { Clock } from '../../../src/runtime/clock.js';
import type { Chance } from '../chance.js';
import type { Report } from '../invariants.js';
import type { Crashable } from '../process.js';
import type { Reply } from '../receiver-faults.js';
import type { Arrival } from '../receivers.js';
import { answerText, HALF_A_STATUS_LINE, INFORMATIONAL } from './answers.js';
import type { Attempts, Exchange } from './attempts.js';
import { ClientSocket } from './client-socket.js';
import type { Manner, Manners } from './manners.js';
import type { Reuse } from './reuse.js';

/** What the connections of a process share. */
interface ConnectionContext {
  crashable: Crashable;
  /** Its timers end with the process. */
  clock: Clock;
  chance: Chance;
  report: Report;
  attempts: Attempts;
  reuse: Reuse;
  /** What each open connection does when an attempt begins. */
  onAttempt: Set<(arrival: Arrival) => void>;
  /** How a receiver reacts to a request. */
  decide: (arrival: Arrival, isReused: boolean) => Reply;
  /** A receiver stores the lines. */
  onAccepted: (arrival: Arrival) => void;
  /** Something happens at the present time. */
  onActivity: () => void;
}

/** Where a connection leads. */
interface Place {
  destinationId: string;
  /** Of the settings for which it is opened. */
  revision: number;
  manners: Manners;
}

/** The request that is being read or answered. */
interface Current {
  arrival: Arrival;
  exchange: Exchange;
  reply: Reply;
  body: Buffer;
  /** The size of its head, and its whole size. */
  headBytes: number;
  bytes: number;
}

/** Most time between an answer and what the receiver does with the idle connection, in ms. */
const MAX_IDLE_MS = 6_000;
/** It gives the connection up. */
const REQUEST_TIMEOUT = 408;
const END_OF_HEAD = '\r\n\r\n';
const KEEP_ALIVE_SECONDS = [1, 2, 10, 100];

const onIdle: readonly [manner: Manner, text: string][] = [
  ['an answer on an idle connection', answerText(200)],
  ['a 408 on an idle connection', answerText(408, { closes: true })],
  ['an informational answer on an idle connection', INFORMATIONAL],
];

/** @returns the end of the client */
export function createConnection(context: ConnectionContext, { destinationId, revision, manners }: Place): Socket {
  const { crashable, clock, chance, report, attempts, onActivity } = context;
  const reuse = context.reuse.ofConnection(destinationId);
  const timers = new Set<() => void>();
  let buffered = Buffer.alloc(0);
  let current: Current | null = null;
  let isClosed = false;
  const socket = new ClientSocket({
    receive,
    onClose() {
      isClosed = true;
      context.onAttempt.delete(onAttempt);
      for (const cancel of timers) cancel();
    },
  });

  context.onAttempt.add(onAttempt);

  const isOver = (): boolean => isClosed || crashable.hasEnded();

  /** Acts after some time, unless the connection has ended by then. */
  function later(ms: number, act: () => void): void {
    if (ms === 0) return act();
    const cancel = clock.at(clock.now() + ms, () => {
      timers.delete(cancel);
      if (!isOver()) act();
    });
    timers.add(cancel);
  }

  /** What the receiver sends is in the system of the sender at once. The process reads it in its next turn. */
  function arrives(read: () => void): void {
    onActivity();
    setImmediate(() => {
      if (isOver()) return;
      onActivity();
      read();
    });
  }

  function receive(bytes: Buffer, taken: () => void): void {
    if (isOver()) return;
    onActivity();
    buffered = Buffer.concat([buffered, bytes]);
    const request = (current ??= begin());
    if (request?.reply.early) return answerEarly(request, taken);
    taken();
    if (request && buffered.length >= request.bytes) read(request);
  }

  /** The request whose head has arrived; null if it has not. */
  function begin(): Current | null {
    const headBytes = buffered.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    if (headBytes < END_OF_HEAD.length) return null;
    const head = buffered.toString('latin1', 0, headBytes);
    const [, deliveryId = ''] = /^x-auditwire-delivery: (.*)$/im.exec(head) ?? [];
    const [, length = ''] = /^content-length: (\d+)$/im.exec(head) ?? [];
    const found = attempts.request(deliveryId, reuse.isReused());
    if (!found) return null;
    const { arrival, body, exchange } = found;
    reuse.onRequest(arrival);
    if (arrival.target.revision !== revision) {
      report('as configured', `${deliveryId} is sent on a connection of earlier settings`);
    }
    const reply = (exchange.isReused && replyOfKept()) || context.decide(arrival, exchange.isReused);
    return { arrival, exchange, reply, body, headBytes, bytes: headBytes + Number(length) };
  }

  /** The receiver has just given the kept connection up, without the request; null if it has not. */
  function replyOfKept(): Reply | null {
    const given = { accepts: false, afterMs: 0, early: null, retryAfterMs: null, thenDownMs: 0 };
    if (manners('closes a kept connection at the next request')) return { ...given, answer: 'close' };
    if (manners('resets a kept connection at the next request')) return { ...given, answer: 'reset' };
    if (manners('answers the next request on a kept connection with 408')) return { ...given, answer: 408 };
    return null;
  }

  /** @param taken hands over the rest of the request */
  function answerEarly(request: Current, taken: () => void): void {
    const { exchange, reply } = request;
    const { answer, retryAfterMs, early, afterMs } = reply;
    if (typeof answer !== 'number') return;
    arrives(() => {
      attempts.settle(exchange, { code: answer, retryAfterMs, hasAnswer: true });
      socket.arrive(answerText(answer, { retryAfterMs }));
      if (early === 'resets') later(afterMs, () => arrives(() => cut(exchange, () => socket.reset())));
      if (early !== 'reads') return;
      later(afterMs, () => {
        if (isOver()) return;
        read(request);
        taken();
      });
    });
  }

  /** The whole request has arrived. */
  function read(request: Current): void {
    const { arrival, exchange, reply, body, headBytes, bytes } = request;
    exchange.isRead = true;
    if (!buffered.subarray(headBytes, bytes).equals(body)) {
      report('identical', `a request of ${arrival.deliveryId} has another body`);
    }
    buffered = buffered.subarray(bytes);
    if (reply.accepts) context.onAccepted(arrival);
    crashable.reach('while a POST is in flight');
    if (reply.early) endOf(null);
    else later(reply.afterMs, () => arrives(() => react(request)));
  }

  function react({ exchange, reply }: Current): void {
    switch (reply.answer) {
      case 'none':
        return;
      case 'reset':
        return cut(exchange, () => socket.reset());
      case 'close':
        return cut(exchange, () => socket.close());
      case 'cut off':
        attempts.settle(exchange, { hasAnswer: true });
        socket.arrive(HALF_A_STATUS_LINE);
        return arrives(() => cut(exchange, () => socket.reset()));
      default:
        return answer(exchange, reply.answer, reply.retryAfterMs);
    }
  }

  function cut(exchange: Exchange, end: () => void): void {
    attempts.settle(exchange, { isCut: true });
    end();
  }

  function answer(exchange: Exchange, code: number, retryAfterMs: number | null): void {
    const hints = manners('informational answers before the answer');
    if (hints && chance.happens(0.5)) {
      attempts.settle(exchange, { hasAnswer: true });
      socket.arrive(INFORMATIONAL);
      return arrives(() => complete(exchange, code, retryAfterMs, ''));
    }
    complete(exchange, code, retryAfterMs, hints ? INFORMATIONAL : '');
  }

  function complete(exchange: Exchange, code: number, retryAfterMs: number | null, before: string): void {
    const closes = manners('closes the connection after the answer') || code === REQUEST_TIMEOUT;
    const keepAliveSeconds = manners('offers a keep-alive time') ? chance.pick(KEEP_ALIVE_SECONDS) : null;
    const isDouble = manners('a second answer in one piece with the first');
    attempts.settle(exchange, { code, retryAfterMs, hasAnswer: true });
    if (isDouble) reuse.onUnasked(false);
    endOf(keepAliveSeconds);
    const second = isDouble ? answerText(200) : '';
    socket.arrive(before + answerText(code, { retryAfterMs, keepAliveSeconds, closes }) + second);
    if (closes) socket.close();
  }

  /** The exchange has ended, and the connection is idle. */
  function endOf(keepAliveSeconds: number | null): void {
    current = null;
    reuse.onAnswer(keepAliveSeconds);
    if (manners('a second answer behind the first')) arrives(() => unasked(answerText(200)));
    const whenIdle = (act: () => void) => later(chance.between(1, MAX_IDLE_MS), () => current || arrives(act));
    for (const [manner, text] of onIdle) if (manners(manner)) whenIdle(() => unasked(text));
    if (manners('closes an idle connection')) whenIdle(() => endIdle(() => socket.close()));
    if (manners('resets an idle connection')) whenIdle(() => endIdle(() => socket.reset()));
  }

  function onAttempt({ target }: Arrival): void {
    const isIdle = target.destinationId === destinationId && reuse.isReused() && !current;
    if (isIdle && manners('an answer on an idle connection just before the next request')) {
      arrives(() => unasked(answerText(200)));
    }
  }

  /** If the sender did not look before it used the connection again, the bytes look like the answer to its request. */
  function unasked(text: string): void {
    if (!current) reuse.onUnasked(true);
    socket.arrive(text);
  }

  function endIdle(end: () => void): void {
    if (current) cut(current.exchange, end);
    else end();
  }

  return socket;
}
