/**
 * Whether the body of an answer 2xx contradicts its status. The status decides, so the batch is delivered, but a person should look
 * at the receiver. A warning has fixed words and repeats nothing of the body but the names of known fields.
 */

const HTML = 'The answer is an HTML page: the endpoint may be a web page or a login form, and not a collector.';
const TEXT = 'The text of the answer says that it failed.';

/** What collectors write if they did not take a batch, for example Elasticsearch, Splunk and OTLP collectors. */
const signs: Record<string, (value: unknown) => boolean> = {
  error: isSaid,
  errors: isSaid,
  failed: isSaid,
  rejected: isSaid,
  fault: isSaid,
  exception: isSaid,
  rejectedLogRecords: isSaid,
  partialSuccess: (value) => isRecord(value) && Object.values(value).some(isSaid),
  success: (value) => value === false,
  ok: (value) => value === false,
  acknowledged: (value) => value === false,
  status: (value) =>
    typeof value === 'number' ? value >= 400 : typeof value === 'string' && /^(error|fail|invalid|reject)/i.test(value),
  code: (value) => typeof value === 'number' && value !== 0 && (value < 200 || value > 299),
};

const HTML_START = /^<(!doctype html|html|head|body)\b/i;
const XML_ERROR = /^[^]{0,1000}?<(\w+:)?(error|fault)\b/i;
const TEXT_ERROR = /^(error|failed|failure|invalid|unauthorized|forbidden|denied|rejected|exception)\b/i;

/** @param text the start of the body @returns null if the answer is clean: empty, `OK`, or without a sign of an error */
export function warningAbout(text: string, contentType: string | undefined): string | null {
  const start = text.trimStart();
  if (start.startsWith('{')) return warningAboutJson(start);
  if (!start.startsWith('<')) return TEXT_ERROR.test(start) ? TEXT : null;
  if (HTML_START.test(start) || /^text\/html\b/i.test(contentType ?? '')) return HTML;
  return XML_ERROR.test(start) ? TEXT : null;
}

function warningAboutJson(text: string): string | null {
  const parsed = parse(text);
  // The body may be cut off: then only what comes before the first nested value is read.
  const fields = parsed ?? parse(`${/^\{[^[{]*(?=,)/.exec(text)?.[0] ?? '{'}}`) ?? {};
  const found = Object.keys(signs).filter((name) => Object.hasOwn(fields, name) && signs[name]?.(fields[name]));
  return found.length ? `The answer says that it failed: its field \`${found.join('`, `')}\` reports an error.` : null;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Not false, zero, empty or null. */
function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return value !== '' && value !== '0' && Boolean(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
