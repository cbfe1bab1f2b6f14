/** What is looked at all through a run, whenever the process has nothing more to do at that time. */
import type { Clock } from '../../src/runtime/clock.js';
import type { Account } from './account.js';
import type { Report } from './invariants.js';
import type { Life } from './life.js';

/** No lane with something to do is without a request for so long, in ms: twice the longest wait that there is, */
const MOST_IDLE_MS = 120_000;
/** and the longest that a request takes of each other portal: to a destination that fails they go one by one. */
const MOST_TURN_MS = 31_000;

/** @param isExcused whether a portal need not send anything: it does, or nothing can be sent */
export function createWatch(account: Account, report: Report, clock: Clock, isExcused: (portalId: string) => boolean) {
  // When each lane was last seen to have nothing to do or to be at it, in ms.
  const moved = new Map<string, number>();

  return {
    /** Something is sent of a portal. */
    sent: (portalId: string): void => void moved.set(portalId, clock.now()),
    idle(): void {
      const now = clock.now();
      for (const { portalId, webhook, standings } of account.portals.values()) {
        const hasToSend = webhook?.enabled && standings.includes('pending') && !isExcused(portalId);
        if (!hasToSend || !moved.has(portalId)) moved.set(portalId, now);
        const idle = now - (moved.get(portalId) ?? now);
        if (idle <= MOST_IDLE_MS + account.portals.size * MOST_TURN_MS) continue;
        report('progress', `${portalId} has logins to send, and has not for ${idle} ms`);
      }
    },
    memory(life: Life): void {
      const timers = life.timers();
      // For each lane that waits or has an outcome to record, each destination that is spared, the commands and retention.
      if (timers > account.portals.size + account.destinations.size + 2) report('memory', `${timers} timers are set`);
    },
  };
}
