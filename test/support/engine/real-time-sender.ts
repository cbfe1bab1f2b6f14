import type { AppOptions } from '../../../src/app.js';
import { createSender } from '../../../src/delivery/transport/sender.js';
import { systemClock } from '../../../src/runtime/clock.js';

/** Sends over real sockets, with deadlines of real time, for a server with a clock of its own; says what is on the wire. */
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
