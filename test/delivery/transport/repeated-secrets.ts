/** Draws secrets of destinations, and the ways in which an answer repeats a part of one. */
import * as fc from 'fast-check';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aTarget } from '../../support/engine/sender.js';
import { encodings, layouts } from './encodings.js';

/** A destination, and a text that must not be repeated from it. */
interface Kept {
  target: Target;
  secret: string;
}

const from = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const VISIBLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('');
const WIDE = 'äöüßéñçøдежлпяשם字漢';
const hexadecimal = (length: number) => from('0123456789abcdef', length);
const SIEM = 'https://siem.example.com';

const authorization = (value: string, secret: string): Kept => ({
  target: aTarget(`${SIEM}/collector`, null, { authorization: value }),
  secret,
});
/** In base64 or base64url, with and without padding. */
const inBase64 = fc.constantFrom(
  (text: string) => Buffer.from(text).toString('base64'),
  (text: string) => Buffer.from(text).toString('base64url'),
  (text: string) => Buffer.from(text).toString('base64').replaceAll('=', ''),
);

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
    fc
      .tuple(from(ALPHANUMERIC, 3, 12), from(`${ALPHANUMERIC}-!${WIDE}`, 8, 30))
      .map(([user, password]) =>
        authorization(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, password),
      ),
    fc
      .tuple(fc.constantFrom('ApiKey ', 'Bearer ', 'Bearer glc_', ''), from(`${ALPHANUMERIC}-_./`, 10, 40), inBase64)
      .map(([before, key, encode]) => authorization(`${before}${encode(key)}`, key)),
    fc
      .tuple(from(ALPHANUMERIC, 3, 12), from(VISIBLE, 8, 30), inBase64)
      .map(([user, password, encode]) =>
        endpoint(`${SIEM}/in?auth=${encodeURIComponent(encode(`${user}:${password}`))}`, password),
      ),
    fc
      .tuple(from(ALPHANUMERIC, 3, 12), from(VISIBLE, 8, 30), inBase64)
      .map(([user, password, encode]) =>
        endpoint(`${SIEM}/in/${user}/${encodeURIComponent(encode(`${user}:${password}`))}/x`, password),
      ),
    from(VISIBLE, 8, 40).map((key) =>
      authorization(
        `SharedAccessSignature sr=https%3A%2F%2Fsiem.example.com%2Fhub&sig=${encodeURIComponent(key)}&se=1767225600&skn=send`,
        key,
      ),
    ),
    from(ALPHANUMERIC, 10, 30).map((key) => ({
      target: aTarget(SIEM, null, {
        authorization: null,
        headers: [{ name: 'X-Key', value: Buffer.from(key).toString('hex') }],
      }),
      secret: key,
    })),
    from(`${ALPHANUMERIC}+/${WIDE}`, 24).map((key) =>
      endpoint(`${SIEM}/in?x=100%&key=${encodeURIComponent(key)}%`, key),
    ),
    from(ALPHANUMERIC, 14).map((key) => endpoint(`${SIEM}/in?${key}77131=1`, `${key}77131`)),
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

const words = fc.constantFrom('', 'unknown token: ', '{"error":"', '"}', '<p>', ' – ', 'bad', '🙂', '\n', 'x=', 'dead');

const encoding = fc.constantFrom(...Object.keys(encodings));

/** A secret, and an answer that repeats 8 or more of its characters in one or two encodings, or in one and in several lines. */
export const repetition = fc
  .record({
    kept,
    names: fc.oneof(
      { arbitrary: fc.tuple(encoding, encoding, fc.constant('')), weight: 3 },
      fc.tuple(encoding, fc.constant('plain'), fc.constantFrom(...Object.keys(layouts))),
    ),
    place: fc.nat(),
    length: fc.oneof(fc.constant(8), fc.integer({ min: 8, max: 40 })),
    variants: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100)),
    before: words,
    after: words,
  })
  .map(({ kept: { target, secret }, names, place, length, variants, before, after }) => {
    const start = place % (secret.length - 7);
    const piece = secret.slice(start, start + length);
    const [first, second, layout] = names;
    const once = encodings[first]?.(piece, variants[0], variants[1]) ?? '';
    const written = encodings[second]?.(once, variants[2], variants[3]) ?? '';
    const answer = `${before}${written}${after}`;
    return { target, piece, names, answer: layouts[layout]?.(answer, variants[3]) ?? answer };
  });

/** A destination, and nothing that repeats it. */
export const destination = kept.map(({ target }) => target);
