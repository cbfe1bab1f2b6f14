/** How a receiver's words are shown: one short line without controls, and without the secret that was sent to it. */
const MAX_MESSAGE_CHARACTERS = 256;
/** More of it is not looked at. */
const MAX_TEXT_CHARACTERS = 4_096;
const MASK = '***';
/** Shorter parts of an authorization value are words like `Bearer`, not secrets. */
const MIN_SECRET_CHARACTERS = 8;
// Spaces and pluses, which forms write for each other.
const GAP = String.raw`(?:[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]|\\?\+|%2[bB0]|\\u002[bB]|&#(?:43|[xX]2[bB]);)+`;

/** @param authorization the value that was sent, in clear, or null */
export function showMessage(text: string, authorization: string | null): string {
  const secrets = secretsIn(authorization);
  const start = text.slice(0, MAX_TEXT_CHARACTERS).toWellFormed();
  const masked = secrets.reduce((shown, secret) => shown.replace(anyWriting(secret), MASK), start);
  const line = masked.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  const whole = withoutBrokenSecret(line, secrets);
  return whole.length > MAX_MESSAGE_CHARACTERS
    ? `${whole.slice(0, MAX_MESSAGE_CHARACTERS - 1).toWellFormed()}…`
    : whole;
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

/** Matches a secret as it is, as JSON, URLs, forms and HTML write it, and with any space between its parts. */
function anyWriting(secret: string): RegExp {
  // A run of backslashes is one unit, and so is one of blanks: counting what may be doubled takes exponential time.
  const units = secret.match(/\\+|[ +]+|[^]/gu) ?? [];
  return new RegExp(units.map((unit) => (/^[ +]/.test(unit) ? GAP : writingsOf(unit))).join(''), 'g');
}

function writingsOf(character: string): string {
  if (character.startsWith('\\')) return '(?:\\\\|\\\\u005[cC]|%5[cC])+';
  const code = character.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, '0'));
  const raw = character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return `(?:\\\\?${raw}|\\\\u00${hex}|%${hex}|&#(?:[xX]0*${hex}|0*${code});)`;
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** A response that breaks off, or that is read no further, may end in the beginning of a secret. */
function withoutBrokenSecret(line: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= MIN_SECRET_CHARACTERS; length -= 1) {
      if (line.endsWith(secret.slice(0, length).trimEnd())) return line.slice(0, -length) + MASK;
    }
  }
  return line;
}
