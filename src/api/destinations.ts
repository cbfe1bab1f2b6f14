import {
  createDestination as createInput,
  deleteDestination as deleteInput,
  testDestination as testInput,
  updateDestination as updateInput,
} from '../domain/destination.js';
import { parse, uuid } from '../domain/input.js';
import { invalidInput } from '../domain/refusal.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { Context } from './context.js';
import { operation } from './operation.js';
import { type PageRequest, rangeOf } from './page.js';

/** A destination as callers see it: without its secrets. */
export interface Destination extends Omit<DestinationRow, 'authorization' | 'clientKey' | 'changedPosition'> {
  hasAuthorization: boolean;
  hasClientKey: boolean;
  /** What is dangerous about its settings. */
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

/** @returns the id that it had */
export const deleteDestination = operation('deleteDestination', async (input: unknown, { commands, cause }) =>
  commands.execute('deleteDestination', parse(deleteInput, input), cause),
);

/** Sends one test line. Nothing is recorded. */
export const testDestination = operation('testDestination', async (input: unknown, context) =>
  context.testDestination(parse(testInput, input).id),
);

export const destination = operation('destination', (id: unknown, { models }): Destination | undefined => {
  const row = models.destinations.get(parse(uuid, id, 'id'));
  return row && view(row);
});

/** In the order of creation. */
export const destinations = operation('destinations', (page: PageRequest, { models }): Destination[] =>
  models.destinations.page(rangeOf(page)).map(view),
);

function view({ authorization, clientKey, changedPosition: _, ...row }: DestinationRow): Destination {
  return {
    ...row,
    hasAuthorization: authorization !== null,
    hasClientKey: clientKey !== null,
    warnings: warningsOf(row),
  };
}

function warningsOf({ endpoint, skipTlsVerification }: Pick<DestinationRow, 'endpoint' | 'skipTlsVerification'>) {
  const isPlain = new URL(endpoint).protocol === 'http:';
  return [
    ...(isPlain ? ['The endpoint is plain http: anyone on the way can read and alter the logs. Use https.'] : []),
    ...(skipTlsVerification
      ? ['TLS verification is off: anyone on the way can pose as the receiver. Set caCertificate instead.']
      : []),
  ];
}

/** The rule that needs the network. The same rule holds for every connection. */
async function assertEndpointAllowed(endpoint: string | undefined, { reasonAgainstEndpoint }: Context): Promise<void> {
  const reason = endpoint === undefined ? null : await reasonAgainstEndpoint(new URL(endpoint));
  if (reason) throw invalidInput([{ field: 'endpoint', reason }]);
}

async function changed(work: Promise<string>, { models }: Context): Promise<Destination> {
  const id = await work;
  const row = models.destinations.get(id);
  if (!row) throw new Error(`The destination ${id} is not there after the command`);
  return view(row);
}
