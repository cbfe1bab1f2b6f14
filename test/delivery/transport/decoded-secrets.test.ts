/** Answers that repeat what a receiver decoded from a secret, and answers that only share words with one. */
import { expect, it } from 'vitest';
import { readingsOf } from '../../../src/delivery/transport/decodings.js';
import { showExcerpt, WITHHELD } from '../../../src/delivery/transport/redaction.js';
import { secretsOf } from '../../../src/delivery/transport/secret-parts.js';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aTarget } from '../../support/engine/sender.js';

const SIEM = 'https://siem.example.com';
const base64 = (text: string, encoding: 'utf8' | 'latin1' = 'utf8') => Buffer.from(text, encoding).toString('base64');
const withAuthorization = (authorization: string) => aTarget(SIEM, null, { authorization });
const withEndpoint = (endpoint: string) => aTarget(`${SIEM}${endpoint}`, null, { authorization: null });
const withHeader = (value: string) => aTarget(SIEM, null, { authorization: null, headers: [{ name: 'X-Any', value }] });
const shown = (answer: string, target: Target) => showExcerpt(answer, secretsOf(target));

const PASSWORD = 'auditwire:Müller-geheim-2026';
const RUSSIAN = 'auditwire:пароль-секрет';

it.each<[string, Target, string]>([
  ['a password beyond ASCII', withAuthorization(`Basic ${base64(PASSWORD)}`), `wrong password for ${PASSWORD}`],
  ['one in ISO 8859-1', withAuthorization(`Basic ${base64(PASSWORD, 'latin1')}`), 'no: Müller-g'],
  ['a part of one', withAuthorization(`Basic ${base64(PASSWORD)}`), 'no: MÜLLER-G'],
  ['one of other letters only', withAuthorization(`Basic ${base64(RUSSIAN)}`), 'no: «Пароль-секрет»'],
  [
    'one in JSON',
    withAuthorization(`Basic ${base64(RUSSIAN)}`),
    `no: \\u043f\\u0430\\u0440\\u043e\\u043b\\u044c-\\u0441`,
  ],
  ['one in UTF-8 in hex', withAuthorization(`Basic ${base64(RUSSIAN)}`), Buffer.from('пароль-секрет').toString('hex')],
  [
    'a token in base64',
    withAuthorization(`ApiKey ${base64('tenant42/secret-key-abcdef')}`),
    'tenant42/secret-key-abcdef',
  ],
  [
    'a token in base64 after a prefix',
    withAuthorization(`Bearer glc_${base64('{"n":"x","k":"secret-key-77"}')}`),
    'secret-key-77',
  ],
  ['a short pair', withAuthorization(`Basic ${base64('a:bcdef')}`), 'no: a:bcdef'],
  ['a token in hex', withHeader(Buffer.from('secret-key-77').toString('hex')), 'unknown: secret-key-77'],
  ['a pair in the query', withEndpoint(`/in?auth=${base64('user:pass-word-77')}`), 'no: pass-word-77'],
  [
    'an escaped pair in the query',
    withEndpoint(`/in?a=${encodeURIComponent(base64('user:pass-word-7'))}`),
    'pass-word-7',
  ],
  ['a pair in the path', withEndpoint(`/in/t42/${base64('user:pass-word-77')}/x`), 'no: user:pass-word-77'],
  [
    'a percent-encoded signature',
    withAuthorization('SharedAccessSignature sr=https%3A%2F%2Fsiem.example.com%2Fin&sig=AbCd%2BEfGh%2FIjKl%3D&se=1'),
    'bad: AbCd+EfGh/IjKl=',
  ],
  ['a percent-encoded header', withHeader('p%40ss-%23w%C3%B6rd'), 'bad: p@ss-#wörd'],
  ['a value beside a % that begins no code', withEndpoint('/in?key=p%40ss-%23w0rd%&x=%zz'), 'bad: p@ss-#w0rd'],
  ['a value like a media type', withHeader('application/json-77'), 'unknown: application/json-77'],
  ['a media type with more', withHeader('application/json; key=s3cret-77'), 'unknown: s3cret-77'],
  ['the name of a parameter', withEndpoint('/in?secretAlpha77=1'), 'unknown: secretAlpha77'],
])('an answer that repeats %s is withheld', (_, target, answer) => expect(shown(answer, target)).toBe(WITHHELD));

