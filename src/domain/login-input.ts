/**
 * Reads the logins that a portal sends. A refused login is not recorded, so only a mistake of the caller is refused. What a visitor
 * or a proxy controls is recorded whatever it is: texts are cut to their limits, and an address that cannot be read is kept as text.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { cutText, type Limit } from './cut-text.js';
import {
  MISSING,
  NO_TIME,
  NULL,
  optionalEnum,
  optionalTime,
  reasonAgainstText,
  reasonAgainstTime,
  uuid,
} from './input.js';
import {
  authenticationTypes,
  type CuttableField,
  type GivenText,
  type Login,
  type LoginInput,
  loginOutcomes,
} from './login.js';
import { readSourceAddress } from './source-address.js';

export const MAX_LOGINS_IN_A_CALL = 1_000;

const LIMITS: Record<CuttableField, Limit> = {
  request: { bytes: 8_192 },
  userAgent: { bytes: 2_048 },
  principalId: { characters: 256 },
  principalName: { characters: 256 },
  clientTraceId: { characters: 256 },
  givenSourceAddress: { characters: 256 },
};

/** A login before validation: the fields can have any type. */
export interface GivenLogin {
  authenticationType: unknown;
  outcome: unknown;
  sourceAddress?: unknown;
  request?: unknown;
  principalId?: unknown;
  principalName?: unknown;
  userAgent?: unknown;
  traceId?: unknown;
  occurredAt?: unknown;
  idempotencyKey?: unknown;
}

type Refuse = (field: keyof GivenLogin, reason: string) => void;

/** What is noted about the texts that are not stored as they were given. */
type Notes = { -readonly [Field in 'cutFields' | 'givenHashes']?: Login[Field] } & { withHashes: boolean };

/**
 * Reads a login and reports every invalid field. It is not a zod schema, because it runs for each login and a schema takes as long
 * as the write to disk.
 */
function readLogin(given: GivenLogin, refuse: Refuse): LoginInput {
  const idempotencyKey = readKey(given, refuse);
  const notes: Notes = { withHashes: idempotencyKey !== undefined };
  const stored = (field: keyof GivenLogin & CuttableField) =>
    store(field, readString(field, given, refuse) ?? '', notes, field);
  const clientTraceId = readString('traceId', given, refuse);
  const login: LoginInput = {
    authenticationType: oneOf(authenticationTypes, 'authenticationType', given, refuse),
    outcome: oneOf(loginOutcomes, 'outcome', given, refuse),
    sourceAddress: null,
    request: stored('request'),
    principalId: stored('principalId'),
    principalName: stored('principalName'),
    userAgent: stored('userAgent'),
  };
  readAddress(login, readString('sourceAddress', given, refuse), notes);
  if (clientTraceId) login.clientTraceId = store('clientTraceId', clientTraceId, notes, 'clientTraceId');
  const occurredAt = readTime('occurredAt', given, refuse);
  if (occurredAt !== undefined) login.occurredAt = occurredAt;
  if (idempotencyKey !== undefined) login.idempotencyKey = idempotencyKey;
  if (notes.cutFields) login.cutFields = notes.cutFields;
  if (notes.givenHashes) login.givenHashes = notes.givenHashes;
  return login;
}

function readAddress(login: LoginInput, text: string | undefined, notes: Notes): void {
  if (text === undefined) return;
  login.sourceAddress = readSourceAddress(text);
  if (login.sourceAddress === null) {
    login.givenSourceAddress = store('givenSourceAddress', text, notes, 'sourceAddress');
  }
  if (login.sourceAddress !== text) noteGiven('sourceAddress', text, notes);
}

/** The text to store: at most the limit, and without lone surrogates, which UTF-8 cannot encode. */
function store(field: CuttableField, text: string, notes: Notes, given: GivenText): string {
  const cut = cutText(text, LIMITS[field]);
  if (cut.length < text.length) notes.cutFields = [...(notes.cutFields ?? []), field];
  const stored = cut.toWellFormed();
  if (stored !== text) noteGiven(given, text, notes);
  return stored;
}

