/** Values of headers and parameters that are in many answers, and cannot be a secret. */

const WORDS = new Set(
  `true false none null default enabled disabled utf-8 us-ascii iso-8859-1 gzip deflate identity no-cache no-store keep-alive
  close xmlhttprequest`.split(/\s+/),
);
const MEDIA_TYPES = new Set(
  `*/* application/* application/cbor application/cloudevents+json application/gzip application/javascript application/json
  application/jsonlines application/msgpack application/ndjson application/octet-stream application/problem+json
  application/stream+json application/vnd.api+json application/x-gzip application/x-json-stream application/x-ndjson
  application/x-www-form-urlencoded application/xhtml+xml application/xml multipart/form-data text/* text/csv text/html
  text/json text/plain text/xml`.split(/\s+/),
);

/** Whether a value is exactly such a word, a media type, or a list of media types as in `Accept`. */
export function isWellKnown(value: string): boolean {
  const words = value.trim().toLowerCase();
  return WORDS.has(words) || words.split(/\s*,\s*/).every(isMediaType);
}

function isMediaType(text: string): boolean {
  const [type = '', ...parameters] = text.split(/\s*;\s*/);
  return (
    MEDIA_TYPES.has(type) && parameters.every((parameter) => /^(charset="?utf-8"?|q=[01](\.\d{1,3})?)$/.test(parameter))
  );
}
