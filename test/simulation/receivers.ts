/** The simulated receivers: they accept lines, or fail as the run tells them. */
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Dialer } from '../../src/delivery/transport/dialer.js';
import { createSender } from '../../src/delivery/transport/sender.js';
import type { DeliveryRequest, Sender, Target } from '../../src/delivery/transport/types.js';
import type { Outcome } from '../../src/domain/lane/attempt.js';
import type { Clock } from '../../src/runtime/clock.js';
import { linesOf } from '../support/receiver/lines.js';
import type { Chance } from './chance.js';
import type { Report } from './invariants.js';
import type { Known } from './network/answers.js';
import { type Attempts, createAttempts } from './network/attempts.js';
import { createConnection } from './network/connection.js';
import { createManners, type Manner } from './network/manners.js';
import { createReuse } from './network/reuse.js';
import type { Crashable } from './process.js';
import { accepted, type FaultName, isOfConnection, noConnectionOf, type Reply, replyOf } from './receiver-faults.js';

/** An attempt, as it begins. */
export interface Arrival {
  at: number;
  processNumber: number;
  deliveryId: string;
  target: Target;
  text: string;
  /** The logins of its lines, in their order. */
  logins: readonly { portal: number; number: number }[];
}

/** Sees what happens between the sender and the receivers. */
export interface Watcher {
  /** An attempt begins. */
  onArrival(arrival: Arrival): void;
  /** A receiver decides how it reacts to a request. An attempt can have two requests. */
  onReply(arrival: Arrival, reply: Reply, fault: FaultName | null): void;
  /** No connection to a host can be opened. */
  onNoConnection(host: string, fault: FaultName): void;
  /** A receiver stores the lines. */
  onAccepted(arrival: Arrival): void;
  /** An attempt has ended: the sender has this answer, or none. */
  onEnd(arrival: Arrival, known: Known): void;
  onManner(manner: Manner): void;
  /** Something happens at the present time. */
  onActivity(): void;
}

/** A fault of a receiver for some time. `share`: the part of its answers that fail, from 0 to 1. */
interface Outage {
  fault: FaultName;
  share: number;
  until: number;
}

type SenderOptions = Parameters<typeof createSender>[0];

export interface Receivers {
  /** The sender of one process: the one of the product, over connections in memory. */
  senderOf(crashable: Crashable, options: SenderOptions): Sender;
  /** Whether an attempt goes on while no time passes, after some turns of the event loop. */
  areStarting(): boolean;
  fail(host: string, outage: Outage): void;
  /** Ends every outage. */
  repair(): void;
}

/** @param chances `receivers` draws what they answer, `connections` what they do with their connections */
export function createReceivers(
  clock: Clock,
  chances: { receivers: Chance; connections: Chance },
  report: Report,
  watcher: Watcher,
): Receivers {
  const outages = new Map<string, Outage>();
  const mannersOf = createManners(chances.connections, watcher.onManner);
  let latest: { crashable: Crashable; attempts: Attempts } | null = null;

  /** The fault of a receiver, if it shows now. @param ofConnection whether the fault of a connection is asked for, or of an answer */
  function faultOf(host: string, ofConnection: boolean): FaultName | null {
    const outage = outages.get(host);
    if (!outage || clock.now() >= outage.until || isOfConnection(outage.fault) !== ofConnection) return null;
    return chances.receivers.happens(outage.share) ? outage.fault : null;
  }

  function decide(arrival: Arrival, isReused: boolean): Reply {
    const { host } = new URL(arrival.target.endpoint);
    const fault = faultOf(host, false) ?? (isReused ? faultOf(host, true) : null);
    const request = { bytes: arrival.text.length, numbers: arrival.logins.map(({ number }) => number) };
    const reply = fault ? replyOf(fault, chances.receivers, request) : accepted;
    if (reply.thenDownMs) {
      outages.set(host, { fault: 'refused', share: 1, until: clock.now() + reply.thenDownMs });
    }
    // Some faults depend on the request: this one may be accepted.
    watcher.onReply(arrival, reply, isDeepStrictEqual(reply, accepted) ? null : fault);
    return reply;
  }

  function senderOf(crashable: Crashable, options: SenderOptions): Sender {
    const attempts = createAttempts(clock, report);
    latest = { crashable, attempts };
    const context = {
      crashable,
      clock: options.clock,
      chance: chances.connections,
      report,
      attempts,
      reuse: createReuse(clock, report),
      onAttempt: new Set<(arrival: Arrival) => void>(),
      decide,
      onAccepted: watcher.onAccepted,
      onActivity: watcher.onActivity,
    };

    const dialerOf = ({ destinationId, revision, endpoint }: Target): Dialer => {
      const { host } = new URL(endpoint);
      return async (progress) => {
        attempts.onOpen();
        const fault = faultOf(host, true);
        if (fault && isOfConnection(fault)) {
          watcher.onNoConnection(host, fault);
          if (fault === 'guarded address') attempts.onGuarded();
          const { phase, error } = noConnectionOf(fault);
          progress.phase = phase;
          throw error;
        }
        progress.phase = 'HEADERS';
        return createConnection(context, { destinationId, revision, manners: mannersOf(host) });
      };
    };
    const sender = createSender({ ...options, dialerOf });

    return {
      name: sender.name,
      start: () => sender.start(),
      async send(target: Target, request: DeliveryRequest): Promise<Outcome> {
        const { deliveryId, body } = request;
        crashable.reach('before a POST');
        if (crashable.hasEnded()) return never();
        const text = gunzipSync(body).toString();
        const arrival = {
          at: clock.now(),
          processNumber: crashable.number,
          deliveryId,
          target,
          text,
          logins: loginsOf(text),
        };
        watcher.onArrival(arrival);
        // An attempt that is starting has chosen its connection, and may have looked at it for the last time.
        if (!attempts.areStarting()) for (const act of context.onAttempt) act(arrival);
        attempts.begin(arrival, body);
        const outcome = await sender.send(target, request);
        if (!crashable.hasEnded()) crashable.reach('after its response');
        if (crashable.hasEnded()) return never();
        watcher.onEnd(arrival, attempts.end(arrival, outcome));
        return outcome;
      },
      stop() {
        attempts.onStop();
        return sender.stop();
      },
    };
  }

  return {
    senderOf,
    areStarting: () => latest !== null && !latest.crashable.hasEnded() && latest.attempts.areStarting(),
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
