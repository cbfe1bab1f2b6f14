import type { Clock } from '../../../src/runtime/clock.js';

/** What is under way in the process gets so long (ms) before the next timer is due. */
const HASTE_MS = 2;
/** A timer of a later time (what is kept passes its age) is waited for. */
const MAX_JUMP_MS = 2 * 3_600_000;

/**
 * A clock for a server in which nobody is to wait: it goes on as time does, and jumps to the next timer as soon as one is set.
 *
 * @param start ms
 * @param isBusy whether something is under way that is to end first
 */
export function createHastyClock(start: number, isBusy: () => boolean = () => false): Clock {
  const begun = performance.now();
  let skipped = 0;
  let jump: NodeJS.Timeout | null = null;
  const timers = new Set<{ time: number; callback: () => void }>();

  const now = () => Math.floor(start + skipped + performance.now() - begun);

  function jumpLater(): void {
    if (jump || !timers.size) return;
    jump = setTimeout(() => {
      jump = null;
      if (isBusy()) return jumpLater();
      const [next] = [...timers].sort((one, other) => one.time - other.time);
      if (next && next.time > now() + MAX_JUMP_MS) return;
      if (next) {
        timers.delete(next);
        skipped += Math.max(0, next.time - now());
        next.callback();
      }
      jumpLater();
    }, HASTE_MS);
  }

  return {
    now,
    at(time, callback) {
      const timer = { time, callback };
      timers.add(timer);
      jumpLater();
      return () => void timers.delete(timer);
    },
  };
}
