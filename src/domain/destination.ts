import { z } from 'zod';
import { DEFAULT_LOG_FORMAT, type LogFormat, logFormats } from './formats/index.js';
import { name, uuid } from './input.js';
import { MAX_BATCH_LINES } from './login-range.js';
import { notFound, Refusal, refusedField } from './refusal.js';

/** Most requests in flight to a destination, over all portals that use it. */
const MAX_IN_FLIGHT = 64;
const DEFAULT_IN_FLIGHT = 16;
const MAX_LINES_PER_SECOND = 1_000_000;
/** Most bytes of a batch before compression: Kong Konnect's own log listener rejects more. */
export const MAX_BATCH_BYTES = 1_048_576;
/** A smaller limit would make almost every line a batch of its own. */
const MIN_BATCH_BYTES = 1_000;
/** How many webhooks a refusal names. */
const MAX_NAMED_WEBHOOKS = 20;

/** The kinds of destinations. `delivery/kinds` has a folder for each. */
export const destinationKinds = ['HTTP'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

/** The ciphertext of a secret, made by `src/vault/secrets.ts`. */
export type Sealed = string;

/** A header that is sent with every request, in addition to those that Auditwire sends itself. */
export interface Header<Value> {
  name: string;
  value: Value;
}

export interface DestinationSettings {
  kind: DestinationKind;
  name: string;
  /** Sealed: it may contain a key. */
  endpoint: Sealed;
  logFormat: LogFormat;
  skipTlsVerification: boolean;
  /** PEM of the certificate authorities to trust instead of the public ones, or null. */
  caCertificate: string | null;
  /** Sealed; null: no Authorization header is sent. */
  authorization: Sealed | null;
  /** Their values are sealed. */
  headers: readonly Header<Sealed>[];
  /** The client certificate for TLS and its issuers, in PEM. Null exactly if `clientKey` is null. */
  clientCertificate: string | null;
  /** Sealed. */
  clientKey: Sealed | null;
  /** Most requests in flight, over all webhooks. */
  maxInFlight: number;
  /** Most lines a second, over all webhooks; null: no limit. */
  linesPerSecond: number | null;
  /** Most lines of a batch, and most bytes before compression; null: the limits of Auditwire. */
  maxBatchLines: number | null;
  maxBatchBytes: number | null;
}

/** The settings of a new destination, with secrets in clear. */
export type NewDestination = DestinationSettings;

/** Changes of a destination. A header without a value keeps the stored value of that name. */
export type DestinationChange = { id: string } & {
  [Field in Exclude<keyof NewDestination, 'kind' | 'headers'>]?: NewDestination[Field] | undefined;
} & { headers?: readonly Header<string | null>[] | undefined };

export type DestinationEvent =
  | { type: 'DestinationCreated'; data: DestinationSettings }
  | { type: 'DestinationUpdated'; data: Partial<DestinationSettings> }
  | { type: 'DestinationDeleted'; data: Record<string, never> };

/** null: never created, or deleted. */
export type Destination = DestinationSettings | null;

export function evolve(destination: Destination, event: DestinationEvent): Destination {
  switch (event.type) {
    case 'DestinationCreated':
      return event.data;
    case 'DestinationUpdated':
      return destination && { ...destination, ...event.data };
    case 'DestinationDeleted':
      return null;
    default:
      return event satisfies never;
  }
}

const maxInFlight = wholeNumber(MAX_IN_FLIGHT);
const linesPerSecond = wholeNumber(MAX_LINES_PER_SECOND);
const maxBatchLines = wholeNumber(MAX_BATCH_LINES);
const maxBatchBytes = wholeNumber(MAX_BATCH_BYTES, MIN_BATCH_BYTES);

/** Why a number is refused, for values that GraphQL refuses before the input is parsed, too. */
export const reasonsAgainstLimits = {
  maxInFlight: reasonAgainstRange(MAX_IN_FLIGHT),
  linesPerSecond: reasonAgainstRange(MAX_LINES_PER_SECOND),
  maxBatchLines: reasonAgainstRange(MAX_BATCH_LINES),
  maxBatchBytes: reasonAgainstRange(MAX_BATCH_BYTES, MIN_BATCH_BYTES),
};

function reasonAgainstRange(max: number, min = 1): string {
  return `must be a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
}

function wholeNumber(max: number, min = 1) {
  const isAllowed = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  return z.number().refine(isAllowed, reasonAgainstRange(max, min));
}

/** The settings that destinations of every kind have, as given for a new destination. */
export const commonSettings = {
  name,
  logFormat: z
    .enum(logFormats)
    .nullish()
    .transform((value) => value ?? DEFAULT_LOG_FORMAT),
  maxInFlight: maxInFlight.nullish().transform((value) => value ?? DEFAULT_IN_FLIGHT),
  linesPerSecond: linesPerSecond.nullish().transform((value) => value ?? null),
  maxBatchLines: maxBatchLines.nullish().transform((value) => value ?? null),
  maxBatchBytes: maxBatchBytes.nullish().transform((value) => value ?? null),
};

/** A field that is left out stays as it is; null removes an optional setting. */
export const commonChanges = {
  name: name.optional(),
  logFormat: z.enum(logFormats).optional(),
  maxInFlight: maxInFlight.optional(),
  linesPerSecond: linesPerSecond.nullable().optional(),
  maxBatchLines: maxBatchLines.nullable().optional(),
  maxBatchBytes: maxBatchBytes.nullable().optional(),
};

export const deleteDestination = z.object({ id: uuid });

export const testDestination = z.object({ id: uuid });

export type DestinationCommand =
  | ({ type: 'CreateDestination'; id: string } & DestinationSettings)
  | ({ type: 'UpdateDestination'; id: string } & Partial<DestinationSettings>)
  | { type: 'DeleteDestination'; id: string };

/** Facts from other streams that a decision needs. */
export interface DestinationContext {
  /** Another destination has the name. */
  nameTaken: boolean;
  /** The webhooks that use this destination. */
  usedBy: readonly { name: string; portalId: string; portalName: string }[];
}

export function decide(
  command: DestinationCommand,
  destination: Destination,
  { nameTaken, usedBy }: DestinationContext,
): DestinationEvent[] {
  if (command.type === 'CreateDestination') {
    const { type: _, id: __, ...settings } = command;
    if (nameTaken) throw nameIsTaken(settings.name);
    return [{ type: 'DestinationCreated', data: settings }];
  }
  if (!destination) throw notFound('destination', command.id, 'id');
  switch (command.type) {
    case 'UpdateDestination': {
      const { type: _, id: __, ...settings } = command;
      const changed = Object.fromEntries(
        Object.entries(settings).filter(
          ([field, value]) => JSON.stringify(value) !== JSON.stringify(destination[field as keyof DestinationSettings]),
        ),
      );
      if ('name' in changed && nameTaken) throw nameIsTaken(settings.name ?? '');
      return Object.keys(changed).length ? [{ type: 'DestinationUpdated', data: changed }] : [];
    }
    case 'DeleteDestination':
      if (usedBy.length) {
        const shown = usedBy.slice(0, MAX_NAMED_WEBHOOKS);
        const names = shown.map(
          ({ name: webhook, portalId, portalName }) => `"${webhook}" of ${portalName} (${portalId})`,
        );
        const more = usedBy.length > shown.length ? ` and ${usedBy.length - shown.length} more` : '';
        const reason = `is used by webhooks: ${names.join(', ')}${more}; remove them or set another destination first`;
        throw refusedField('DESTINATION_IN_USE', 'id', reason);
      }
      return [{ type: 'DestinationDeleted', data: {} }];
    default:
      return command satisfies never;
  }
}

function nameIsTaken(taken: string): Refusal {
  return new Refusal('NAME_TAKEN', `A destination named "${taken}" exists already; choose another name.`, [
    { field: 'name', reason: 'is taken by another destination' },
  ]);
}
