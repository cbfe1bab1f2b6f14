/** How input is parsed: zod schemas for the strings of this product, and one way from their issues to a Refusal. */
import { z } from 'zod';
import { invalidInput } from './refusal.js';

/** Longest string, in characters (code points), where nothing else is said. */
const MAX_STRING_CHARACTERS = 256;

export const MISSING = 'is needed';
export const NULL = 'must not be null; leave the field out instead';

// C0 and C1 controls and DEL. U+2028 and U+2029 are no controls; the log formats escape them.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** How long a string may be: in characters (code points), or in bytes of UTF-8. */
export type Limit = { characters: number } | { bytes: number };

/** Why a string is not taken; null if it is. */
export function reasonAgainstText(value: string, limit: Limit = { characters: MAX_STRING_CHARACTERS }): string | null {
  if (CONTROL.test(value)) return 'must not contain control characters; remove or percent-encode them';
  if ('characters' in limit) {
    const fits = value.length <= limit.characters || Array.from(value).length <= limit.characters;
    return fits ? null : `must be at most ${limit.characters} characters`;
  }
  const fits = value.length * 3 <= limit.bytes || Buffer.byteLength(value) <= limit.bytes;
  return fits ? null : `must be at most ${limit.bytes} bytes in UTF-8; cut it before sending`;
}

/** A string without control characters, at most `max` characters; lone surrogates become U+FFFD, as UTF-8 demands. */
export function text(max = MAX_STRING_CHARACTERS) {
  return z
    .string()
    .overwrite((value) => value.toWellFormed())
    .superRefine((value, context) => {
      const message = reasonAgainstText(value, { characters: max });
      if (message !== null) context.addIssue({ code: 'custom', message });
    });
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
  if (input === null) return NULL;
  if (code !== 'invalid_type') return undefined;
  return input === undefined ? MISSING : `must be a ${String(expected)}`;
}

function fieldName(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (named, key) => (typeof key === 'number' ? `${named}[${key}]` : named ? `${named}.${String(key)}` : String(key)),
    prefix,
  );
}
