import type { AppOptions } from '../../../src/app.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import { systemClock } from '../../../src/runtime/clock.js';

/** Sends over real sockets and with the system clock, for a server with another clock. Counts the requests in flight. */
export function createRealTimeSender(): {
  createSender: NonNullable<AppOptions['createSender']>;
  inFlight(): number;
} {
  let inFlight = 0;
  return {
    inFlight: () => inFlight,
    createSender(given) {
      const real = createSender({ ...given, clock: systemClock });
      return {
        ...real,
        async send(target, post) {
          inFlight += 1;
          const attemptedAt = given.clock.now();
          const outcome = await real.send(target, post);
          inFlight -= 1;
          return { ...outcome, attemptedAt };
        },
      };
    },
  };
}
