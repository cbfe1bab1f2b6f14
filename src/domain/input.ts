/** How input is parsed: zod schemas for the strings of this product, and one way from their issues to a Refusal. */
import { z } from 'zod';
import { invalidInput } from './refusal.js';

/** Longest string, in characters (code points), where nothing else is said. */
const MAX_STRING_CHARACTERS = 256;

// C0 and C1 controls and DEL. U+2028 and U+2029 are no controls; the log formats escape them.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A string without control characters; lone surrogates become U+FFFD, as UTF-8 demands. */
const printable = z
  .string()
  .overwrite((value) => value.toWellFormed())
  .refine((value) => !CONTROL.test(value), 'must not contain control characters; remove or percent-encode them');

/** As `printable`, at most `max` characters. */
export function text(max = MAX_STRING_CHARACTERS) {
  return printable.refine(
    (value) => value.length <= max || Array.from(value).length <= max,
    `must be at most ${max} characters`,
  );
}

/** As `printable`, limited in bytes of UTF-8. */
export function textOfBytes(maxBytes: number) {
  return printable.refine(
    (value) => value.length * 3 <= maxBytes || Buffer.byteLength(value) <= maxBytes,
    `must be at most ${maxBytes} bytes in UTF-8; cut it before sending`,
  );
}

/** A name: as `text`, trimmed, not blank. */
export const name = text()
  .transform((value) => value.trim())
  .refine((value) => value !== '', 'must not be blank');

/** A UUID in its canonical form, lower-cased. */
export const uuid = z
  .guid('must be a UUID such as 3e551b39-227d-4297-b911-e68fd5d77c17')
  .transform((value) => value.toLowerCase());

/**
 * Parses `input` or throws a Refusal that names every field. `path` is put in front of the fields' names.
 */
export function parse<T>(schema: z.ZodType<T>, input: unknown, path = ''): T {
  const parsed = schema.safeParse(input, { error: reasonAgainstType });
  if (parsed.success) return parsed.data;
  throw invalidInput(
    parsed.error.issues.map((issue) => ({ field: fieldName(path, issue.path), reason: issue.message })),
  );
}

function reasonAgainstType({ code, input, expected }: { code?: string; input?: unknown; expected?: unknown }) {
  if (input === null) return 'must not be null; leave the field out instead';
  if (code !== 'invalid_type') return undefined;
  return input === undefined ? 'is needed' : `must be a ${String(expected)}`;
}

function fieldName(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (named, key) => (typeof key === 'number' ? `${named}[${key}]` : named ? `${named}.${String(key)}` : String(key)),
    prefix,
  );
}
