/** Undoes the ways in which a receiver may write what it repeats. Each decoding takes and gives text of visible ASCII. */

/** The text without spaces, line ends, control characters and all that is not ASCII: what is left of it when it is wrapped. */
export const visible = (text: string): string => text.replace(/[^\x21-\x7e]/g, '');

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

/** Shorter runs do not encode eight characters, or a part of what encodes them again. */
const MIN_BASE64 = 8;
const MIN_HEX = 16;

const character = (code: number): string => (code > 0x20 && code < 0x7f ? String.fromCharCode(code) : '');
const ofHex = (digits: string): string => character(Number.parseInt(digits, 16));
const bytes = (run: string, encoding: 'hex' | 'base64'): string =>
  visible(Buffer.from(run, encoding).toString('latin1'));

function reversed(text: string): string {
  return text.split('').reverse().join('');
}

function withoutTags(text: string): string {
  return text.replace(/<[^<>]*>/g, '');
}

function percent(text: string): string {
  return text.replace(/%(?:u00)?([\da-f]{2})/gi, (_, digits: string) => ofHex(digits));
}

/** As in a form, where a plus stands for a space. */
function form(text: string): string {
  return percent(text.replaceAll('+', ''));
}

function entities(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]+);?|#(\d+);?|([a-z]+);)/gi,
    (_, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return ofHex(hex);
      return decimal === undefined ? (ENTITIES.get(name?.toLowerCase() ?? '') ?? '') : character(Number(decimal));
    },
  );
}

/** The escapes of JSON and of programming languages. */
function escapes(text: string): string {
  return text.replace(
    /0x([\da-f]{2})|\\(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\}|([0-7]{3})|(.))/gi,
    (_, literal?: string, hex?: string, unicode?: string, braced?: string, octal?: string, other = '') => {
      const digits = literal ?? hex ?? unicode ?? braced;
      if (digits !== undefined) return ofHex(digits);
      if (octal !== undefined) return character(Number.parseInt(octal, 8));
      return /[nrtbfv]/i.test(String(other)) ? '' : String(other);
    },
  );
}

/** @param offset a run can begin in the middle of a byte, because other digits can stand before it */
const hex = (offset: number) => (text: string) =>
  runsIn(text.replace(/\\x|[:,;_-]/gi, ''), /[\da-f]+/gi, MIN_HEX, offset, 'hex');

/** @param offset a run can begin in the middle of a group, because other letters can stand before it */
const base64 = (offset: number) => (text: string) => runsIn(text, /[\w+/-]+/g, MIN_BASE64, offset, 'base64');

function runsIn(text: string, run: RegExp, min: number, offset: number, encoding: 'hex' | 'base64'): string {
  const runs = (text.match(run) ?? []).filter(({ length }) => length >= min);
  // The separator keeps the characters of two runs apart.
  return runs.map((found) => bytes(found.slice(offset), encoding)).join('~~');
}

const decodings: readonly ((text: string) => string)[] = [
  reversed,
  withoutTags,
  percent,
  form,
  entities,
  escapes,
  ...[0, 1].map(hex),
  ...[0, 1, 2, 3].map(base64),
];

/** Every reading of a text: as it is, and with one or two encodings undone. At most 157 texts, none longer than the given one. */
export function* readingsOf(text: string): Generator<string> {
  const seen = new Set<string>();
  let latest = [visible(text)];
  for (let depth = 0; depth <= 2; depth += 1) {
    const fresh = [...new Set(latest)].filter((reading) => !seen.has(reading));
    for (const reading of fresh) {
      seen.add(reading);
      yield reading;
    }
    if (depth < 2) latest = fresh.flatMap((reading) => decodings.map((decode) => decode(reading)));
  }
}
