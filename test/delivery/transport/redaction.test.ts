import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as redaction from '../../../src/delivery/transport/redaction.js';
import { secretsOf } from '../../../src/delivery/transport/secret-parts.js';
import { aTarget } from '../../support/engine/sender.js';

const sentOf = (authorization: string | null): string[] =>
  secretsOf(aTarget('https://siem.example.com/', null, { authorization }));
const showMessage = (text: string, authorization: string | null) => redaction.showMessage(text, sentOf(authorization));
const showExcerpt = (text: string, authorization: string | null) => redaction.showExcerpt(text, sentOf(authorization));

/** Visible ASCII, except the character of the mask. */
const visible = (minLength: number, maxLength = 60) =>
  fc
    .array(
      fc.integer({ min: 0x21, max: 0x7e }).filter((code) => code !== 0x2a),
      { minLength, maxLength },
    )
    .map((codes) => String.fromCharCode(...codes));
const scheme = fc.constantFrom('Bearer', 'Splunk', 'ApiKey', 'token');
const basic = fc.tuple(fc.stringMatching(/^[a-z]{2,12}$/), visible(8)).map(([user, password]) => ({
  password,
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
}));
const authorization = fc.oneof(
  visible(8),
  fc.tuple(scheme, visible(8)).map((parts) => parts.join(' ')),
  fc.array(visible(8), { minLength: 2, maxLength: 3 }).map((parts) => parts.join(' ')),
  basic.map((value) => value.authorization),
);
/** Texts that cannot contain a secret of eight characters by chance. */
const words = fc.constantFrom(
  '',
  'unknown token: ',
  '{"a":"',
  '"}',
  '\n',
  '\u0000\u001b[2J',
  '\u2028\u2029\u0085',
  ' – ',
  '🙂',
  '\ud800',
);

/** How a receiver may encode what it echoes. */
const encodings: [string, (secret: string) => string][] = [
  ['raw', (secret) => secret],
  ['in JSON', (secret) => inJson(secret)],
  ['in JSON that escapes slashes', (secret) => inJson(secret).replaceAll('/', '\\/')],
  [
    'in JSON that escapes the special characters of HTML',
    (secret) => inJson(secret).replace(/[<>&'+]/g, asUnicodeEscape),
  ],
  ['in a URL', (secret) => encodeURIComponent(secret)],
  [
    'in a URL with lower-case digits',
    (secret) => encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  ],
  ['in a form', (secret) => new URLSearchParams({ secret }).toString().slice('secret='.length)],
];

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
}

describe.each([
  ['message', showMessage],
  ['response excerpt', showExcerpt],
])('the text of a receiver in a %s', (_, show) => {
  it.each(encodings)('does not contain the authorization value or its parts, echoed %s', (_, encode) => {
    fc.assert(
      fc.property(authorization, words, words, (value, before, after) => {
        const token = value.split(' ').at(-1) ?? value;
        for (const echoed of [value, token]) {
          const shown = show(`${before}${encode(echoed)}${after}`, value);
          expect(shown).not.toContain(token);
          expect(shown).not.toContain(encode(token));
        }
      }),
    );
  });

  it.each(encodings)('does not contain the password of a Basic value, echoed %s', (_, encode) => {
    fc.assert(
      fc.property(basic, words, words, ({ authorization: value, password }, before, after) => {
        const shown = show(`${before}${encode(password)}${after}`, value);
        expect(shown).not.toContain(password);
        expect(shown).not.toContain(encode(password));
      }),
    );
  });

  it.each(encodings)('does not contain the start of an incomplete authorization value, echoed %s', (_, encode) => {
    fc.assert(
      fc.property(scheme, visible(16), words, fc.nat(), (kind, token, before, cut) => {
        const echoed = encode(`${kind} ${token}`);
        // The cut is after the first eight characters of the token, in any encoding, and before the end.
        const from = echoed.length - encode(token).length + encode(token.slice(0, 8)).length;
        const shown = show(`${before}${echoed.slice(0, from + (cut % (echoed.length - from)))}`, `${kind} ${token}`);
        expect(shown).not.toContain(token.slice(0, 8));
        expect(shown).not.toContain(encode(token.slice(0, 8)));
      }),
    );
  });

  it('does not contain the authorization value if the receiver separates its characters', () => {
    const apart = [...'8a6b2f0c-secret'].join('\u0000');
    expect(show(`no: ${apart}`, 'Splunk 8a6b2f0c-secret')).not.toContain('8a6b2f0c');
  });
});

describe('the text of a receiver', () => {
  it('does not contain the authorization value, however short its parts are and whatever is between them', () => {
    fc.assert(
      fc.property(visible(3, 7), fc.constantFrom('\n', '\t', '\u0000', '  ', '\r\n', '\u2028'), (token, between) => {
        expect(showMessage(`no: Key${between}${token}`, `Key ${token}`)).not.toContain(`Key ${token}`);
      }),
    );
  });

  it('does not contain an authorization value whose second part begins like an encoded space', () => {
    expect(showMessage('no: Key\n\\+!!!', 'Key \\+!!!')).toBe(redaction.WITHHELD);
  });

  it('is one well-formed line of at most 256 characters, without control characters', () => {
    const part = fc.oneof(words, fc.string({ unit: 'binary' }), fc.string({ minLength: 100, maxLength: 300 }));
    const anything = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(anything, fc.option(authorization), (text, value) => {
        const shown = showMessage(text, value);
        expect(shown).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029]{0,256}$/u);
        expect(shown.length).toBeLessThanOrEqual(256);
        expect(shown).toBe(shown.trim());
      }),
    );
  });

  it('is complete if it is short and contains no secret', () => {
    expect(showMessage(' Invalid\r\n token ', 'Splunk 8a6b2f0c-secret')).toBe('Invalid token');
    expect(showMessage('Bearer tokens are not taken', 'Bearer 8a6b2f0c-secret')).toBe('Bearer tokens are not taken');
    expect(showMessage('x'.repeat(256), null)).toBe('x'.repeat(256));
  });

  it('is cut with an ellipsis, and never within a surrogate pair', () => {
    expect(showMessage('x'.repeat(257), null)).toBe(`${'x'.repeat(255)}…`);
    expect(showMessage(`${'x'.repeat(254)}🙂🙂`, null)).not.toMatch(/\p{Cs}/u);
    expect(showExcerpt('x'.repeat(1_024), null)).toBe('x'.repeat(1_024));
    expect(showExcerpt('x'.repeat(1_025), null)).toBe(`${'x'.repeat(1_023)}…`);
  });

  it('keeps its line breaks in a response excerpt, but no other control characters', () => {
    expect(showExcerpt('{\r\n\t"text":\u0000 "no"\u001b[2J\n}\r', null)).toBe('{\n "text": "no"[2J\n}');
    const anything = fc
      .array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 400 })))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(anything, fc.option(authorization), (text, value) => {
        const shown = showExcerpt(text, value);
        expect(shown.replaceAll('\n', ' ')).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029]{0,1024}$/u);
        expect(shown).toBe(shown.trim());
      }),
    );
  });
});
