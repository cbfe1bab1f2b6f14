import type { Clock } from '../../../src/runtime/clock.js';

/** Time (ms) that the process gets for its work before the clock jumps to the next timer. */
const JUMP_DELAY_MS = 2;
/** The clock does not jump to a timer that is further away, such as the expiry of logins. */
const MAX_JUMP_MS = 2 * 3_600_000;

/**
 * A clock for a server that must not wait: it runs like the system clock, and soon jumps to the next timer that is set.
 *
 * @param start ms
 * @param isBusy whether work is in progress that must end before the next jump
 */
export function createHastyClock(start: number, isBusy: () => boolean = () => false): Clock {
  const startedAt = performance.now();
  let skipped = 0;
  let jump: NodeJS.Timeout | null = null;
  const timers = new Set<{ time: number; callback: () => void }>();

  const now = () => Math.floor(start + skipped + performance.now() - startedAt);

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
    }, JUMP_DELAY_MS);
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
