/** The simulated receivers: they accept lines, or fail as the run tells them. */
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { DeliveryRequest, Sender, Target } from '../../src/delivery/transport/types.js';
import type { Outcome } from '../../src/domain/lane/attempt.js';
import type { Clock } from '../../src/runtime/clock.js';
import { linesOf } from '../support/receiver/lines.js';
import type { Chance } from './chance.js';
import type { Crashable } from './process.js';
import { accepted, type FaultName, outcomeOf, type Reply, type Request, replyOf } from './receiver-faults.js';

/** A request that arrives at a receiver. */
export interface Arrival {
  at: number;
  processNumber: number;
  deliveryId: string;
  target: Target;
  text: string;
  /** The logins of its lines, in their order. */
  logins: readonly { portal: number; number: number }[];
}

/** Sees every request. */
export interface Watcher {
  onArrival(arrival: Arrival): void;
  /** The receiver has decided. The sender gets the answer later, or never. */
  onReply(arrival: Arrival, reply: Reply, fault: FaultName | null): void;
  /** The sender has the answer, or its connection was closed. */
  onEnd(arrival: Arrival, reply: Reply): void;
}

/** A fault of a receiver for some time. `share`: the part of its answers that fail, from 0 to 1. */
interface Outage {
  fault: FaultName;
  share: number;
  until: number;
}

export interface Receivers {
  /** The sender of one process. */
  senderOf(crashable: Crashable): Sender;
  fail(host: string, outage: Outage): void;
  /** Ends every outage. */
  repair(): void;
}

export function createReceivers(clock: Clock, chance: Chance, watcher: Watcher): Receivers {
  const outages = new Map<string, Outage>();

  function decide(host: string, request: Request): { reply: Reply; fault: FaultName | null } {
    const outage = outages.get(host);
    if (!outage || clock.now() >= outage.until || !chance.happens(outage.share))
      return { reply: accepted, fault: null };
    const { fault } = outage;
    const reply = replyOf(fault, chance, request);
    if (reply.thenDownMs) {
      outages.set(host, { fault: 'refused', share: 1, until: clock.now() + reply.thenDownMs });
    }
    // Some faults depend on the request: this one may be accepted.
    return { reply, fault: isDeepStrictEqual(reply, accepted) ? null : fault };
  }

  function senderOf(crashable: Crashable): Sender {
    const inFlight = new Set<() => void>();

    /** Resolves when the sender gets the reply, or with a connection error if the sender stops before. */
    function answered(reply: Reply): Promise<Reply> {
      if (!reply.afterMs) return Promise.resolve(reply);
      return new Promise((resolve) => {
        const end = (known: Reply) => {
          inFlight.delete(cutOff);
          resolve(known);
        };
        const cancel = clock.at(clock.now() + reply.afterMs, () => end(reply));
        const cutOff = () => {
          cancel();
          end({ ...reply, code: null, error: 'The client is destroyed', phase: 'HEADERS' });
        };
        inFlight.add(cutOff);
      });
    }

    return {
      name: 'sender',
      start: () => Promise.resolve(),
      async send(target: Target, { deliveryId, body }: DeliveryRequest): Promise<Outcome> {
        crashable.reach('before a POST');
        if (crashable.hasEnded()) return never();
        const at = clock.now();
        const text = gunzipSync(body).toString();
        const logins = loginsOf(text);
        const arrival = { at, processNumber: crashable.number, deliveryId, target, text, logins };
        watcher.onArrival(arrival);
        const { reply, fault } = decide(new URL(target.endpoint).host, {
          bytes: text.length,
          numbers: logins.map(({ number }) => number),
        });
        watcher.onReply(arrival, reply, fault);
        crashable.reach('while a POST is in flight');
        const known = await answered(reply);
        if (!crashable.hasEnded()) crashable.reach('after its response');
        if (crashable.hasEnded()) return never();
        watcher.onEnd(arrival, known);
        return outcomeOf(known, at, clock.now() - at);
      },
      stop() {
        for (const cutOff of inFlight) cutOff();
        return Promise.resolve();
      },
    };
  }

  return {
    senderOf,
    fail: (host, outage) => void outages.set(host, outage),
    repair: () => outages.clear(),
  };
}

/** The process has ended: nothing awaits the outcome. */
const never = () => new Promise<never>(() => {});

/** The request of a login, which identifies it. */
export const requestOf = (portal: number, number: number): string => `/portal/${portal}/login/${number}`;

function loginsOf(text: string): { portal: number; number: number }[] {
  return linesOf(text).map((line) => {
    const [, portal, number] = /\/portal\/(\d+)\/login\/(\d+)\b/.exec(line) ?? [];
    return { portal: Number(portal), number: Number(number) };
  });
}
