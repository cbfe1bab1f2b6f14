/** Shows text of a receiver: cut short, without control characters, and not at all if it repeats a part of a secret. */
import { repeatsSecret } from './repetition.js';

const MAX_MESSAGE_CHARACTERS = 256;
const MAX_EXCERPT_CHARACTERS = 1_024;
/** A longer text is cut before anything else. */
const MAX_TEXT_CHARACTERS = 4_096;
/** Shown instead of a text that repeats a part of a secret. */
export const WITHHELD = '(withheld, because it repeats a part of a secret)';

/** The text as one line of at most 256 characters. @param secrets of the destination, in clear */
export function showMessage(text: string, secrets: readonly string[]): string {
  return show(text, secrets, MAX_MESSAGE_CHARACTERS, (words) =>
    words.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' '),
  );
}

/** The start of a text, at most 1,024 characters, with its line breaks as `\n`. @param secrets as above */
export function showExcerpt(text: string, secrets: readonly string[]): string {
  return show(text, secrets, MAX_EXCERPT_CHARACTERS, (words) =>
    words
      .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
      .replace(/\t/g, ' ')
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ''),
  );
}

/** What is searched for secrets is what would be shown: the bound on its length also bounds the work. */
function show(text: string, secrets: readonly string[], max: number, clean: (words: string) => string): string {
  const cleaned = clean(text.slice(0, MAX_TEXT_CHARACTERS).toWellFormed()).trim();
  const shown = cleaned.length > max ? `${cleaned.slice(0, max - 1).toWellFormed()}…` : cleaned;
  return repeatsSecret(shown, secrets) ? WITHHELD : shown;
}
