/** Shows text of a receiver: cut short, without control characters, and without the secret that was sent to the receiver. */

const MAX_MESSAGE_CHARACTERS = 256;
const MAX_EXCERPT_CHARACTERS = 1_024;
/** A longer text is cut before it is searched. */
const MAX_TEXT_CHARACTERS = 4_096;
const MASK = '***';
/**
 * Most places at which units are matched, for one text and up to eight secrets. A text of full length needs about 20,000 for each
 * secret.
 */
const MAX_MATCHES = 200_000;
/** With more secrets, the work may grow to this many times as much. */
const MAX_FACTOR = 8;
/** Shorter parts of an authorization value are words like `Bearer`, not secrets. */
const MIN_SECRET_CHARACTERS = 8;
// One space or plus, in any encoding: forms write a space as a plus.
const GAP = String.raw`(?:[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]|\\?\+|%2[bB0]|\\u002[bB]|&#(?:43|[xX]2[bB]);)`;

/** The text as one line of at most 256 characters. @param sent the secret header values that were sent, in clear */
export function showMessage(text: string, sent: readonly string[]): string {
  return show(text, sent, MAX_MESSAGE_CHARACTERS, (words) =>
    words.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' '),
  );
}

/** The start of a text, at most 1,024 characters, with its line breaks as `\n`. @param sent as above */
export function showExcerpt(text: string, sent: readonly string[]): string {
  return show(text, sent, MAX_EXCERPT_CHARACTERS, (words) =>
    words
      .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
      .replace(/\t/g, ' ')
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ''),
  );
}

function show(text: string, sent: readonly string[], max: number, clean: (words: string) => string): string {
  if (!text) return '';
  const masked = mask(text.slice(0, MAX_TEXT_CHARACTERS).toWellFormed(), secretsIn(sent), clean);
  return masked.length > max ? `${masked.slice(0, max - 1).toWellFormed()}…` : masked;
}

function mask(text: string, secrets: readonly string[], clean: (words: string) => string): string {
  const matcher = createMatcher(MAX_MATCHES * Math.min(MAX_FACTOR, Math.ceil(secrets.length / 8)));
  try {
    const masked = withoutSecrets(text, secrets, matcher);
    const cleaned = clean(masked);
    // Characters that were separated by control characters may now form a secret.
    const again = cleaned === masked ? masked : withoutSecrets(cleaned, secrets, matcher);
    return withoutBrokenSecret(again.trim(), secrets, matcher);
  } catch (error) {
    if (error instanceof TooMuchWork) return MASK;
    throw error;
  }
}

function withoutSecrets(text: string, secrets: readonly string[], matcher: Matcher): string {
  return secrets.reduce((shown, secret) => withoutSecret(shown, unitsOf(secret), matcher), text);
}

function withoutSecret(text: string, units: readonly string[], matcher: Matcher): string {
  const kept: string[] = [];
  let from = 0;
  for (let start = 0; start < text.length; start += 1) {
    const end = endOfSecret(text, start, units, matcher);
    if (end === null) continue;
    kept.push(text.slice(from, start), MASK);
    from = end;
    start = end - 1;
  }
  return kept.join('') + text.slice(from);
}

/** The end of the secret that begins at `start`; null if it does not begin there. */
function endOfSecret(text: string, start: number, units: readonly string[], matcher: Matcher): number | null {
  let ends = [start];
  for (const unit of units) {
    ends = matcher.endsOf(unit, text, ends);
    if (!ends.length) return null;
  }
  return Math.max(...ends);
}

/** All secrets in header values; the longest first. */
function secretsIn(sent: readonly string[]): string[] {
  return [...new Set(sent.flatMap(secretsInValue))].sort((a, b) => b.length - a.length);
}

