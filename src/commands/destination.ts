import type { z } from 'zod';
import type {
  createDestination,
  DestinationEvent,
  deleteDestination,
  updateDestination,
} from '../domain/destination.js';
import { type Destination, type DestinationCommand, decide, evolve } from '../domain/destination.js';
import type { Cause, Recorded, StreamName } from '../domain/event.js';
import { randomUuid } from '../random.js';
import { AUTHORIZATION } from '../secrets.js';
import { type Deps, expectation } from './deps.js';

export function destinationHandlers({ log, appender, models, secrets, random }: Deps) {
  function handle(command: DestinationCommand, cause: Cause, now: number): string {
    const { id } = command;
    const expected = expectation(log);
    const stream: StreamName = `destination-${id}`;
    const destination = log
      .range(stream, 1, Number.MAX_SAFE_INTEGER)
      .filter(isDestinationEvent)
      .reduce<Destination>(evolve, null);
    const namesake =
      'name' in command && command.name !== undefined ? models.destinations.named(command.name) : undefined;
    const events = decide(command, destination, {
      nameTaken: namesake !== undefined && namesake.id !== id,
      usedBy: models.webhooks.portalsUsing(id),
    });
    appender.append([{ stream, events }], cause, now, expected);
    return id;
  }

  const seal = (id: string, authorization: string | null) =>
    authorization === null ? null : secrets.seal(`destination-${id}`, AUTHORIZATION, authorization);

  return {
    /** @returns the destination's id */
    createDestination(input: z.output<typeof createDestination>, cause: Cause, now: number) {
      const id = randomUuid(random);
      return handle(
        { type: 'CreateDestination', ...input, id, authorization: seal(id, input.authorization) },
        cause,
        now,
      );
    },
    updateDestination({ authorization, ...input }: z.output<typeof updateDestination>, cause: Cause, now: number) {
      const sealed = authorization === undefined ? {} : { authorization: seal(input.id, authorization) };
      return handle({ type: 'UpdateDestination', ...input, ...sealed }, cause, now);
    },
    /** Destroys the key of its authorization value: nothing can send with it any more. */
    deleteDestination(input: z.output<typeof deleteDestination>, cause: Cause, now: number) {
      const id = handle({ type: 'DeleteDestination', ...input }, cause, now);
      secrets.destroy(`destination-${id}`);
      return id;
    },
  };
}

function isDestinationEvent(event: Recorded): event is Recorded<DestinationEvent> {
  return (
    event.type === 'DestinationCreated' || event.type === 'DestinationUpdated' || event.type === 'DestinationDeleted'
  );
}
