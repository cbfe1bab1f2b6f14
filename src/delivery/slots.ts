import type { Clock } from '../clock.js';

/** What a destination takes at a time. */
export interface Capacity {
  /** Requests under way at once. */
  maxInFlight: number;
  /** null: no limit. */
  linesPerSecond: number | null;
}

interface Gate {
  inFlight: number;
  maxInFlight: number;
  waiting: { portalId: string; settle: (isIn: boolean) => void }[];
  /** The last try failed: one request at a time, until one succeeds. */
  failing: boolean;
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
  // Where each portal that waits does so: a lane has one step at a time.
  const waitsAt = new Map<string, string>();

  function gateOf(id: string): Gate {
    const known = gates.get(id);
    if (known) return known;
    const gate: Gate = { inFlight: 0, maxInFlight: 1, waiting: [], failing: false, dueAt: 0, cancelTimer: null };
    gates.set(id, gate);
    return gate;
  }

  const isOpen = ({ inFlight, maxInFlight, failing, dueAt }: Gate): boolean =>
    inFlight < (failing ? 1 : maxInFlight) && clock.now() >= dueAt;

  /** Lets in whoever may go now; where only time is missing, looks again then. */
  function admit(id: string, gate: Gate): void {
    while (gate.waiting.length && (isOpen(gate) || stopping.aborted)) {
      gate.inFlight += 1;
      gate.waiting.shift()?.settle(true);
    }
    gate.cancelTimer?.();
    gate.cancelTimer = null;
    const isEarly = gate.dueAt > clock.now();
    if (gate.waiting.length && isEarly) gate.cancelTimer = clock.at(gate.dueAt, () => admit(id, gate));
    if (!gate.waiting.length && !gate.inFlight && !gate.failing && !isEarly) gates.delete(id);
  }

  stopping.addEventListener('abort', () => {
    for (const [id, gate] of gates) admit(id, gate);
  });

  return {
    /** Resolves when there is a slot, or at the stop, with how to release it; with null if the portal was made to leave. */
    async take(id: string, portalId: string, { maxInFlight }: Capacity): Promise<(() => void) | null> {
      const gate = gateOf(id);
      gate.maxInFlight = maxInFlight;
      const isIn = await new Promise<boolean>((settle) => {
        gate.waiting.push({ portalId, settle });
        waitsAt.set(portalId, id);
        admit(id, gate);
      });
      if (!isIn) return null;
      waitsAt.delete(portalId);
      return () => {
        gate.inFlight -= 1;
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

    /** Whoever holds a slot gives it back rather than going on: others wait for it, or it is not due. */
    isOver(id: string): boolean {
      const gate = gateOf(id);
      return gate.waiting.length > 0 || clock.now() < gate.dueAt;
    },

    /** So many lines are being sent. */
    spend(id: string, lines: number, { linesPerSecond }: Capacity): void {
      if (linesPerSecond === null) return;
      const gate = gateOf(id);
      gate.dueAt = Math.max(gate.dueAt, clock.now()) + Math.ceil((lines * 1_000) / linesPerSecond);
    },

    /** How a try ended. `dueAt` (ms): the receiver wants nothing before. */
    ended(id: string, failed: boolean, dueAt: number | null): void {
      const gate = gateOf(id);
      gate.failing = failed;
      gate.dueAt = Math.max(gate.dueAt, dueAt ?? 0);
    },
  };
}
