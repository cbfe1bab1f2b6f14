import type { z } from 'zod';
import { assertPair, pairChange } from '../domain/client-certificate.js';
import type {
  createDestination,
  DestinationEvent,
  deleteDestination,
  updateDestination,
} from '../domain/destination.js';
import { type Destination, type DestinationCommand, decide, evolve, type Sealed } from '../domain/destination.js';
import type { Recorded } from '../domain/event.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import { AUTHORIZATION, CLIENT_KEY } from '../vault/secrets.js';
import { type CommandContext } from './context.js';

export function destinationHandlers({ log, writer, models, secrets, random }: CommandContext) {
  function load(id: string): Destination {
    return log
      .range(streamOf('destination', id), 1, Number.MAX_SAFE_INTEGER)
      .filter(isDestinationEvent)
      .reduce<Destination>(evolve, null);
  }

  function handle(command: DestinationCommand, cause: Cause, now: number): string {
    const { id } = command;
    const namesake =
      'name' in command && command.name !== undefined ? models.destinations.named(command.name) : undefined;
    const events = decide(command, load(id), {
      nameTaken: namesake !== undefined && namesake.id !== id,
      usedBy: models.webhooks.portalsUsing(id),
    });
    writer.append([{ stream: streamOf('destination', id), events }], cause, now);
    return id;
  }

  const seal = (id: string, name: string, secret: string | null): Sealed | null =>
    secret === null ? null : secrets.seal(streamOf('destination', id), name, secret);

  /** A new certificate must match the stored key, and a new key the stored certificate, if the call does not give both. */
  function assertPairOf(id: string, pair: { clientCertificate?: string | null; clientKey?: string | null }): void {
    const destination = load(id);
    if (!destination) return;
    const { clientCertificate = destination.clientCertificate } = pair;
    const storedKey = () =>
      destination.clientKey === null
        ? null
        : secrets.open(streamOf('destination', id), CLIENT_KEY, destination.clientKey);
    assertPair(clientCertificate, pair.clientKey === undefined ? storedKey() : pair.clientKey);
  }

  return {
    /** @returns the destination's id */
    createDestination(input: z.output<typeof createDestination>, cause: Cause, now: number) {
      assertPair(input.clientCertificate, input.clientKey);
      const id = randomUuid(random);
      const sealed = {
        authorization: seal(id, AUTHORIZATION, input.authorization),
        clientKey: seal(id, CLIENT_KEY, input.clientKey),
      };
      return handle({ type: 'CreateDestination', ...input, id, ...sealed }, cause, now);
    },
    updateDestination(input: z.output<typeof updateDestination>, cause: Cause, now: number) {
      const { id, authorization, clientCertificate, clientKey, ...rest } = input;
      const pair = pairChange({ clientCertificate, clientKey });
      if (pair.clientCertificate !== undefined || pair.clientKey !== undefined) assertPairOf(id, pair);
      const change = {
        ...rest,
        ...(authorization !== undefined && { authorization: seal(id, AUTHORIZATION, authorization) }),
        ...(pair.clientCertificate !== undefined && { clientCertificate: pair.clientCertificate }),
        ...(pair.clientKey !== undefined && { clientKey: seal(id, CLIENT_KEY, pair.clientKey) }),
      };
      return handle({ type: 'UpdateDestination', id, ...change }, cause, now);
    },
    /** Also destroys the data key of the destination, so that its secrets cannot be opened again. */
    deleteDestination(input: z.output<typeof deleteDestination>, cause: Cause, now: number) {
      const id = handle({ type: 'DeleteDestination', ...input }, cause, now);
      secrets.destroy(streamOf('destination', id));
      return id;
    },
  };
}

function isDestinationEvent(event: Recorded): event is Recorded<DestinationEvent> {
  return (
    event.type === 'DestinationCreated' || event.type === 'DestinationUpdated' || event.type === 'DestinationDeleted'
  );
}
