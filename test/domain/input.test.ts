import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { name, optionalTime, parse, text, time, uuid } from '../../src/domain/input.js';
import { refusalOf } from '../support/domain/given.js';

const reasons = (schema: z.ZodType, value: unknown) =>
  refusalOf(() => parse(z.object({ field: schema }), { field: value })).fields.map(({ reason }) => reason);
const accepted = <T>(schema: z.ZodType<T>, value: unknown): T =>
  parse(z.object({ field: schema }), { field: value }).field;

const between = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index));
const CONTROLS = [...between(0x00, 0x1f), ...between(0x7f, 0x9f)];

describe('text', () => {
  it('accepts up to 256 characters, whatever their size in bytes or UTF-16 units', () => {
    expect(accepted(text(), '')).toBe('');
    expect(accepted(text(), '𝒳'.repeat(256))).toBe('𝒳'.repeat(256));
  });

  it.each(['a', 'é', '𝒳'])('refuses 257 characters (%s)', (character) => {
    expect(reasons(text(), character.repeat(257))).toEqual(['must be at most 256 characters']);
  });

  it('refuses every control character of C0 and C1, and DEL', () => {
    expect(CONTROLS).toHaveLength(65);
    for (const control of CONTROLS) {
      expect(reasons(text(), `a${control}b`)).toEqual([expect.stringContaining('control characters')]);
    }
  });

  it('names the character that it refuses, and its place', () => {
    expect(reasons(text(), '𝒳\u007f')).toEqual([expect.stringMatching(/: character 2 is U\+007F$/)]);
  });

  it('accepts other line separators, quotes and pipes: the log formats escape them', () => {
    const unusual = '\u2028\u2029\ufeff|="\\\u00a0';
    expect(accepted(text(), unusual)).toBe(unusual);
  });

  it('replaces lone surrogates, which UTF-8 cannot encode', () => {
    expect(accepted(text(), 'a\ud800b\udc00')).toBe('a\ufffdb\ufffd');
  });

  it('refuses a value that is not a string', () => {
    expect(reasons(text(), 7)).toHaveLength(1);
  });
});

describe('a name', () => {
  it('is trimmed', () => {
    expect(accepted(name, ' Dev Portal\u3000')).toBe('Dev Portal');
  });

  it.each(['', '   ', '\u00a0\u2003\u3000'])('must not be blank (%j)', (blank) => {
    expect(reasons(name, blank)).toEqual(['must not be blank']);
  });

  it('has at most 256 characters', () => {
    expect(accepted(name, 'n'.repeat(256))).toHaveLength(256);
    expect(reasons(name, 'n'.repeat(257))).toEqual(['must be at most 256 characters']);
  });

  it('must not contain control characters', () => {
    expect(reasons(name, 'Dev\nPortal')).toEqual([expect.stringContaining('control characters')]);
  });
});

describe('a UUID', () => {
  it('is converted to lower case, so that one id has one notation', () => {
    expect(accepted(uuid, '3E551B39-227D-4297-B911-E68FD5D77C17')).toBe('3e551b39-227d-4297-b911-e68fd5d77c17');
  });

  it.each([
    '',
    '3e551b39',
    '3e551b39227d4297b911e68fd5d77c17',
    '{3e551b39-227d-4297-b911-e68fd5d77c17}',
    '3e551b39-227d-4297-b911-e68fd5d77c1g',
    '3e551b39-227d-4297-b911-e68fd5d77c17\n',
    ' 3e551b39-227d-4297-b911-e68fd5d77c17',
    '3e551b39-227d-4297-b911-e68fd5d77c177',
    "' OR 1=1 --",
  ])('is refused if it is malformed (%j)', (malformed) => {
    expect(reasons(uuid, malformed)).toEqual([expect.stringContaining('must be a UUID such as')]);
  });
});

describe('parse', () => {
  const schema = z.object({ portalId: uuid, logins: z.array(z.object({ userAgent: text() })) });

  it('names every wrong field by its path', () => {
    const refusal = refusalOf(() =>
      parse(schema, { portalId: 'x', logins: [{ userAgent: '' }, { userAgent: '\u0000' }] }),
    );
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['portalId', 'logins[1].userAgent']);
  });

  it('repeats the reasons of the fields in the message', () => {
    const refusal = refusalOf(() => parse(schema, { portalId: 'x', logins: [] }));
    expect(refusal.message).toBe(`portalId: ${refusal.fields[0]?.reason}`);
  });

  it('puts a given path, such as the name of an argument, before the field', () => {
    expect(refusalOf(() => parse(uuid, 'x', 'id')).fields[0]?.field).toBe('id');
    expect(refusalOf(() => parse(schema, { portalId: 'x', logins: [] }, 'input')).fields[0]?.field).toBe(
      'input.portalId',
    );
  });

  it('returns the parsed value', () => {
    const input = { portalId: '3e551b39-227d-4297-b911-e68fd5d77c17', logins: [{ userAgent: 'curl/8' }] };
    expect(parse(schema, input)).toEqual(input);
  });
});

describe.each([
  ['a time', time],
  ['an optional time', optionalTime],
])('%s', (_, schema) => {
  const first = Date.parse('0000-01-01T00:00:00Z');
  const end = Date.parse('+010000-01-01T00:00:00Z');

  it.each([first, 0, end - 1])('may be %d', (at) => {
    expect(accepted(schema, new Date(at))).toBe(at);
  });

  it.each([first - 1, end])('must not be %d, which has no year of four digits in UTC', (at) => {
    expect(reasons(schema, new Date(at))).toEqual(['must be in the years 0000 to 9999 in UTC']);
  });

  it('must not be a text that is no time', () => {
    expect(reasons(schema, new Date(Number.NaN))).toEqual([expect.stringContaining('ISO 8601')]);
  });
});
