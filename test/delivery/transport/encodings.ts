/** The ways in which an answer may write what it repeats. */

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
const eachByte = (text: string, write: (code: number, index: number) => string): string =>
  [...Buffer.from(text)].map(write).join('');
/** In lines of so many characters. */
const linesOf = (text: string, length: number): string[] => text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
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
  hex: (text, variant) => eachByte(text, (code) => `${padded(code, 2)}${['', ' ', ':'][variant % 3]}`),
  'marked hex': (text, variant) => {
    const marks = ['?.', '?/', '?|', '[?]', '?h ', '"?", ', '\\x?', '0x?, ', '%?', 'U+00? ', '<?>', '{?}'];
    return eachByte(text, (code) => (marks[variant % marks.length] ?? '').replace('?', padded(code, 2)));
  },
  'lines of hex': (text, variant) =>
    linesOf(
      eachByte(text, (code) => padded(code, 2)),
      8,
    )
      .map((line) => (variant % 2 ? `"${line}"` : `'${line}' +`))
      .join('\n'),
  numbers: (text, variant) => {
    const bytes = [...Buffer.from(text)];
    return (
      [
        JSON.stringify(Buffer.from(text)),
        JSON.stringify(new Uint8Array(bytes)),
        `[${bytes.join(' ')}]`,
        bytes.join([', ', '|', '.', '\n'][variant % 4]),
        bytes.map((code) => String(code).padStart(3, '0')).join(),
        bytes.map((code) => code.toString(8)).join(' '),
      ][variant % 6] ?? ''
    );
  },
  octal: (text) => eachByte(text, (code) => `\\${code.toString(8)}`),
  'quoted-printable': (text, variant) =>
    linesOf(
      eachByte(text, (code) => `=${padded(code, 2).toUpperCase()}`),
      variant % 2 ? 75 : 12,
    ).join('=\r\n'),
  base64: (text, variant, other) =>
    Buffer.from(`${'{"k'.slice(0, variant % 4)}${text}${'"}'.slice(0, other % 3)}`).toString(
      other % 2 ? 'base64url' : 'base64',
    ),
};

/** How a text is laid out in lines. */
export const layouts: Record<string, (text: string, variant: number) => string> = {
  'numbered lines': (text, variant) =>
    linesOf(text.replace(/\s/g, ' '), 4 + (variant % 5))
      .map(
        (line, index) => `${['?: ', '[?] ', '  ? | ', '0? ', '?) '][variant % 5]?.replace('?', String(index))}${line}`,
      )
      .join('\n'),
  'quoted lines': (text, variant) =>
    linesOf(text.replace(/\s/g, ' '), 4 + (variant % 5))
      .map((line) => `"${line}"`)
      .join(['\n', ',\n  ', ' +\r\n', ' \\\n'][variant % 4]),
};
