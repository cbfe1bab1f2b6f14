/**
 * Whether the body of an answer 2xx contradicts its status. The status decides, so the batch is delivered, but a person should look
 * at the receiver. A warning has fixed words and repeats nothing of the body but the names of known fields.
 */
import { readJson } from './json-text.js';
import { errorFieldsIn } from './warning-signs.js';

const HTML = 'The answer is an HTML page: the endpoint may be a web page or a login form, and not a collector.';
const TEXT = 'The text of the answer says that it failed.';

/** What can stand before the first element of a page or a document. */
const PROLOG = /^(?:\s|<!--[^]*?-->|<\?[^>]*>)+/;
const HTML_START = /^<(!doctype html|html|head|body|title|meta|script|form|center)\b/i;
const XML_ERROR = /^[^]{0,1000}?<(\w+:)?(error|fault|exception)(response)?\b/i;
const TEXT_ERROR = /^["'([*]*(error|failed|failure|invalid|unauthorized|forbidden|denied|rejected|exception)\b/i;
const MAX_FIELDS = 3;

/** @param text the start of the body @returns null if the answer is clean: empty, `OK`, or without a sign of an error */
export function warningAbout(text: string, contentType: string | undefined): string | null {
  const start = text.trimStart();
  const fields = readJson(start).flatMap(errorFieldsIn);
  if (fields.length) {
    const names = [...new Set(fields)].slice(0, MAX_FIELDS).join('`, `');
    return `The answer says that it failed: its field \`${names}\` reports an error.`;
  }
  if (!start.startsWith('<')) return TEXT_ERROR.test(start) ? TEXT : null;
  const content = start.replace(PROLOG, '');
  if (HTML_START.test(content) || /^text\/html\b/i.test(contentType ?? '')) return HTML;
  return XML_ERROR.test(content) ? TEXT : null;
}
