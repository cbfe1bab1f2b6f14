/** Where time comes from, in ms since the epoch. */
export interface Clock {
  now(): number;
  /** Calls `callback` once at `time` or as soon as it has passed; gives back how to cancel that. */
  at(time: number, callback: () => void): () => void;
}

/** The longest that Node's timers wait; a later time is waited for in steps. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const rest = time - Date.now();
      timer = setTimeout(() => (time > Date.now() ? arm() : callback()), Math.min(MAX_TIMER_MS, Math.max(0, rest)));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
