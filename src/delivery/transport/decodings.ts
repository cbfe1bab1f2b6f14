/**
 * Undoes the ways in which a receiver may write what it repeats. Each decoding takes and gives bytes, which are the characters
 * U+0000 to U+00FF of a string; a character that is not ASCII is its bytes in UTF-8.
 */
import { layoutsOf } from './layouts.js';
import { base64, hex, numbers } from './runs.js';

export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
export const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** The names of the entities of HTML for visible ASCII, in lower case. Every other name stands for no such character. */
const ENTITIES = new Map(
  `amp& lt< gt> quot" apos' excl! num# dollar$ percnt% lpar( rpar) ast* midast* plus+ comma, period. sol/ colon: semi; equals=
  quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] hat^ lowbar_ underbar_ grave\` diacriticalgrave\` lcub{ lbrace{ verbar| vert|
  verticalline| rcub} rbrace} fjligfj`
    .split(/\s+/)
    .map((entry): [string, string] => {
      const [, name = '', value = ''] = /^([a-z]+?)(fj|[^a-z])$/.exec(entry) ?? [];
      return [name, value];
    }),
);

/** What the escapes of programming languages stand for, apart from the character itself. */
const CONTROLS = new Map(Object.entries({ n: '\n', r: '\r', t: '\t', b: '', f: '', v: '' }));

const LAST_CHARACTER = 0x10ffff;
const character = (code: number): string => (code <= LAST_CHARACTER ? bytesOf(String.fromCodePoint(code)) : '');
const ofHex = (digits: string): string => character(Number.parseInt(digits, 16));
const byte = (digits: string, base: number): string => String.fromCharCode(Number.parseInt(digits, base));

function reversed(bytes: string): string {
  const characters = bytes.match(/[\xc0-\xff][\x80-\xbf]*|[^]/g) ?? [];
  return characters.reverse().join('');
}

function withoutTags(bytes: string): string {
  return bytes.replace(/<[^<>]*>/g, '');
}

/** A `%` that begins no code stays as it is. */
export function percent(bytes: string): string {
  return bytes.replace(/%(?:u([\da-f]{4})|([\da-f]{2}))/gi, (_, unicode?: string, digits = '') =>
    unicode === undefined ? byte(String(digits), 16) : ofHex(unicode),
  );
}

/** As in a form, where a plus stands for a space. */
function form(bytes: string): string {
  return percent(bytes.replaceAll('+', ''));
}

/** Quoted-printable. The end of a line within it was undone before, or left its `=`. */
function quotedPrintable(bytes: string): string {
  return bytes.replace(/=(?==[\da-f]{2})|=([\da-f]{2})/gi, (_, digits?: string) =>
    digits === undefined ? '' : byte(digits, 16),
  );
}

function entities(bytes: string): string {
  return bytes.replace(
    /&(?:#x([\da-f]+);?|#(\d+);?|([a-z]+);)/gi,
    (_, digits?: string, decimal?: string, name?: string) => {
      if (digits !== undefined) return ofHex(digits);
      return decimal === undefined ? (ENTITIES.get(name?.toLowerCase() ?? '') ?? '') : character(Number(decimal));
    },
  );
}

/** The escapes of JSON and of programming languages. */
function escapes(bytes: string): string {
  return bytes.replace(
    /(?:0x|\\x)([\da-f]{2})|\\(?:u([\da-f]{4})|u\{([\da-f]+)\}|([0-3][0-7]{2}|[0-7]{1,2})|(.))/gi,
    (_, digits?: string, unicode?: string, braced?: string, octal?: string, other = '') => {
      if (digits !== undefined) return byte(digits, 16);
      const code = unicode ?? braced;
      if (code !== undefined) return ofHex(code);
      if (octal !== undefined) return byte(octal, 8);
      return CONTROLS.get(String(other).toLowerCase()) ?? String(other);
    },
  );
}

type Decoding = (bytes: string) => string;

/** Blanks separate the numbers of a list, but can also stand within them. */
const lists: readonly Decoding[] = ([10, 8] as const).map(numbers);
const decodings: readonly Decoding[] = [
  reversed,
  withoutTags,
  percent,
  form,
  quotedPrintable,
  entities,
  escapes,
  ...lists,
  ...[0, 1].map(hex),
  ...[0, 1, 2, 3].map(base64),
];

/**
 * Every reading of a text: as it is, and with one or two encodings undone, each also with its lines joined. None is longer than
 * the bytes of the text.
 *
 * @param keep leaves out what separates characters
 */
export function* readingsOf(text: string, keep: (bytes: string) => string): Generator<string> {
  const seen = new Set<string>();
  let latest = [bytesOf(text.replace(/[^\S\r\n]|\p{Cf}/gu, ' '))];
  for (let depth = 0; depth <= 2; depth += 1) {
    const decoded: string[] = [];
    for (const written of latest.flatMap(layoutsOf)) {
      const reading = keep(written);
      if (seen.has(reading)) continue;
      seen.add(reading);
      yield reading;
      if (depth === 2) continue;
      decoded.push(...decodings.map((decode) => decode(reading)));
      if (reading !== written) decoded.push(...lists.map((decode) => decode(written)));
    }
    latest = [...new Set(decoded)];
  }
}
