/** How a receiver's words are shown: cut short, without controls, and without the secret that was sent to it. */
const MAX_MESSAGE_CHARACTERS = 256;
const MAX_EXCERPT_CHARACTERS = 1_024;
/** More of it is not looked at. */
const MAX_TEXT_CHARACTERS = 4_096;
const MASK = '***';
/** A text of full length takes some 20,000 for each secret in it. */
const MAX_MATCHES = 200_000;
/** Shorter parts of an authorization value are words like `Bearer`, not secrets. */
const MIN_SECRET_CHARACTERS = 8;
// One of the spaces and pluses, which forms write for each other.
const GAP = String.raw`(?:[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]|\\?\+|%2[bB0]|\\u002[bB]|&#(?:43|[xX]2[bB]);)`;

/** One line of at most 256 characters. @param authorization the value that was sent, in clear, or null */
export function showMessage(text: string, authorization: string | null): string {
  return show(text, authorization, MAX_MESSAGE_CHARACTERS, (words) =>
    words.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' '),
  );
}

/** The start of a text, at most 1,024 characters, with its line breaks as `\n`. @param authorization as above */
export function showExcerpt(text: string, authorization: string | null): string {
  return show(text, authorization, MAX_EXCERPT_CHARACTERS, (words) =>
    words
      .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
      .replace(/\t/g, ' ')
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ''),
  );
}

function show(text: string, authorization: string | null, max: number, clean: (words: string) => string): string {
  if (!text) return '';
  const masked = mask(text.slice(0, MAX_TEXT_CHARACTERS).toWellFormed(), secretsIn(authorization), clean);
  return masked.length > max ? `${masked.slice(0, max - 1).toWellFormed()}…` : masked;
}

function mask(text: string, secrets: readonly string[], clean: (words: string) => string): string {
  const matcher = createMatcher();
  try {
    const masked = withoutSecrets(text, secrets, matcher);
    const cleaned = clean(masked);
    // Without the controls between them, characters may be a secret again.
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

/** Where a secret ends that is written from `start` on; null if it is not. */
function endOfSecret(text: string, start: number, units: readonly string[], matcher: Matcher): number | null {
  let ends = [start];
  for (const unit of units) {
    ends = matcher.endsOf(unit, text, ends);
    if (!ends.length) return null;
  }
  return Math.max(...ends);
}

/** The value, its parts, and what a Basic value decodes to; the longest first. */
function secretsIn(authorization: string | null): string[] {
  if (authorization === null) return [];
  const parts = authorization.split(/\s+/).filter((part) => part.length >= MIN_SECRET_CHARACTERS);
  const basic = /^basic\s+(\S+)$/i.exec(authorization)?.[1];
  const decoded = basic ? Buffer.from(basic, 'base64').toString() : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  const secrets = new Set([authorization, ...parts, decoded, password].filter((secret) => secret !== ''));
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** A run of backslashes is one unit, and so is one of blanks: counting what may be doubled takes exponential time. */
function unitsOf(secret: string): string[] {
  return secret.match(/\\+|[ +]+|[^]/gu) ?? [];
}

/**
 * Patterns of one unit, as it is and as JSON, URLs, forms and HTML write it; of a run of backslashes, patterns of one of them.
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

/** A response that breaks off, or that is read no further, may end in the beginning of a secret, in any writing. */
function withoutBrokenSecret(text: string, secrets: readonly string[], matcher: Matcher): string {
  for (const secret of secrets) {
    const units = unitsOf(secret);
    for (let start = 0; start < text.length; start += 1) {
      if (endsInBeginning(text, start, units, matcher)) return text.slice(0, start) + MASK;
    }
  }
  return text;
}

// An escape that breaks off itself.
const BROKEN_ESCAPE = /(?:%[\da-fA-F]?|\\(?:u[\da-fA-F]{0,3})?|&(?:#(?:[xX]?[\da-fA-F]*)?)?)$/y;

/** Whether what stands from `start` on are the first characters of a secret, and so many that they tell something. */
function endsInBeginning(text: string, start: number, units: readonly string[], matcher: Matcher): boolean {
  // A percent sign or a backslash may stand for itself or begin an escape: every way to read it is followed.
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

/** The text was made to take long. */
class TooMuchWork extends Error {}

type Matcher = ReturnType<typeof createMatcher>;

/**
 * Matches the units of secrets one by one: a pattern of a whole secret would outgrow what the engine compiles. Whoever is sent
 * a secret can write a text that takes long to look through; after so many matches it is given up.
 */
function createMatcher() {
  const patterns = new Map<string, RegExp[]>();
  let left = MAX_MATCHES;

  function patternsOf(unit: string): RegExp[] {
    const known = patterns.get(unit) ?? waysToWrite(unit).map((way) => new RegExp(way, 'y'));
    patterns.set(unit, known);
    return known;
  }

  return {
    /** Where a unit may end that begins at one of these places. @throws TooMuchWork */
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
          // A run may end after each of its parts: what follows may begin like the run.
          if (/^[\\ +]/.test(unit)) next.push(end);
        }
      }
      return [...ends];
    },
  };
}

/** Where a sticky pattern that matches at a place ends; null if it does not match there. */
function matchAt(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
