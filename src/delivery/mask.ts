/** How a receiver's words are shown: one short line without controls, and without the secret that was sent to it. */
const MAX_MESSAGE_CHARACTERS = 256;
const MASK = '***';
/** Shorter parts of an authorization value are words like `Bearer`, not secrets. */
const MIN_SECRET_CHARACTERS = 8;

export function showMessage(text: string, authorization: string | null): string {
  const masked = secretsIn(authorization).reduce(
    (shown, secret) => shown.replaceAll(secret, MASK),
    text.toWellFormed(),
  );
  const line = masked.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return line.length > MAX_MESSAGE_CHARACTERS ? `${line.slice(0, MAX_MESSAGE_CHARACTERS - 1).toWellFormed()}…` : line;
}

/** The value, its parts, what it decodes to, and all of these as JSON and URLs write them; the longest first. */
function secretsIn(authorization: string | null): string[] {
  if (authorization === null) return [];
  const parts = authorization.split(/\s+/).filter((part) => part.length >= MIN_SECRET_CHARACTERS);
  const basic = /^basic\s+(\S+)$/i.exec(authorization)?.[1];
  const decoded = basic ? Buffer.from(basic, 'base64').toString() : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  const secrets = [authorization, ...parts, decoded, password].filter((secret) => secret !== '');
  const written = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ]);
  return [...new Set(written)].sort((a, b) => b.length - a.length);
}
