import { pairChange } from '../domain/client-certificate.js';
import {
  type Destination,
  type DestinationChange,
  type DestinationCommand,
  type DestinationEvent,
  type DestinationSettings,
  decide,
  evolve,
  type Header,
  type NewDestination,
  type Sealed,
} from '../domain/destination.js';
import { assertSecretsGiven } from '../domain/destination-secrets.js';
import { destinationTested } from '../domain/destination-test.js';
import type { Recorded } from '../domain/event.js';
import type { Outcome } from '../domain/lane/attempt.js';
import { invalidInput, notFound } from '../domain/refusal.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import { assertUsablePair } from '../vault/client-pair.js';
import { AUTHORIZATION, CLIENT_KEY, ENDPOINT, headerSecret } from '../vault/secrets.js';
import { type CommandContext } from './context.js';

/** Most health events, and tests, that are deleted with their destination: one a minute for a week. */
const MAX_PRUNED = 10_080;

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
      usedBy: models.webhooks.using(id),
    });
    writer.append([{ stream: streamOf('destination', id), events }], cause, now);
    return id;
  }

  /** A secret that equals the stored one keeps its stored form, so that it is no change. */
  function seal(id: string, name: string, secret: string, stored: Sealed | null = null): Sealed {
    const owner = streamOf('destination', id);
    return stored !== null && secrets.isSealed(owner, name, stored, secret)
      ? stored
      : secrets.seal(owner, name, secret);
  }

  const sealOptional = (
    id: string,
    name: string,
    secret: string | null,
    stored: Sealed | null = null,
  ): Sealed | null => (secret === null ? null : seal(id, name, secret, stored));

  /**
   * A header without a value keeps the stored value of that name.
   *
   * @throws Refusal INVALID_INPUT if there is no stored value
   */
  function sealHeaders(
    id: string,
    headers: readonly Header<string | null>[],
    stored: readonly Header<Sealed>[] = [],
  ): Header<Sealed>[] {
    return headers.map(({ name, value }, index) => {
      const known = stored.find((header) => header.name.toLowerCase() === name.toLowerCase());
      if (value === null && known) return { name, value: known.value };
      if (value === null) {
        throw invalidInput([
          { field: `headers[${index}].value`, reason: 'is needed: no value is stored for this header' },
        ]);
      }
      return { name, value: seal(id, headerSecret(name), value, known?.value) };
    });
  }

  /** A new certificate must match the stored key, and a new key the stored certificate, if the call does not give both. */
  function assertPairOf(
    id: string,
    stored: DestinationSettings,
    pair: { clientCertificate?: string | null | undefined; clientKey?: string | null | undefined },
  ): void {
    const { clientCertificate = stored.clientCertificate } = pair;
    const storedKey = () =>
      stored.clientKey === null ? null : secrets.open(streamOf('destination', id), CLIENT_KEY, stored.clientKey);
    assertUsablePair(clientCertificate, pair.clientKey === undefined ? storedKey() : pair.clientKey);
  }

  return {
    /** @returns the destination's id */
    createDestination(input: NewDestination, cause: Cause, now: number) {
      assertUsablePair(input.clientCertificate, input.clientKey);
      const id = randomUuid(random);
      const sealed = {
        endpoint: seal(id, ENDPOINT, input.endpoint),
        authorization: sealOptional(id, AUTHORIZATION, input.authorization),
        clientKey: sealOptional(id, CLIENT_KEY, input.clientKey),
        headers: sealHeaders(id, input.headers),
      };
      return handle({ type: 'CreateDestination', ...input, id, ...sealed }, cause, now);
    },
    updateDestination(input: DestinationChange, cause: Cause, now: number) {
      const { id, endpoint, authorization, headers, clientCertificate, clientKey, ...given } = input;
      const stored = load(id);
      if (!stored) throw notFound('destination', id, 'id');
      const rest = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const pair = pairChange({ clientCertificate, clientKey });
      const storedEndpoint = secrets.open(streamOf('destination', id), ENDPOINT, stored.endpoint);
      assertSecretsGiven(stored, storedEndpoint, { ...input, ...pair });
      if (pair.clientCertificate !== undefined || pair.clientKey !== undefined) assertPairOf(id, stored, pair);
      const change = {
        ...rest,
        ...(endpoint !== undefined && { endpoint: seal(id, ENDPOINT, endpoint, stored.endpoint) }),
        ...(authorization !== undefined && {
          authorization: sealOptional(id, AUTHORIZATION, authorization, stored.authorization),
        }),
        ...(headers !== undefined && { headers: sealHeaders(id, headers, stored.headers) }),
        ...(pair.clientCertificate !== undefined && { clientCertificate: pair.clientCertificate }),
        ...(pair.clientKey !== undefined && {
          clientKey: sealOptional(id, CLIENT_KEY, pair.clientKey, stored.clientKey),
        }),
      };
      return handle({ type: 'UpdateDestination', id, ...change }, cause, now);
    },
    /** Also destroys the data key of the destination, so that its secrets cannot be opened again, and erases it from the files. */
    deleteDestination(input: { id: string }, cause: Cause, now: number) {
      const id = handle({ type: 'DeleteDestination', ...input }, cause, now);
      secrets.destroy(streamOf('destination', id));
      writer.erase();
      for (const stream of [streamOf('health', id), streamOf('test', id)]) {
        writer.prune({ stream, through: log.lastVersion(stream), limit: MAX_PRUNED });
      }
      return id;
    },
    /** Records the outcome of a test. If the destination was deleted meanwhile, nothing is recorded. */
    recordTest({ id, outcome }: { id: string; outcome: Outcome }, cause: Cause, now: number): void {
      if (!models.destinations.get(id)) return;
      writer.append([{ stream: streamOf('test', id), events: [destinationTested(outcome)] }], cause, now);
    },
  };
}

function isDestinationEvent(event: Recorded): event is Recorded<DestinationEvent> {
  return (
    event.type === 'DestinationCreated' || event.type === 'DestinationUpdated' || event.type === 'DestinationDeleted'
  );
}
