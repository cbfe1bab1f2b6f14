import type { Clock } from '../runtime/clock.js';

/** What a destination takes at a time. */
export interface Capacity {
  /** Requests under way at once. */
  maxInFlight: number;
  /** null: no limit. */
  linesPerSecond: number | null;
}

/** Longer than any pause (30 s) or rate makes a destination wait, in ms: beyond it the clock was wrong when it was set. */
const MAX_PAUSE_MS = 15 * 60_000;

interface Gate {
  inFlight: number;
  capacity: Capacity;
  waiting: { portalId: string; settle: (isIn: boolean) => void }[];
  /** The last try failed: one request at a time, until one succeeds. */
  failing: boolean;
  /** Whoever was let in last has not said yet how many lines it sends: where there is a rate, the others wait for that. */
  unspent: boolean;
  /** Nothing is sent before (ms): the receiver asked for it, or its rate is used up. */
  dueAt: number;
  cancelTimer: (() => void) | null;
}

/**
 * Who may send to a destination, and when: all portals that use it share its capacity, and wait in the order they came.
 *
 * @param stopping once aborted nobody waits any more
 */
export function createSlots(clock: Clock, stopping: AbortSignal) {
  const gates = new Map<string, Gate>();
  const healthySince = new Map<string, number>();
  // Where each portal that waits does so: a lane has one step at a time.
  const waitsAt = new Map<string, string>();

  function gateOf(id: string): Gate {
    const known = gates.get(id);
    if (known) return known;
    const capacity = { maxInFlight: 1, linesPerSecond: null };
    const rest = { waiting: [], failing: false, unspent: false, dueAt: 0, cancelTimer: null };
    const gate: Gate = { inFlight: 0, capacity, ...rest };
    gates.set(id, gate);
    return gate;
  }

  const isEarly = ({ dueAt }: Gate): boolean => dueAt > clock.now() && dueAt <= clock.now() + MAX_PAUSE_MS;

  function isOpen(gate: Gate): boolean {
    const { inFlight, capacity, failing, unspent } = gate;
    if (capacity.linesPerSecond !== null && unspent) return false;
    return inFlight < (failing ? 1 : capacity.maxInFlight) && !isEarly(gate);
  }

  /** Lets in whoever may go now; where only time is missing, looks again then. */
  function admit(id: string, gate: Gate): void {
    while (gate.waiting.length && (isOpen(gate) || stopping.aborted)) {
      gate.inFlight += 1;
      gate.unspent = true;
      gate.waiting.shift()?.settle(true);
    }
    gate.cancelTimer?.();
    gate.cancelTimer = null;
    if (gate.waiting.length && isEarly(gate)) gate.cancelTimer = clock.at(gate.dueAt, () => admit(id, gate));
    if (!gate.waiting.length && !gate.inFlight && !gate.failing && !isEarly(gate)) gates.delete(id);
  }

  stopping.addEventListener('abort', () => {
    for (const [id, gate] of gates) admit(id, gate);
  });

  return {
    /** Resolves when there is a slot, or at the stop, with how to release it; with null if the portal was made to leave. */
    async take(id: string, portalId: string, capacity: Capacity): Promise<(() => void) | null> {
      const gate = gateOf(id);
      gate.capacity = capacity;
      const isIn = await new Promise<boolean>((settle) => {
        gate.waiting.push({ portalId, settle });
        waitsAt.set(portalId, id);
        admit(id, gate);
      });
      if (!isIn) return null;
      waitsAt.delete(portalId);
      return () => {
        gate.inFlight -= 1;
        gate.unspent = false;
        admit(id, gate);
      };
    },

    /** A portal that waits for a slot waits no more. */
    leave(portalId: string): void {
      const id = waitsAt.get(portalId);
      const gate = id === undefined ? undefined : gates.get(id);
      const index = gate?.waiting.findIndex((one) => one.portalId === portalId) ?? -1;
      waitsAt.delete(portalId);
      if (id === undefined || !gate || index < 0) return;
      const [left] = gate.waiting.splice(index, 1);
      left?.settle(false);
      admit(id, gate);
    },

    /** Whoever holds a slot gives it back rather than going on: others wait for it, it is not due, or there are too many. */
    isOver(id: string, capacity: Capacity): boolean {
      const gate = gateOf(id);
      gate.capacity = capacity;
      return gate.waiting.length > 0 || isEarly(gate) || gate.inFlight > capacity.maxInFlight;
    },

    /** When a destination last succeeded after it had failed, in ms; null if that is not known. */
    healthySince: (id: string): number | null => healthySince.get(id) ?? null,

    /** Whoever holds a slot must not use it: the destination failed, or asked to be left alone, since it was given. */
    isShut(id: string): boolean {
      const gate = gateOf(id);
      return isEarly(gate) || (gate.failing && gate.inFlight > 1);
    },

    /** So many lines are being sent. */
    spend(id: string, lines: number, { linesPerSecond }: Capacity): void {
      if (linesPerSecond === null) return;
      const gate = gateOf(id);
      gate.dueAt = (isEarly(gate) ? gate.dueAt : clock.now()) + Math.ceil((lines * 1_000) / linesPerSecond);
      gate.unspent = false;
      admit(id, gate);
    },

    /**
     * How a try ended. `dueAt` (ms): the receiver wants nothing before.
     *
     * @returns whether it was the first that succeeded after others that failed
     */
    ended(id: string, failed: boolean, dueAt: number | null): boolean {
      const gate = gateOf(id);
      const isHealthyAgain = gate.failing && !failed;
      if (isHealthyAgain) healthySince.set(id, clock.now());
      gate.failing = failed;
      gate.dueAt = Math.max(isEarly(gate) ? gate.dueAt : 0, dueAt ?? 0);
      return isHealthyAgain;
    },
  };
}
