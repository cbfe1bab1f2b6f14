/** Decodes the runs of digits or letters in which bytes are written, one after the other. */

/** Shorter runs do not encode eight characters, or a part of what encodes them again. */
const MIN_BASE64 = 8;
const MIN_HEX = 16;
const MIN_NUMBERS = 16;
/** Keeps the characters of two runs apart. */
const APART = '~~';

/** @param start a run can begin in the middle of a byte, because other digits can stand before it */
export const hex = (start: number) => (bytes: string) =>
  runsIn(withoutHexMarks(bytes), /[\da-f]+/gi, MIN_HEX)
    .map((run) => Buffer.from(run.slice(start), 'hex').toString('latin1'))
    .join(APART);

/** @param start a run can begin in the middle of a group, because other letters can stand before it */
export const base64 = (start: number) => (bytes: string) =>
  runsIn(bytes, /[\w+/-]+/g, MIN_BASE64)
    .map((run) => Buffer.from(run.slice(start), 'base64').toString('latin1'))
    .join(APART);

/**
 * Lists of the numbers of bytes, such as `[66,101]`, `{"0":66,"1":101}` or `66 101`.
 *
 * @param base 10 or 8
 */
export const numbers = (base: 10 | 8) => (bytes: string) =>
  runsIn(bytes.replace(/"\d+":/g, ''), /\d[\d\W_]*/g, MIN_NUMBERS)
    .map((run) => run.replace(/\d+|\D+/g, (token) => (/\d/.test(token) ? ofNumbers(token, base) : '')))
    .join(APART);

/** Numbers without anything between them: those of two digits begin with other digits than those of three. */
const NUMBER = { 10: /1\d\d|2[0-5]\d|[3-9]\d|\d/g, 8: /[1-3][0-7]{2}|[4-7][0-7]|\d/g };

function ofNumbers(digits: string, base: 10 | 8): string {
  const codes = digits.length <= 3 ? [digits] : (digits.match(NUMBER[base]) ?? []);
  return codes.map((code) => String.fromCharCode(Number.parseInt(code, base) & 0xff)).join('');
}

/** Without all that can stand before, between and after the digits of bytes: `\x5a`, `U+005A`, `5Ah`, `5A.71`, `[5A]`, `"5A"`. */
function withoutHexMarks(bytes: string): string {
  return bytes.replace(/0x(?=[\da-f]{2})|u\+00|[^a-gi-tvwyz\d]/gi, '');
}

function runsIn(bytes: string, run: RegExp, min: number): string[] {
  return (bytes.match(run) ?? []).filter(({ length }) => length >= min);
}
