/** Limits the requests and lines that each destination gets. All webhooks that send to a destination share its capacity. */
import type { DestinationHealth } from '../domain/destination-health.js';
import type { Clock } from '../runtime/clock.js';

export interface Capacity {
  /** Most requests in flight. */
  maxInFlight: number;
  /** null: no limit. */
  linesPerSecond: number | null;
}

/** No Retry-After (30 s) and no rate pauses a destination this long, in ms: a later time was set by a wrong clock. */
const MAX_PAUSE_MS = 15 * 60_000;

interface DestinationLimits {
  inFlight: number;
  capacity: Capacity;
  waiting: { webhookId: string; settle: (isAdmitted: boolean) => void }[];
  /** The last attempt failed: only one request at a time, until one succeeds. */
  failing: boolean;
  /** The webhook that was admitted last has not debited its lines yet. With a rate limit, the others wait for that. */
  undebited: boolean;
  /** No request starts before this time (ms), because of a Retry-After or because the rate is used up. */
  pausedUntil: number;
  cancelTimer: (() => void) | null;
}

/** The state of a destination by the log. */
type Health = Pick<DestinationHealth, 'failingSince' | 'pausedUntil'>;

/**
 * @param stopping once aborted, every waiting webhook is admitted at once
 * @param healthOf the state of a destination when the limiter begins to limit it; attempts in flight are newer than the log
 */
export function createLimiter(clock: Clock, stopping: AbortSignal, healthOf: (destinationId: string) => Health) {
  const destinations = new Map<string, DestinationLimits>();
  // For each webhook, the one destination that it waits for.
  const waitingFor = new Map<string, string>();

  function limitsOf(id: string): DestinationLimits {
    const known = destinations.get(id);
    if (known) return known;
    const health = healthOf(id);
    const limits: DestinationLimits = {
      inFlight: 0,
      capacity: { maxInFlight: 1, linesPerSecond: null },
      waiting: [],
      failing: health.failingSince !== null,
      undebited: false,
      pausedUntil: health.pausedUntil ?? 0,
      cancelTimer: null,
    };
    destinations.set(id, limits);
    return limits;
  }

  const isPaused = ({ pausedUntil }: DestinationLimits): boolean =>
    pausedUntil > clock.now() && pausedUntil <= clock.now() + MAX_PAUSE_MS;

  function isOpen(limits: DestinationLimits): boolean {
    const { inFlight, capacity, failing, undebited } = limits;
    if (capacity.linesPerSecond !== null && undebited) return false;
    return inFlight < (failing ? 1 : capacity.maxInFlight) && !isPaused(limits);
  }

  /** Admits the webhooks that may send now, in order of arrival. While the destination is paused, a timer does so later. */
  function admit(id: string, limits: DestinationLimits): void {
    while (limits.waiting.length && (isOpen(limits) || stopping.aborted)) {
      limits.inFlight += 1;
      limits.undebited = true;
      limits.waiting.shift()?.settle(true);
    }
    limits.cancelTimer?.();
    limits.cancelTimer = null;
    const paused = isPaused(limits);
    if (limits.waiting.length && paused) limits.cancelTimer = clock.at(limits.pausedUntil, () => admit(id, limits));
    if (!limits.waiting.length && !limits.inFlight && !limits.failing && !paused) destinations.delete(id);
  }

  stopping.addEventListener('abort', () => {
    for (const [id, limits] of destinations) admit(id, limits);
  });

  return {
    /**
     * Waits until a webhook may send to a destination.
     *
     * @returns a function that gives the place back; null if the webhook was withdrawn
     */
    async acquire(id: string, webhookId: string, capacity: Capacity): Promise<(() => void) | null> {
      const limits = limitsOf(id);
      limits.capacity = capacity;
      const isAdmitted = await new Promise<boolean>((settle) => {
        limits.waiting.push({ webhookId, settle });
        waitingFor.set(webhookId, id);
        admit(id, limits);
      });
      if (!isAdmitted) return null;
      waitingFor.delete(webhookId);
      return () => {
        limits.inFlight -= 1;
        limits.undebited = false;
        admit(id, limits);
      };
    },

    /** Ends the wait of a webhook, if it waits. */
    withdraw(webhookId: string): void {
      const id = waitingFor.get(webhookId);
      const limits = id === undefined ? undefined : destinations.get(id);
      const index = limits?.waiting.findIndex((waiter) => waiter.webhookId === webhookId) ?? -1;
      waitingFor.delete(webhookId);
      if (id === undefined || !limits || index < 0) return;
      const [withdrawn] = limits.waiting.splice(index, 1);
      withdrawn?.settle(false);
      admit(id, limits);
    },

    /** Whether an admitted webhook must give its place back before its next batch: others wait, or a limit is reached. */
    mustYield(id: string, capacity: Capacity): boolean {
      const limits = limitsOf(id);
      limits.capacity = capacity;
      return limits.waiting.length > 0 || isPaused(limits) || limits.inFlight > capacity.maxInFlight;
    },

    /** Whether an admitted webhook may not send after all: the destination failed or was paused since then. */
    isThrottled(id: string): boolean {
      const limits = limitsOf(id);
      return isPaused(limits) || (limits.failing && limits.inFlight > 1);
    },

    /** Counts lines that are sent now against the rate. */
    debit(id: string, lines: number, { linesPerSecond }: Capacity): void {
      if (linesPerSecond === null) return;
      const limits = limitsOf(id);
      const from = isPaused(limits) ? limits.pausedUntil : clock.now();
      limits.pausedUntil = from + Math.ceil((lines * 1_000) / linesPerSecond);
      limits.undebited = false;
      admit(id, limits);
    },

    /**
     * Records how an attempt ended.
     *
     * @param pausedUntil the receiver asked for a pause until this time (ms); null if it did not
     * @returns whether the destination was failing and works again
     */
    attempted(id: string, failed: boolean, pausedUntil: number | null): boolean {
      const limits = limitsOf(id);
      const isHealthyAgain = limits.failing && !failed;
      limits.failing = failed;
      limits.pausedUntil = Math.max(isPaused(limits) ? limits.pausedUntil : 0, pausedUntil ?? 0);
      return isHealthyAgain;
    },
  };
}
