/** The simulated receivers: they keep what they take, and fail as they are told. */

import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { DeliveryRequest, Sender, Target } from '../../src/delivery/transport/types.js';
import type { Outcome } from '../../src/domain/lane/attempt.js';
import type { Clock } from '../../src/runtime/clock.js';
import type { Chance } from './chance.js';
import { type FaultName, outcomeOf, type Reply, type Request, replyOf, well } from './faults.js';
import type { Mortal } from './life.js';

/** A request as it arrives. */
export interface Arrival {
  at: number;
  life: number;
  deliveryId: string;
  target: Target;
  text: string;
  /** The logins of its lines, in their order. */
  logins: readonly { portal: number; number: number }[];
}

/** What is seen of every request. */
export interface Watcher {
  onArrival(arrival: Arrival): void;
  /** The receiver has decided; the sender may not know yet, nor ever. */
  onReply(arrival: Arrival, reply: Reply, fault: FaultName | null): void;
  /** The sender knows, or was cut off. */
  onEnd(arrival: Arrival, reply: Reply): void;
}

/** A way in which a receiver fails for a while. `share`: how many of its answers, from 0 to 1. */
interface Trouble {
  fault: FaultName;
  share: number;
  until: number;
}

export interface Receivers {
  /** A sender of a life of the process. */
  senderOf(life: Mortal): Sender;
  trouble(host: string, trouble: Trouble): void;
  /** All is well with every receiver, from now on. */
  heal(): void;
}

export function createReceivers(clock: Clock, chance: Chance, watcher: Watcher): Receivers {
  const troubles = new Map<string, Trouble>();

  function decide(host: string, request: Request): { reply: Reply; fault: FaultName | null } {
    const trouble = troubles.get(host);
    if (!trouble || clock.now() >= trouble.until || !chance.happens(trouble.share)) return { reply: well, fault: null };
    const { fault } = trouble;
    const reply = replyOf(fault, chance, request);
    if (reply.thenDownMs) {
      troubles.set(host, { fault: 'refused', share: 1, until: clock.now() + reply.thenDownMs });
    }
    // A receiver that would have refused something else does not fail this time.
    return { reply, fault: isDeepStrictEqual(reply, well) ? null : fault };
  }

  function senderOf(life: Mortal): Sender {
    const underWay = new Set<() => void>();

    /** Resolves with the reply when the sender learns of it; with a broken connection if it is cut off before. */
    function answered(reply: Reply): Promise<Reply> {
      if (!reply.afterMs) return Promise.resolve(reply);
      return new Promise((resolve) => {
        const end = (known: Reply) => {
          underWay.delete(cutOff);
          resolve(known);
        };
        const cancel = clock.at(clock.now() + reply.afterMs, () => end(reply));
        const cutOff = () => {
          cancel();
          end({ ...reply, code: null, error: 'The client is destroyed', phase: 'HEADERS' });
        };
        underWay.add(cutOff);
      });
    }

    return {
      name: 'sender',
      start: () => Promise.resolve(),
      async send(target: Target, { deliveryId, body }: DeliveryRequest): Promise<Outcome> {
        life.reach('before a POST');
        if (life.isOver()) return never();
        const at = clock.now();
        const text = gunzipSync(body).toString();
        const logins = loginsOf(text);
        const arrival = { at, life: life.number, deliveryId, target, text, logins };
        watcher.onArrival(arrival);
        const { reply, fault } = decide(new URL(target.endpoint).host, {
          bytes: text.length,
          numbers: logins.map(({ number }) => number),
        });
        watcher.onReply(arrival, reply, fault);
        life.reach('while a POST is under way');
        const known = await answered(reply);
        if (!life.isOver()) life.reach('after its response');
        if (life.isOver()) return never();
        watcher.onEnd(arrival, known);
        return outcomeOf(known, at, clock.now() - at);
      },
      stop() {
        for (const cutOff of underWay) cutOff();
        return Promise.resolve();
      },
    };
  }

  return {
    senderOf,
    trouble: (host, trouble) => void troubles.set(host, trouble),
    heal: () => troubles.clear(),
  };
}

/** Nobody is left who would wait for it. */
const never = () => new Promise<never>(() => {});

/** A login is known by its request. */
export const requestOf = (portal: number, number: number): string => `/portal/${portal}/login/${number}`;

function loginsOf(text: string): { portal: number; number: number }[] {
  return text.split('\n').map((line) => {
    const [, portal, number] = /\/portal\/(\d+)\/login\/(\d+)\b/.exec(line) ?? [];
    return { portal: Number(portal), number: Number(number) };
  });
}
