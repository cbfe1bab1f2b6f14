/** Finds out whether a text repeats a part of a secret, in any of the usual encodings or two of them. */
import { bytesOf, readingsOf, textOf } from './decodings.js';

/** So many characters of a secret in a row count as a repetition. */
const GRAM = 8;
/** A shorter secret counts if it is repeated as a whole, but not words such as `prod`, which are in many texts by chance. */
const MIN_SECRET = 6;
/** More characters of secrets would take too long to search for (some 10 ms for each 1,000). Any text counts as a repetition then. */
const MAX_SECRETS = 16_384;
/** A text that can be read in more ways would take too long. It counts as a repetition. */
const MAX_READINGS = 1_000;

/** Which characters are compared, and in which forms. */
interface Alphabet {
  /** Leaves out what separates the characters. */
  keep: (bytes: string) => string;
  formsOf: (bytes: string) => string[];
}

/** Visible ASCII in lower case, and of these only letters and digits. */
const ascii: Alphabet = {
  keep: (bytes) => bytes.replace(/[^\x21-\x7e]/g, ''),
  formsOf: (bytes) => {
    const lower = ascii.keep(bytes).toLowerCase();
    return [lower, lower.replace(/[^a-z\d]/g, '')];
  },
};

/** All characters but blanks, in lower case. */
const unicode: Alphabet = {
  keep: (bytes) => bytes.replace(/[\x00-\x20\x7f]/g, ''),
  formsOf: (bytes) => [folded(textOf(bytes))],
};

/**
 * Whether a text repeats 8 or more characters of a secret. It is searched as it is and with up to two encodings undone, without
 * regard to case, spaces and line ends, and then also to punctuation. The work is bounded by the length of the text and the secrets.
 */
export function repeatsSecret(text: string, secrets: readonly string[]): boolean {
  if (!text) return false;
  if (secrets.reduce((sum, { length }) => sum + length, 0) > MAX_SECRETS) return true;
  const plain = folded(text);
  const short = secrets.map(folded).filter(({ length }) => length < GRAM);
  if (short.some((secret) => secret.length >= MIN_SECRET && plain.includes(secret))) return true;
  const beyondAscii = secrets.filter((secret) => /[^\x00-\x7f]/.test(secret));
  return repeatsGram(text, secrets.flatMap(spellingsOf), ascii) || repeatsGram(text, beyondAscii, unicode);
}

function repeatsGram(text: string, spellings: readonly string[], { keep, formsOf }: Alphabet): boolean {
  const grams = gramsOf(new Set(spellings.flatMap((spelling) => formsOf(bytesOf(spelling)))));
  if (!grams.size) return false;
  let readings = 0;
  for (const reading of readingsOf(text, keep)) {
    readings += 1;
    if (readings > MAX_READINGS || formsOf(reading).some((form) => containsAny(form, grams))) return true;
  }
  return false;
}

function containsAny(form: string, grams: ReadonlySet<string>): boolean {
  for (let start = 0; start + GRAM <= form.length; start += 1) {
    if (grams.has(form.slice(start, start + GRAM))) return true;
  }
  return false;
}

function gramsOf(forms: Iterable<string>): Set<string> {
  const grams = new Set<string>();
  for (const form of forms) {
    for (let start = 0; start + GRAM <= form.length; start += 1) grams.add(form.slice(start, start + GRAM));
  }
  return grams;
}

/** `ß` is in upper case `SS`: only so are all spellings of a word equal. */
function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/[\s\p{C}\ufffd]/gu, '');
}

/** The secret as it is, and in base64, which cannot be decoded any more if its case was changed. */
function spellingsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const length = before + Buffer.byteLength(secret);
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64');
    // The characters at the ends also depend on the bytes before and after.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor((length * 8) / 6));
  });
  return [secret, ...inBase64, ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}
