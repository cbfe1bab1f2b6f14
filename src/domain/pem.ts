/** Reads PEM (RFC 7468) as people paste it: indented, in one line, with `\n` as text, or without line ends between blocks. */

export interface PemBlock {
  /** Its place in the text, from 1. */
  number: number;
  /** Such as `CERTIFICATE` or `PRIVATE KEY`; '' if its first line is missing. */
  label: string;
  /** The base64 between the two lines, without blanks. */
  base64: string;
  /** What is wrong with the block; null if it is whole. */
  fault: string | null;
}

const BOUNDARY = /-----(BEGIN|END) ([A-Z\d][A-Z\d .#]{0,39})-----/g;
const LINE_CHARACTERS = 64;
/** How much of a block a message shows. */
const SHOWN_CHARACTERS = 24;
// Text between blocks is a comment, unless it looks like a block that has lost a part of its first or last line.
const LOST_BOUNDARY =
  /[-–—] ?(?:BEGIN|END) [A-Z\d ]{0,40}(?:CERTIFICATE|KEY)|(?:BEGIN|END) [A-Z\d ]{0,40}(?:CERTIFICATE|KEY) ?[-–—]/;
// A line of hexadecimal digits is a fingerprint, and a line of one character is a rule. Base64 of 60 characters is neither by chance.
const LOST_LINE = /^[ \t]*(?![\dA-Fa-f]+[ \t]*$|([A-Za-z\d+/])\1+[ \t]*$)[A-Za-z\d+/]{60,}={0,2}[ \t]*$/m;
/** DER begins with the byte 0x30, so its base64 begins with M, never with the + or - that a diff puts before a line. */
const DIFF_SIGN = /^[+-]/;

/** All blocks of a text, in order, the broken ones too: none is left out silently. */
export function pemBlocks(text: string): PemBlock[] {
  const pem = text.replaceAll(/\\r\\n|\\[nr]/g, '\n');
  const blocks: PemBlock[] = [];
  let open: string | null = null;
  let from = 0;

  const add = (label: string, content: string, fault: string | null) => {
    const base64 = content.replaceAll(/\s+/g, '');
    blocks.push({ number: blocks.length + 1, label, base64, fault: fault ?? faultOf(base64) });
  };
  const addComment = (content: string) => {
    if (LOST_BOUNDARY.test(content) || LOST_LINE.test(content))
      add('', content, 'is not whole: its line -----BEGIN …----- or -----END …----- is damaged or missing');
  };

  for (const { 0: line, 1: kind, 2: label = '', index } of pem.matchAll(BOUNDARY)) {
    const content = pem.slice(from, index);
    from = index + line.length;
    if (kind === 'BEGIN') {
      if (open !== null) add(open, content, withoutEnd(open));
      else addComment(content);
      open = label;
    } else {
      if (open === null) add('', content, `has no line -----BEGIN ${label}-----`);
      else add(open, content, open === label ? null : `ends with -----END ${label}-----`);
      open = null;
    }
  }
  const rest = pem.slice(from);
  if (open !== null) add(open, rest, withoutEnd(open));
  else addComment(rest);
  return blocks;
}

const withoutEnd = (label: string) => `is cut short: it has no line -----END ${label}-----`;

function faultOf(base64: string): string | null {
  const [sign] = DIFF_SIGN.exec(base64) ?? [];
  if (sign) return `has ${sign} before its first line, as in a diff; remove it from each line`;
  const [foreign] = /[^A-Za-z\d+/=]/u.exec(base64) ?? [];
  if (foreign) return `contains ${codePoint(foreign)}, which is no character of base64`;
  const isWhole = base64.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(base64);
  return isWhole ? null : 'is cut short or damaged: its base64 is not whole';
}

/** The name of a character, such as `U+00E9`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The name of a block for a person: its place, its label and, if it is no secret, the start of its first line. */
export function nameOfBlock({ number, label, base64 }: PemBlock): string {
  if (!label) return `block ${number}`;
  const start = label.endsWith('CERTIFICATE')
    ? /^[A-Za-z\d+/]+/.exec(base64)?.[0].slice(0, SHOWN_CHARACTERS)
    : undefined;
  return `block ${number} (${start ? `${label}, ${start}…` : label})`;
}

/** A whole block as PEM with lines of 64 characters. */
export function writePem(label: string, base64: string): string {
  const lines = base64.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
