import { inputWarnings } from '../delivery/kinds/http/warnings.js';
import { createDestination as createInput, updateDestination as updateInput } from '../delivery/kinds/input.js';
import { clientCertificateWarnings } from '../domain/certificate-warnings.js';
import { deleteDestination as deleteInput, testDestination as testInput } from '../domain/destination.js';
import type { DestinationHealth } from '../domain/destination-health.js';
import { type DestinationTest, destinationTested } from '../domain/destination-test.js';
import { shortEndpoint } from '../domain/endpoint.js';
import { parse, uuid } from '../domain/input.js';
import type { Outcome } from '../domain/lane/attempt.js';
import { invalidInput, notFound, Refusal } from '../domain/refusal.js';
import { streamOf } from '../domain/stream.js';
import type { DestinationRow } from '../projections/destinations.js';
import { ENDPOINT } from '../vault/secrets.js';
import type { Context } from './context.js';
import { operation } from './operation.js';
import { type PageRequest, rangeOf } from './page.js';

/** A destination without its secrets. `endpoint` is the short form. */
export interface Destination
  extends Omit<DestinationRow, 'authorization' | 'clientKey' | 'headers' | 'changedPosition'> {
  hasAuthorization: boolean;
  hasClientKey: boolean;
  /** The names of the extra headers. */
  headerNames: string[];
}

/** A destination after a call that gave some of its settings. */
export interface ChangedDestination {
  destination: Destination;
  /** Probable mistakes in the values of the call, and the dangers of the settings, for a person. */
  warnings: string[];
}

export const createDestination = operation('createDestination', async (input: unknown, context) => {
  const parsed = parse(createInput, input);
  await assertEndpointAllowed(parsed.endpoint, context);
  const id = await context.commands.execute('createDestination', parsed, context.cause);
  return changed(id, inputWarnings(parsed, context.clock.now()), context);
});

export const updateDestination = operation('updateDestination', async (input: unknown, context) => {
  const parsed = parse(updateInput, input);
  await assertEndpointAllowed(parsed.endpoint, context);
  const id = await context.commands.execute('updateDestination', parsed, context.cause);
  return changed(id, inputWarnings(parsed, context.clock.now()), context);
});

/** @returns the id of the deleted destination */
export const deleteDestination = operation('deleteDestination', async (input: unknown, { commands, cause }) =>
  commands.execute('deleteDestination', parse(deleteInput, input), cause),
);

/** A test as its caller sees it. */
export interface AnsweredTest extends DestinationTest, Pick<Outcome, 'responseExcerpt' | 'warning'> {}

/** Sends one test line, waits for the answer, and records the outcome. */
export const testDestination = operation('testDestination', async (input: unknown, context): Promise<AnsweredTest> => {
  const { id } = parse(testInput, input);
  const outcome = await context.testDestination(id);
  try {
    await context.commands.execute('recordTest', { id, outcome }, context.cause);
  } catch (error) {
    // While the log cannot be written, the outcome is still the answer to the call.
    if (!(error instanceof Refusal)) throw error;
  }
  const { responseExcerpt, warning } = outcome;
  return { ...destinationTested(outcome).data, responseExcerpt, warning };
});

/** The last test of a destination that is retained. */
export const lastTest = operation('lastTest', (id: string, { log }): DestinationTest | null => {
  const stream = streamOf('test', id);
  const version = log.lastVersion(stream);
  const [event] = log.range(stream, version, version);
  return event?.type === 'DestinationTested' ? event.data : null;
});

export const destinationHealthStates = ['UNKNOWN', 'HEALTHY', 'FAILING'] as const;

export interface Health extends DestinationHealth {
  state: (typeof destinationHealthStates)[number];
}

/** The health of a destination that exists. A pause that is over is left out. */
export const destinationHealth = operation('destinationHealth', (id: string, { models, clock }): Health => {
  const health = models.destinationHealth.get(id);
  const { healthySince, failingSince, pausedUntil } = health;
  const state = healthySince !== null ? 'HEALTHY' : failingSince !== null ? 'FAILING' : 'UNKNOWN';
  return { ...health, state, pausedUntil: pausedUntil !== null && pausedUntil > clock.now() ? pausedUntil : null };
});

export const destination = operation('destination', (id: unknown, context): Destination | undefined => {
  const row = context.models.destinations.get(parse(uuid, id, 'id'));
  return row && view(row, context);
});

/** In the order of creation. */
export const destinations = operation('destinations', (page: PageRequest, context): Destination[] =>
  context.models.destinations.page(rangeOf(page)).flatMap((row) => view(row, context) ?? []),
);

/** The whole endpoint of a destination, for callers who may change it; null if the destination was deleted. */
export const fullEndpoint = operation('fullEndpoint', (id: string, context): string | null => {
  const row = context.models.destinations.get(id);
  return row ? endpointOf(row, context) : null;
});

/** null if the destination was deleted since its row was read, because its data key is destroyed then. */
function endpointOf({ id, endpoint }: Pick<DestinationRow, 'id' | 'endpoint'>, { secrets }: Context): string | null {
  return secrets.openIfKept(streamOf('destination', id), ENDPOINT, endpoint);
}

/** @returns undefined if the destination was deleted since its row was read */
function view(row: DestinationRow, context: Context): Destination | undefined {
  const { authorization, clientKey, headers, changedPosition: _, ...shown } = row;
  const endpoint = endpointOf(row, context);
  if (endpoint === null) return undefined;
  return {
    ...shown,
    endpoint: shortEndpoint(endpoint),
    hasAuthorization: authorization !== null,
    hasClientKey: clientKey !== null,
    headerNames: headers.map(({ name }) => name),
  };
}

/** The dangers of the current settings, for a person. */
export const destinationWarnings = operation('destinationWarnings', (settings: Destination, { clock }): string[] =>
  warningsOf(settings, clock.now()),
);

function warningsOf({ endpoint, skipTlsVerification, clientCertificate }: Destination, now: number): string[] {
  const isPlain = new URL(endpoint).protocol === 'http:';
  return [
    ...(isPlain
      ? ['The endpoint uses plain http: anyone on the network path can read and change the logs. Use https.']
      : []),
    ...(skipTlsVerification
      ? [
          'TLS verification is off: anyone on the network path can pretend to be the receiver. Set caCertificate instead.',
        ]
      : []),
    ...(clientCertificate === null ? [] : clientCertificateWarnings(clientCertificate, now)),
  ];
}

/** Checks the endpoint with the address guard, which may look up its name. @throws Refusal INVALID_INPUT */
async function assertEndpointAllowed(endpoint: string | undefined, { reasonAgainstEndpoint }: Context): Promise<void> {
  const reason = endpoint === undefined ? null : await reasonAgainstEndpoint(new URL(endpoint));
  if (reason) throw invalidInput([{ field: 'endpoint', reason }]);
}

function changed(id: string, given: readonly string[], context: Context): ChangedDestination {
  const row = context.models.destinations.get(id);
  const shown = row && view(row, context);
  if (!shown) throw notFound('destination', id, 'id');
  return { destination: shown, warnings: [...given, ...warningsOf(shown, context.clock.now())] };
}
