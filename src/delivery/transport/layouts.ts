/** Undoes what is written around the lines of a text. */

/** The number of a line, such as `12: `, `12) `, `[12] ` or `0012 `, and one with a bar after it, such as `12 | `. */
const NUMBERS = /^[^\S\n]*[[(#]?\d{1,8}(?:[:.|)\]>-]|[^\S\n])/gm;
const NUMBERS_WITH_BARS = /^[^\S\n]*\d{1,8}[^\S\n]+[|:>]/gm;
/** The end of a line within quoted-printable. */
const SOFT_BREAKS = /=\s*\n/g;
/** The quotes around the lines of one text, with what joins them. */
const QUOTES = /["'`](?:[^\S\n]|[+,.&\\])*\n[\s+,.&]*["'`]/g;

/** The bytes as they are, and without each of these layouts that they have. At most five texts. */
export function layoutsOf(bytes: string): string[] {
  if (!bytes.includes('\n')) return [bytes];
  return [
    ...new Set([
      bytes,
      ...[NUMBERS, NUMBERS_WITH_BARS, SOFT_BREAKS, QUOTES].map((layout) => bytes.replace(layout, '')),
    ]),
  ];
}
