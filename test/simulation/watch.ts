/** Checks that run whenever the process has nothing left to do at the present time. */
import type { Clock } from '../../src/runtime/clock.js';
import type { Account } from '../support/account/account.js';
import type { Report } from './invariants.js';
import type { SimulatedProcess } from './process.js';

/** A lane with pending logins sends a request within this time: twice the longest wait, */
const MAX_IDLE_MS = 120_000;
/** and the longest request of each other webhook, because a failing destination gets one request at a time. */
const MAX_REQUEST_MS = 31_000;

/** @param isExcused whether a webhook need not start a request: one is in flight, or none can be sent */
export function createWatch(account: Account, report: Report, clock: Clock, isExcused: (webhookId: string) => boolean) {
  /** When each lane last sent a request or had none to send, in ms. */
  const idleSince = new Map<string, number>();

  return {
    /** A request of a webhook was sent. */
    sent: (webhookId: string): void => void idleSince.set(webhookId, clock.now()),
    idle(): void {
      const now = clock.now();
      for (const { webhookId, webhook, states } of account.lanes.values()) {
        const hasToSend = webhook?.enabled && states.includes('pending') && !isExcused(webhookId);
        if (!hasToSend || !idleSince.has(webhookId)) idleSince.set(webhookId, now);
        const idle = now - (idleSince.get(webhookId) ?? now);
        if (idle <= MAX_IDLE_MS + account.lanes.size * MAX_REQUEST_MS) continue;
        report('progress', `${webhookId} has pending logins, but sent no request for ${idle} ms`);
      }
    },
    memory(running: SimulatedProcess): void {
      const timers = running.timers();
      // One for each lane that waits or has an outcome to record, one for each paused destination, the queue's and retention's.
      if (timers > account.lanes.size + account.destinations.size + 2) report('memory', `${timers} timers are set`);
    },
  };
}
