/** Parses input: zod schemas for strings, and `parse`, which turns the issues of zod into a Refusal. */
import { z } from 'zod';
import { codePoint } from './pem.js';
import { invalidInput } from './refusal.js';

/** The default limit of a string, in characters (code points). */
const MAX_STRING_CHARACTERS = 256;
/** An offset can move a time with a year of four digits out of these years: 9999-12-31T23:59:59-01:00 is in the year 10000. */
const FIRST_TIME = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');

export const NO_TIME = 'must be an ISO 8601 time with a time zone, such as 2026-01-31T12:00:00Z';
const OTHER_YEAR = 'must be in the years 0000 to 9999 in UTC';
export const MISSING = 'is needed';
export const NULL = 'must not be null; leave the field out instead';

// C0 and C1 controls and DEL. U+2028 and U+2029 are not controls; the log formats escape them.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Why a string is refused; null if it is valid. @param max its greatest length in characters (code points) */
export function reasonAgainstText(value: string, max = MAX_STRING_CHARACTERS): string | null {
  const control = placeOf(CONTROL, value);
  if (control) return `must not contain control characters; remove them: ${control}`;
  const fits = value.length <= max || Array.from(value).length <= max;
  return fits ? null : `must be at most ${max} characters`;
}

/** The first character that a pattern matches, and its place from 1, for a message; null if there is none. */
export function placeOf(pattern: RegExp, value: string): string | null {
  const found = pattern.exec(value);
  return found && `character ${Array.from(value.slice(0, found.index)).length + 1} is ${codePoint(found[0])}`;
}

/** An optional setting: null, and a text that is empty or blank, mean none. */
export function orNone<T>(schema: z.ZodType<T>) {
  return z.preprocess((value) => (typeof value === 'string' && !value.trim() ? null : value), schema.nullable());
}

/** A string without control characters, at most `max` characters. Lone surrogates, which UTF-8 cannot encode, become U+FFFD. */
export function text(max = MAX_STRING_CHARACTERS) {
  return z
    .string()
    .overwrite((value) => value.toWellFormed())
    .superRefine((value, context) => {
      const message = reasonAgainstText(value, max);
      if (message !== null) context.addIssue({ code: 'custom', message });
    });
}

/** A name: like `text`, but trimmed and not blank. */
export const name = text()
  .transform((value) => value.trim())
  .refine((value) => value !== '', 'must not be blank');

/** A UUID in canonical form, in lower case. */
export const uuid = z
  .guid('must be a UUID such as 3e551b39-227d-4297-b911-e68fd5d77c17')
  .transform((value) => value.toLowerCase());

/** A UUID that may be left out. */
export const optionalUuid = uuid.nullish().transform((value) => value ?? undefined);

/** Why a time cannot be written back with a year of four digits (ISO 8601); null if it can. @param at ms since the epoch */
export function reasonAgainstTime(at: number): string | null {
  return at >= FIRST_TIME && at <= LAST_TIME ? null : OTHER_YEAR;
}

/** A time, as ms since the epoch. The interface turns the text of a caller into a Date, which is invalid if the text is no time. */
export const time = z
  .date()
  .transform((value) => value.getTime())
  .superRefine((at, context) => {
    const message = reasonAgainstTime(at);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** A time that may be left out. */
export const optionalTime = time.nullish().transform((value) => value ?? undefined);

/** One of some values, which may be left out. */
export const optionalEnum = <const V extends readonly string[]>(values: V) =>
  z
    .enum(values)
    .nullish()
    .transform((value) => value ?? undefined);

/** @param path a prefix for the names of the fields @throws Refusal INVALID_INPUT with every invalid field */
export function parse<T>(schema: z.ZodType<T>, input: unknown, path = ''): T {
  const parsed = schema.safeParse(input, { error: reasonAgainstType });
  if (parsed.success) return parsed.data;
  throw invalidInput(
    parsed.error.issues.map((issue) => ({ field: fieldName(path, issue.path), reason: issue.message })),
  );
}

function reasonAgainstType({ code, input, expected }: { code?: string; input?: unknown; expected?: unknown }) {
  if (input === null) return NULL;
  if (code !== 'invalid_type') return undefined;
  if (input !== undefined && expected === 'date') return NO_TIME;
  return input === undefined ? MISSING : `must be a ${String(expected)}`;
}

function fieldName(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (field, key) => (typeof key === 'number' ? `${field}[${key}]` : field ? `${field}.${String(key)}` : String(key)),
    prefix,
  );
}
