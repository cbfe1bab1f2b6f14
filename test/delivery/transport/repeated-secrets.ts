/** Draws secrets of destinations, and the ways in which an answer repeats a part of one. */
import * as fc from 'fast-check';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aTarget } from '../../support/engine/sender.js';

/** A destination, and a text that must not be repeated from it. */
interface Kept {
  target: Target;
  secret: string;
}

const from = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const VISIBLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('');
const hexadecimal = (length: number) => from('0123456789abcdef', length);
const SIEM = 'https://siem.example.com';

const authorization = (value: string, secret: string): Kept => ({
  target: aTarget(`${SIEM}/collector`, null, { authorization: value }),
  secret,
});
const endpoint = (url: string, secret: string): Kept => ({
  target: aTarget(url, null, { authorization: null }),
  secret,
});

/** Without the bias of fast-check towards extreme values, such as a UUID of zeros. */
const kept: fc.Arbitrary<Kept> = fc.noBias(
  fc.oneof(
    fc.uuid().map((token) => authorization(`Splunk ${token}`, token)),
    from(VISIBLE, 8, 60).map((token) => authorization(token, token)),
    fc
      .tuple(fc.constantFrom('Bearer', 'ApiKey', 'GenieKey', 'SSWS', 'Key'), from(VISIBLE, 8, 60))
      .map(([scheme, token]) => authorization(`${scheme} ${token}`, token)),
    from(`${ALPHANUMERIC}-_`, 20, 40).map((token) => authorization(`Bearer eyJhbGciOiJIUzI1NiJ9.${token}`, token)),
    from(ALPHANUMERIC, 12, 40).map((token) => authorization(`Token token="${token}"`, token)),
    fc
      .tuple(from(ALPHANUMERIC, 20), from(`${ALPHANUMERIC}-_`, 22))
      .map(([id, key]) => authorization(`ApiKey ${id}:${key}`, key)),
    fc
      .tuple(from(ALPHANUMERIC, 3, 12), from(VISIBLE, 8, 30))
      .map(([user, password]) =>
        authorization(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, password),
      ),
    fc
      .tuple(from(ALPHANUMERIC, 20), from(ALPHANUMERIC, 22))
      .map(([id, key]) => authorization(`ApiKey ${Buffer.from(`${id}:${key}`).toString('base64')}`, key)),
    hexadecimal(32).map((key) => ({
      target: aTarget(`${SIEM}/api/v2/logs`, null, {
        authorization: null,
        headers: [{ name: 'DD-API-KEY', value: key }],
      }),
      secret: key,
    })),
    from(`${ALPHANUMERIC}-_`, 60, 90).map((key) => endpoint(`${SIEM}/receiver/v1/http/${key}==`, key)),
    from(ALPHANUMERIC, 43).map((sig) =>
      endpoint(`${SIEM}:443/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-10-01&sv=1.0&sig=${sig}`, sig),
    ),
    from(`${ALPHANUMERIC}+/`, 24).map((key) => endpoint(`${SIEM}/in?key=${encodeURIComponent(key)}`, key)),
    from(`${ALPHANUMERIC}+/`, 64, 128).map((key) => ({
      target: aTarget(SIEM, null, {
        authorization: null,
        clientKey: `-----BEGIN PRIVATE KEY-----\n${key.slice(0, 64)}\n${key.slice(64)}\n-----END PRIVATE KEY-----\n`,
      }),
      secret: key,
    })),
  ),
);

/** An encoding takes a text, and two numbers that it may draw its variant from. */
type Encoding = (text: string, variant: number, other: number) => string;

const NAMED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '(': '&lpar;',
  '/': '&sol;',
  _: '&lowbar;',
};
const each = (text: string, write: (character: string, code: number, index: number) => string): string =>
  [...text].map((character, index) => write(character, character.charCodeAt(0), index)).join('');
const padded = (code: number, length: number): string => code.toString(16).padStart(length, '0');

export const encodings: Record<string, Encoding> = {
  plain: (text) => text,
  case: (text, variant) => (variant % 2 ? text.toUpperCase() : text.toLowerCase()),
  reversed: (text) => [...text].reverse().join(''),
  spaced: (text, variant) => [...text].join([' ', '\n', '\t', '\u00a0', '\u200b', '  '][variant % 6]),
  wrapped: (text, variant) =>
    text.replace(new RegExp(`[^]{${1 + (variant % 7)}}`, 'g'), (line) => `${line}${variant % 2 ? '\r\n' : '\n '}`),
  percent: (text, variant) =>
    variant % 3 === 0
      ? encodeURIComponent(text)
      : each(text, (character, code, index) => {
          if (code > 0x7e) return encodeURIComponent(character);
          return variant % 3 === 1 || index % 2 ? `%${padded(code, 2)}` : character;
        }),
  entity: (text, variant) =>
    each(text, (character, code) => {
      if (NAMED[character] && variant % 2) return NAMED[character];
      return variant % 3 ? `&#${code};` : `&#x${padded(code, 2)};`;
    }),
  JSON: (text, variant) =>
    variant % 2 ? JSON.stringify(text).slice(1, -1) : each(text, (_, code) => `\\u${padded(code, 4)}`),
  hex: (text, variant) => each(text, (_, code) => `${padded(code, 2)}${['', ' ', ':'][variant % 3]}`),
  base64: (text, variant, other) =>
    Buffer.from(`${'{"k'.slice(0, variant % 4)}${text}${'"}'.slice(0, other % 3)}`).toString(
      other % 2 ? 'base64url' : 'base64',
    ),
};

const words = fc.constantFrom('', 'unknown token: ', '{"error":"', '"}', '<p>', ' – ', 'bad', '🙂', '\n', 'x=', 'dead');

/** A secret, and an answer that repeats 8 or more of its characters in one or two encodings. */
export const repetition = fc
  .record({
    kept,
    names: fc.array(fc.constantFrom(...Object.keys(encodings)), { minLength: 1, maxLength: 2 }),
    place: fc.nat(),
    length: fc.oneof(fc.constant(8), fc.integer({ min: 8, max: 40 })),
    variants: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100)),
    before: words,
    after: words,
  })
  .map(({ kept: { target, secret }, names, place, length, variants, before, after }) => {
    const start = place % (secret.length - 7);
    const piece = secret.slice(start, start + length);
    const [first = 'plain', second = 'plain'] = names;
    const once = encodings[first]?.(piece, variants[0], variants[1]) ?? '';
    const written = encodings[second]?.(once, variants[2], variants[3]) ?? '';
    return { target, piece, names, answer: `${before}${written}${after}` };
  });

/** A destination, and nothing that repeats it. */
export const destination = kept.map(({ target }) => target);
