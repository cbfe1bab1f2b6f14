import { createDestination as createInput, updateDestination as updateInput } from '../delivery/kinds/input.js';
import { deleteDestination as deleteInput, testDestination as testInput } from '../domain/destination.js';
import type { DestinationHealth } from '../domain/destination-health.js';
import { parse, uuid } from '../domain/input.js';
import { invalidInput } from '../domain/refusal.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { Context } from './context.js';
import { operation } from './operation.js';
import { type PageRequest, rangeOf } from './page.js';

/** A destination without its secrets. */
export interface Destination
  extends Omit<DestinationRow, 'authorization' | 'clientKey' | 'headers' | 'changedPosition'> {
  hasAuthorization: boolean;
  hasClientKey: boolean;
  /** The names of the extra headers. */
  headerNames: string[];
  /** The dangers of the current settings, for a person. */
  warnings: string[];
}

export const createDestination = operation('createDestination', async (input: unknown, context) => {
  const parsed = parse(createInput, input);
  await assertEndpointAllowed(parsed.endpoint, context);
  return changed(context.commands.execute('createDestination', parsed, context.cause), context);
});

export const updateDestination = operation('updateDestination', async (input: unknown, context) => {
  const parsed = parse(updateInput, input);
  await assertEndpointAllowed(parsed.endpoint, context);
  return changed(context.commands.execute('updateDestination', parsed, context.cause), context);
});

/** @returns the id of the deleted destination */
export const deleteDestination = operation('deleteDestination', async (input: unknown, { commands, cause }) =>
  commands.execute('deleteDestination', parse(deleteInput, input), cause),
);

/** Sends one test line and waits for the answer. Records nothing. */
export const testDestination = operation('testDestination', async (input: unknown, context) =>
  context.testDestination(parse(testInput, input).id),
);

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

export const destination = operation('destination', (id: unknown, { models }): Destination | undefined => {
  const row = models.destinations.get(parse(uuid, id, 'id'));
  return row && view(row);
});

/** In the order of creation. */
export const destinations = operation('destinations', (page: PageRequest, { models }): Destination[] =>
  models.destinations.page(rangeOf(page)).map(view),
);

function view({ authorization, clientKey, headers, changedPosition: _, ...row }: DestinationRow): Destination {
  return {
    ...row,
    hasAuthorization: authorization !== null,
    hasClientKey: clientKey !== null,
    headerNames: headers.map(({ name }) => name),
    warnings: warningsOf(row),
  };
}

function warningsOf({ endpoint, skipTlsVerification }: Pick<DestinationRow, 'endpoint' | 'skipTlsVerification'>) {
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
  ];
}

/** Checks the endpoint with the address guard, which may look up its name. @throws Refusal INVALID_INPUT */
async function assertEndpointAllowed(endpoint: string | undefined, { reasonAgainstEndpoint }: Context): Promise<void> {
  const reason = endpoint === undefined ? null : await reasonAgainstEndpoint(new URL(endpoint));
  if (reason) throw invalidInput([{ field: 'endpoint', reason }]);
}

async function changed(command: Promise<string>, { models }: Context): Promise<Destination> {
  const id = await command;
  const row = models.destinations.get(id);
  if (!row) throw new Error(`The destination ${id} does not exist after the command`);
  return view(row);
}