/** A hash of the given text, so that the same login can be recognized when it is sent again with its idempotency key. */
function noteGiven(field: GivenText, text: string, notes: Notes): void {
  if (!notes.withHashes) return;
  // UTF-16 keeps lone surrogates apart.
  notes.givenHashes = { ...notes.givenHashes, [field]: hash('sha256', Buffer.from(text, 'utf16le'), 'base64url') };
}

function oneOf<T extends string>(values: readonly T[], field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): T {
  const value = given[field];
  if (!values.includes(value as T)) {
    refuse(field, value === undefined ? MISSING : value === null ? NULL : `must be one of ${values.join(', ')}`);
  }
  return value as T;
}

function readString(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): string | undefined {
  const value = given[field];
  if (value == null) return undefined;
  if (typeof value === 'string') return value;
  refuse(field, 'must be a string');
  return undefined;
}

/** The caller makes the key. It is never changed, because two keys must not become one. */
function readKey(given: GivenLogin, refuse: Refuse): string | undefined {
  const key = readString('idempotencyKey', given, refuse);
  if (key === undefined) return undefined;
  const reason =
    key === ''
      ? 'must not be empty; leave it out instead'
      : key.isWellFormed()
        ? reasonAgainstText(key)
        : 'must not contain half of a surrogate pair';
  if (reason !== null) refuse('idempotencyKey', reason);
  return key;
}

function readTime(field: keyof GivenLogin, given: GivenLogin, refuse: Refuse): number | undefined {
  const value = given[field];
  if (value == null) return undefined;
  const at = value instanceof Date ? value.getTime() : Number.NaN;
  const reason = Number.isNaN(at) ? NO_TIME : at < 0 ? 'must not be before 1970' : reasonAgainstTime(at);
  if (reason !== null) refuse(field, reason);
  return at;
}

/** The text that is stored for a given `traceId`: what a search for it must look for. */
export function storedTraceId(given: string): string {
  return cutText(given, LIMITS.clientTraceId).toWellFormed();
}

/** A schema for `parse`: one login. */
export const loginInput = z.custom<GivenLogin>().transform((given, context) => readInto(context, given));

/** A schema for `parse`: one login and its portal. */
export const recordLoginInput = z.looseObject({ portalId: uuid }).transform(({ portalId, ...given }, context) => ({
  portalId,
  login: readInto(context, given as unknown as GivenLogin),
}));

function readInto(context: z.RefinementCtx, given: GivenLogin): LoginInput {
  return readLogin(given, (field, message) => context.addIssue({ code: 'custom', path: [field], message }));
}

/** A schema for `parse`: the logins of one call. */
export const recordLoginsInput = z.object({
  portalId: uuid,
  logins: z
    .array(loginInput)
    .min(1, 'must hold at least one login')
    .max(MAX_LOGINS_IN_A_CALL, `must hold at most ${MAX_LOGINS_IN_A_CALL} logins; split the call`)
    .superRefine((logins, context) => {
      const seen = new Set<string>();
      for (const [index, { idempotencyKey: key }] of logins.entries()) {
        if (key === undefined) continue;
        const message = 'is used twice in this call';
        if (seen.has(key)) context.addIssue({ code: 'custom', path: [index, 'idempotencyKey'], message });
        seen.add(key);
      }
    }),
});

/** A schema for `parse`: which logins to list. `from` and `to` (ms) are inclusive. */
const loginFilterFields = z.object({
  from: optionalTime,
  to: optionalTime,
  outcome: optionalEnum(loginOutcomes),
  authenticationType: optionalEnum(authenticationTypes),
  clientTraceId: z
    .string()
    .nullish()
    .transform((given) => (given == null ? undefined : storedTraceId(given))),
});
export const loginFilter = loginFilterFields.refine(
  ({ from, to }) => from === undefined || to === undefined || from <= to,
  {
    path: ['to'],
    error: 'must not be before from; exchange them',
  },
);
