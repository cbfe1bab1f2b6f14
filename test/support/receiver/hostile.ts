/** Text that may break a log line, and logins and settings that contain it. */

import * as fc from 'fast-check';
import type { LineSettings } from '../../../src/domain/log-line.js';
import { authenticationTypes, type Login, loginOutcomes } from '../../../src/domain/login.js';

/** Everything that some parser reads as the end of a line: Python's str.splitlines, Unicode's newline guidelines, and NUL. */
export const LINE_BREAKS = /[\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029\0]/;

const fragment = fc.oneof(
  fc.constantFrom(
    '|',
    '=',
    '\\',
    '\\\\',
    '\\n',
    '\\=',
    '\\|',
    '"',
    '{',
    '}',
    ',',
    ' ',
    '  ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    '\0',
  ),
  fc.constantFrom(
    '\v',
    '\f',
    '\u001c',
    '\u001d',
    '\u001e',
    '\u001f',
    '\u007f',
    '\u0085',
    '\u009f',
    '\u2028',
    '\u2029',
    '\ufeff',
  ),
  fc.constantFrom('\ud800', '\udfff', '\udc00\ud800', '𝒳', '😀', 'é', '%0a', '<>&'),
  fc.constantFrom('\\u2028', '\\u005c', '\\u005Cu000a', '\\uD83D', '\\u', '\\u00', 'u000a', '000a', '\\\\u0000'),
  fc.constantFrom(' sig=', ' sig=AAAA', ',"sig":"AAAA"', '"}', '"}}', ' src=1.2.3.4', ' success=true', ' user_agent='),
  fc.constantFrom('CEF:0|', '\nCEF:0|Evil|x|1|a|b|0| rt=1', ' rt=', 'request=', '|0|'),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const fragments = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));

/** Any text, also text that the validation of input refuses. */
export const hostileText = fc.oneof(
  { weight: 9, arbitrary: fragments },
  { weight: 1, arbitrary: fragments.map((text) => `${text}${'x='.repeat(1_000)}${text}`) },
);

export const loginOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Login> =>
  fc.record({
    authenticationType: fc.constantFrom(...authenticationTypes),
    outcome: fc.constantFrom(...loginOutcomes),
    sourceAddress: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(null)),
    request: text,
    principalId: text,
    principalName: text,
    userAgent: text,
    traceId: text,
    occurredAt: fc.integer({ min: 0, max: Date.UTC(2099, 0) }),
  });

const settingCharacter = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('|', '\\', '=', ' ', '"') },
  { weight: 3, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
);
const setting = fc.string({ unit: settingCharacter, minLength: 1, maxLength: 20 });

/** Settings that the configuration accepts: printable ASCII, and no spaces in the host. */
export const lineSettings: fc.Arbitrary<LineSettings> = fc.record({
  host: fc.string({ unit: settingCharacter.filter((character) => character !== ' '), minLength: 1, maxLength: 20 }),
  vendor: setting,
  product: setting,
  version: setting,
  organizationId: fc.uuid(),
});
