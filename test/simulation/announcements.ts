/** Checks that the engine does the next step of a lane exactly when the status says so. */
import type { RetentionSettings } from '../../src/domain/retention.js';
import { statusOf } from '../../src/queries/status.js';
import type { Clock } from '../../src/runtime/clock.js';
import type { Account } from '../support/account/account.js';
import type { Report } from './invariants.js';
import type { SimulatedProcess } from './process.js';

/** A status costs time: runs with more lanes than this are not checked. */
const MAX_LANES = 6;
/** After the log could not be written, the engine waits for a second, and the times are not those of the status. */
const AFTER_TROUBLE_MS = 5_000;

interface Announcements {
  /** `nextAttemptAt` of each lane, in ms. */
  times: Map<string, number | null>;
  /** When they were read, from which process, and at which position of the log. */
  at: number;
  process: SimulatedProcess;
  head: number;
}

/**
 * @param isInFlight whether a request is in flight, which the status does not tell from one that is due
 * @param isBound whether a destination's own limit of lines a second may delay the lane
 */
export function createAnnouncements(
  account: Account,
  report: Report,
  clock: Clock,
  retention: RetentionSettings,
  isInFlight: () => boolean,
  isBound: (webhookId: string) => boolean,
) {
  let known: Announcements | null = null;
  let troubledAt = Number.NEGATIVE_INFINITY;

  return {
    /** The log cannot be written, or a process ends. */
    disturb(): void {
      known = null;
      troubledAt = clock.now();
    },

    /** A lane sends a request. If nothing else has happened since the last status, its time was announced. */
    sent(webhookId: string): void {
      if (!known || clock.now() === known.at || isBound(webhookId)) return;
      const since = known.process.log.after(known.head, 100);
      if (since.some(({ stream }) => stream !== `delivery-${webhookId}`)) return;
      const time = known.times.get(webhookId) ?? null;
      if (time === clock.now()) return;
      report('announced', `${webhookId} sends at ${clock.now()}, but its status announced ${time}`);
    },

    /** The process has nothing left to do at the present time. */
    idle(running: SimulatedProcess): void {
      const now = clock.now();
      if (account.lanes.size > MAX_LANES || now < troubledAt + AFTER_TROUBLE_MS || isInFlight()) {
        known = null;
        return;
      }
      const head = running.log.head();
      if (known?.process === running && known.head === head) {
        for (const [webhookId, time] of known.times) {
          if (time === null || time > now || isBound(webhookId)) continue;
          report('announced', `the status of ${webhookId} announced ${time}, but the lane did nothing until ${now}`);
        }
      }
      const times = new Map<string, number | null>();
      const sources = { models: running.models, log: running.log, retention, now: () => now };
      for (const webhookId of account.lanes.keys())
        times.set(webhookId, statusOf(webhookId, sources).status.nextAttemptAt);
      known = { times, at: now, process: running, head };
    },
  };
}
