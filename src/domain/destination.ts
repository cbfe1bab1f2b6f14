import { z } from 'zod';
import { certificates, clientKey } from './client-certificate.js';
import { name, text, uuid } from './input.js';
import { type LogFormat, logFormats } from './log-line.js';
import { notFound, Refusal } from './refusal.js';

/** Collectors use access keys in URLs and JWTs in Authorization values: both can be longer than the 256 characters of a name. */
const MAX_ENDPOINT_CHARACTERS = 2_048;
const MAX_AUTHORIZATION_CHARACTERS = 4_096;
/** Most requests in flight to a destination, over all portals that use it. */
const MAX_IN_FLIGHT = 64;
const DEFAULT_IN_FLIGHT = 16;
const MAX_LINES_PER_SECOND = 1_000_000;

/** The ciphertext of a secret, made by `src/vault/secrets.ts`. */
export type Sealed = string;

export interface DestinationSettings {
  name: string;
  endpoint: string;
  logFormat: LogFormat;
  skipTlsVerification: boolean;
  /** PEM of the certificate authorities to trust instead of the public ones, or null. */
  caCertificate: string | null;
  /** Sealed; null: no Authorization header is sent. */
  authorization: Sealed | null;
  /** The client certificate for TLS and its issuers, in PEM. Null exactly if `clientKey` is null. */
  clientCertificate: string | null;
  /** Sealed. */
  clientKey: Sealed | null;
  /** Most requests in flight, over all portals. */
  maxInFlight: number;
  /** Most lines a second, over all portals; null: no limit. */
  linesPerSecond: number | null;
}

/** The values of newer settings for a destination that was created before those settings existed. */
const laterSettings = {
  clientCertificate: null,
  clientKey: null,
  maxInFlight: DEFAULT_IN_FLIGHT,
  linesPerSecond: null,
};
type LaterSetting = keyof typeof laterSettings;

/** The settings in a `DestinationCreated` event; an older event lacks the newer settings. */
export type CreatedSettings = Omit<DestinationSettings, LaterSetting> &
  Partial<Pick<DestinationSettings, LaterSetting>>;

export function settingsOf(created: CreatedSettings): DestinationSettings {
  return { ...laterSettings, ...created };
}

export type DestinationEvent =
  | { type: 'DestinationCreated'; data: CreatedSettings }
  | { type: 'DestinationUpdated'; data: Partial<DestinationSettings> }
  | { type: 'DestinationDeleted'; data: Record<string, never> };

/** null: never created, or deleted. */
export type Destination = DestinationSettings | null;

export function evolve(destination: Destination, event: DestinationEvent): Destination {
  switch (event.type) {
    case 'DestinationCreated':
      return settingsOf(event.data);
    case 'DestinationUpdated':
      return destination && { ...destination, ...event.data };
    case 'DestinationDeleted':
      return null;
    default:
      return event satisfies never;
  }
}

const endpoint = text(MAX_ENDPOINT_CHARACTERS).superRefine((value, context) => {
  const reason = reasonAgainstEndpoint(value);
  if (reason) context.addIssue({ code: 'custom', message: reason });
});

/** Checks the form of the URL only. The address guard checks, for each connection, whether the address is allowed. */
function reasonAgainstEndpoint(value: string): string | null {
  if (value.trim() === '') return 'must not be blank';
  if (!URL.canParse(value)) return 'must be an absolute URL such as https://siem.example.com/collector';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  // `new URL` also accepts "https:host", "https:\\host" and spaces, and guesses the meaning.
  if (!/^https?:\/\/[^/\\\s]\S*$/i.test(value.trimEnd()))
    return 'must be written in full: https://host/path, without spaces';
  if (url.username || url.password) return 'must not contain credentials; put them into authorization';
  if (url.hash) return 'must not have a fragment (#…)';
  return null;
}

// A header value: visible ASCII, with spaces only inside. The value is sent exactly as stored.
const authorization = z
  .string()
  .max(MAX_AUTHORIZATION_CHARACTERS, `must be at most ${MAX_AUTHORIZATION_CHARACTERS} characters`)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be one line of visible ASCII, without spaces at its ends');

const maxInFlight = wholeNumber(MAX_IN_FLIGHT);
const linesPerSecond = wholeNumber(MAX_LINES_PER_SECOND);

function wholeNumber(max: number) {
  const reason = `must be a whole number from 1 to ${max.toLocaleString('en')}`;
  return z.number().refine((value) => Number.isInteger(value) && value >= 1 && value <= max, reason);
}

export const createDestination = z.object({
  name,
  endpoint,
  authorization: authorization.nullish().transform((value) => value ?? null),
  logFormat: z
    .enum(logFormats)
    .nullish()
    .transform((value) => value ?? 'CEF'),
  skipTlsVerification: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  caCertificate: certificates.nullish().transform((value) => value ?? null),
  clientCertificate: certificates.nullish().transform((value) => value ?? null),
  clientKey: clientKey.nullish().transform((value) => value ?? null),
  maxInFlight: maxInFlight.nullish().transform((value) => value ?? DEFAULT_IN_FLIGHT),
  linesPerSecond: linesPerSecond.nullish().transform((value) => value ?? null),
});

/** A field that is left out stays as it is; null removes an optional setting. */
export const updateDestination = z.object({
  id: uuid,
  name: name.optional(),
  endpoint: endpoint.optional(),
  authorization: authorization.nullable().optional(),
  logFormat: z.enum(logFormats).optional(),
  skipTlsVerification: z.boolean().optional(),
  caCertificate: certificates.nullable().optional(),
  clientCertificate: certificates.nullable().optional(),
  clientKey: clientKey.nullable().optional(),
  maxInFlight: maxInFlight.optional(),
  linesPerSecond: linesPerSecond.nullable().optional(),
});

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
  /** The portals whose webhooks use this destination. */
  usedBy: readonly { id: string; name: string }[];
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
  if (!destination) throw notFound('destination', command.id);
  switch (command.type) {
    case 'UpdateDestination': {
      const { type: _, id: __, ...settings } = command;
      const changed = Object.fromEntries(
        Object.entries(settings).filter(([field, value]) => value !== destination[field as keyof DestinationSettings]),
      );
      if (changed['name'] !== undefined && nameTaken) throw nameIsTaken(String(changed['name']));
      return Object.keys(changed).length ? [{ type: 'DestinationUpdated', data: changed }] : [];
    }
    case 'DeleteDestination':
      if (usedBy.length) {
        const names = usedBy.map((portal) => `${portal.name} (${portal.id})`).join(', ');
        throw new Refusal(
          'DESTINATION_IN_USE',
          `The webhook of ${names} uses this destination; remove it or point it at another one first.`,
        );
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