/** All secrets in a value: itself, its parts, and what a Basic value decodes to. */
function secretsInValue(authorization: string): string[] {
  const parts = authorization.split(/\s+/).filter((part) => part.length >= MIN_SECRET_CHARACTERS);
  const basic = /^basic\s+(\S+)$/i.exec(authorization)?.[1];
  const decoded = basic ? Buffer.from(basic, 'base64').toString() : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [authorization, ...parts, decoded, password].filter((secret) => secret !== '');
}

/**
 * Splits a secret into units: single characters, and runs of backslashes or of spaces and pluses. An escape may double the
 * characters of a run, and it would take exponential time to follow every count.
 */
function unitsOf(secret: string): string[] {
  return secret.match(/\\+|[ +]+|[^]/gu) ?? [];
}

/**
 * Patterns of one unit, as it is and as JSON, URLs, forms and HTML write it. For a run, they match one of its characters.
 */
function waysToWrite(unit: string): string[] {
  if (/^[ +]/.test(unit)) return [GAP];
  if (unit.startsWith('\\')) return ['\\\\', '\\\\u005[cC]', '%5[cC]'];
  const code = unit.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, '0'));
  const raw = unit.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return [`\\\\?${raw}`, `\\\\u00${hex}`, `%${hex}`, `&#(?:[xX]0*${hex}|0*${code});`];
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** A response that is cut off, by the receiver or here, may end in the beginning of a secret, in any encoding. */
function withoutBrokenSecret(text: string, secrets: readonly string[], matcher: Matcher): string {
  for (const secret of secrets) {
    const units = unitsOf(secret);
    for (let start = 0; start < text.length; start += 1) {
      if (endsInBeginning(text, start, units, matcher)) return text.slice(0, start) + MASK;
    }
  }
  return text;
}

// An escape that is cut off.
const BROKEN_ESCAPE = /(?:%[\da-fA-F]?|\\(?:u[\da-fA-F]{0,3})?|&(?:#(?:[xX]?[\da-fA-F]*)?)?)$/y;

/** Whether the text from `start` on is the beginning of a secret, long enough to reveal something. */
function endsInBeginning(text: string, start: number, units: readonly string[], matcher: Matcher): boolean {
  // A percent sign or a backslash may be a plain character or begin an escape: every reading is followed.
  let ends = [start];
  let characters = 0;
  for (const unit of units) {
    const isOver = ends.some((at) => at === text.length || matchAt(BROKEN_ESCAPE, text, at) !== null);
    if (isOver) return characters >= MIN_SECRET_CHARACTERS;
    ends = matcher.endsOf(unit, text, ends);
    if (!ends.length) return false;
    characters += unit.length;
  }
  return false;
}

/** The text needs too many matches: it was probably made to take long. */
class TooMuchWork extends Error {}

type Matcher = ReturnType<typeof createMatcher>;

/**
 * Matches the units of secrets one by one, because a pattern of a whole secret can be too large to compile. A receiver has
 * its secret and can send a text that takes long to search, so the number of matches is limited.
 */
function createMatcher(maxMatches: number) {
  const patterns = new Map<string, RegExp[]>();
  let left = maxMatches;

  function patternsOf(unit: string): RegExp[] {
    const known = patterns.get(unit) ?? waysToWrite(unit).map((way) => new RegExp(way, 'y'));
    patterns.set(unit, known);
    return known;
  }

  return {
    /** All places where a unit can end that begins at one of `starts`. @throws TooMuchWork */
    endsOf(unit: string, text: string, starts: readonly number[]): number[] {
      const ends = new Set<number>();
      const next = [...starts];
      for (let at = next.pop(); at !== undefined; at = next.pop()) {
        left -= 1;
        if (left < 0) throw new TooMuchWork();
        for (const pattern of patternsOf(unit)) {
          const end = matchAt(pattern, text, at);
          if (end === null || ends.has(end)) continue;
          ends.add(end);
          // A run may end after each of its characters: the next unit may begin with the same character.
          if (/^[\\ +]/.test(unit)) next.push(end);
        }
      }
      return [...ends];
    },
  };
}

/** The end of the match of a sticky pattern at a place; null if it does not match there. */
function matchAt(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
