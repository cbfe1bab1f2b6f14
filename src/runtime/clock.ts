/** The source of time, in ms since the epoch. */
export interface Clock {
  now(): number;
  /** Calls `callback` once, at `time` or as soon as it has passed. @returns a function that cancels the call */
  at(time: number, callback: () => void): () => void;
}

/** The longest wait of a Node timer, in ms. A longer wait uses several timers. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const remaining = time - Date.now();
      timer = setTimeout(
        () => (time > Date.now() ? arm() : callback()),
        Math.min(MAX_TIMER_MS, Math.max(0, remaining)),
      );
    };
    arm();
    return () => clearTimeout(timer);
  },
};