it.each<[string, Target, string]>([
  [
    'the host of a signed URL',
    withAuthorization('SharedAccessSignature sr=https%3A%2F%2Fsiem.example.com%2Fin&sig=AbCdEfGh%3D'),
    'https://siem.example.com',
  ],
  [
    'the header of a JWT',
    withAuthorization(`Bearer ${base64('{"alg":"HS256","typ":"JWT"}')}.e30.abcdefgh`),
    '"alg":"HS256","typ":"JWT"',
  ],
  [
    'a name of a field',
    withAuthorization(`Bearer ${base64('{"username":"a","password":"bcd-efgh-77"}')}`),
    'wrong username or password',
  ],
  [
    'the name of a parameter',
    withEndpoint('/in?api-version=1&access_token=8a6b2f0c&sourcetype=x'),
    'no access_token, api-version, sourcetype',
  ],
  ['a media type that is a header', withHeader('application/json'), 'send application/json'],
  [
    'a media type of a list',
    withHeader('application/json, text/plain;q=0.9, */*'),
    'send application/json or text/plain',
  ],
  [
    'a media type with a charset',
    withHeader('application/json; charset=utf-8'),
    'send application/json; charset=utf-8',
  ],
  ['a media type that is a parameter', withEndpoint('/in?format=application/json'), 'send application/json'],
  ['an escaped media type', withEndpoint('/in?format=application%2Fjson&a=enabled'), 'enabled: application/json'],
])('an answer that says %s stays readable', (_, target, answer) => expect(shown(answer, target)).toBe(answer));

it.each([
  ['as JSON of a Buffer', JSON.stringify({ token: Buffer.from('s3cret-key-77') })],
  ['as JSON of bytes', JSON.stringify(new Uint8Array(Buffer.from('s3cret-key-77')))],
  ['as numbers with lines between them', `code 403: ${[...Buffer.from('s3cret-key-77')].join('\n')}`],
  ['in hex with dots', Buffer.from('s3cret-key-77').toString('hex').replace(/../g, '$&.')],
  ['in hex with h', Buffer.from('s3cret-key-77').toString('hex').replace(/../g, '$&h ')],
  [
    'in quoted lines of hex',
    Buffer.from('s3cret-key-77')
      .toString('hex')
      .replace(/.{1,8}/g, '"$&"\n'),
  ],
  ['in a dump of hex', '00000000: 6e6f 3a20 7333 6372  no: s3cr\n00000008: 6574 2d6b 6579 2d37  et-key-7\n'],
  ['in quoted-printable', 'wrong key s3c=\r\nret=2Dk=\r\ney-77'],
  ['in octal without zeros', [...Buffer.from('s3cret-key-77')].map((code) => `\\${code.toString(8)}`).join('')],
  ['in numbered lines', '1 | s3cr\n2 | et-k\n3 | ey-77'],
  ['in numbered lines within JSON', '{"text":"1: s3cr\\n2: et-k\\n3: ey-77"}'],
  ['in quoted lines', '"s3cr" +\n  "et-k" +\n  "ey-77"'],
])('a secret that is repeated %s is withheld', (_, answer) => {
  expect(shown(answer, withAuthorization('Bearer s3cret-key-77'))).toBe(WITHHELD);
});

it.each([
  ['lines with numbers and quotes', '1: "ab=\n'.repeat(140)],
  ['line ends', `"${'\n'.repeat(1_022)}"`],
  ['escapes of escapes', '%25'.repeat(341)],
  ['numbers', '65,'.repeat(341)],
  ['base64 of lines', base64('1: "a=\n2: %41\n'.repeat(54))],
  ['numbers of base64 of lines', [...Buffer.from(base64('1: "a=\n2: %41\n'.repeat(15)))].join('\n')],
])('a text of %s has few readings, none longer than it', (_, answer) => {
  const readings = [...readingsOf(answer, (bytes) => bytes.replace(/[\x00-\x20]/g, ''))];
  expect(readings.length).toBeLessThan(300);
  expect(Math.max(...readings.map(({ length }) => length))).toBeLessThanOrEqual(answer.length);
});
