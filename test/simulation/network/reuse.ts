/** Checks the connections that carry a second request: may the sender still use them? */
import type { Clock } from '../../../src/runtime/clock.js';
import type { Report } from '../invariants.js';
import type { Arrival } from '../receivers.js';

/** How long a destination gets a new connection for each request after it sent bytes that no request asked for, in ms. */
const DISTRUST_MS = 3_600_000;
/** How long a connection may be idle, in ms: without an offer of the receiver, and at most. */
const DEFAULT_IDLE_MS = 4_000;
const MAX_IDLE_MS = 60_000;
/** The sender gives a connection up this long before the receiver does, in ms. */
const IDLE_MARGIN_MS = 1_000;

export type Reuse = ReturnType<typeof createReuse>;

export function createReuse(clock: Clock, report: Report) {
  /** When a destination last sent bytes that no request asked for, in ms. */
  const unaskedAt = new Map<string, number>();

  return {
    /** A new connection to a destination. */
    ofConnection(destinationId: string) {
      let requests = 0;
      let mayBeIdleUntil = Number.POSITIVE_INFINITY;
      let hasUnasked = false;

      return {
        isReused: (): boolean => requests > 0,
        onRequest({ deliveryId, at }: Arrival): void {
          requests += 1;
          if (requests === 1) return;
          const since = unaskedAt.get(destinationId) ?? Number.NEGATIVE_INFINITY;
          if (hasUnasked)
            report('unasked answers', `${deliveryId} is sent on a connection with bytes that nothing asked for`);
          // An attempt that began at the same time may use a connection that it had chosen before.
          else if (since < at && at < since + DISTRUST_MS) {
            report('unasked answers', `${deliveryId} is sent on a kept connection ${at - since} ms after such bytes`);
          }
          if (clock.now() >= mayBeIdleUntil) {
            report('kept connections', `${deliveryId} is sent on a connection that was idle for too long`);
          }
        },
        /** @param keepAliveSeconds what the receiver offers; null: nothing */
        onAnswer(keepAliveSeconds: number | null): void {
          const offered = keepAliveSeconds === null ? DEFAULT_IDLE_MS : keepAliveSeconds * 1_000 - IDLE_MARGIN_MS;
          mayBeIdleUntil = clock.now() + Math.min(MAX_IDLE_MS, offered);
        },
        /** The sender reads bytes that no request asked for; `isIdle`: while the connection is idle. */
        onUnasked(isIdle: boolean): void {
          hasUnasked = true;
          if (isIdle) unaskedAt.set(destinationId, clock.now());
        },
      };
    },
  };
}
