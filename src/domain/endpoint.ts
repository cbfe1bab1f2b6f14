/** What is shown of an endpoint, and which parts of it are secret: the endpoints of many collectors contain a key. */

/**
 * Words in the endpoints of known collectors: Splunk HEC, Sumo Logic, Elastic, Datadog, New Relic, Loki, Humio, Graylog, Azure
 * Logic Apps and others. Only these parts of a path are shown, because every other part may be a key.
 */
const PATH_WORDS = new Set(
  `_bulk _doc accounts actions api audit audit-log audit-logs auditlog auditlogs bulk collect collector collectors
  datacollectionrules event events flows gelf hec hook hooks http https humio-structured humio-unstructured in inbound
  ingest ingestion input inputs intake invoke json listener log logger logging logs loki manual paths push raw receive
  receiver receivers run security services siem store streams text trigger triggers webhook webhooks workflows write`.split(
    /\s+/,
  ),
);
const VERSION = /^v?\d{1,2}(\.\d{1,2})?$/;
const HIDDEN = '…';

/** The form of an endpoint for people: scheme, host, port and the known words of the path. @param endpoint an absolute URL */
export function shortEndpoint(endpoint: string): string {
  const { protocol, host, pathname, search } = new URL(endpoint);
  const path = pathname.split('/').map((segment) => (isKnown(segment) ? segment : HIDDEN));
  return `${protocol}//${host}${path.join('/').replace(/…(\/…)+/g, HIDDEN)}${search && `?${HIDDEN}`}`;
}

/** Whether a text is the short form of an endpoint, which cannot be requested. */
export function isShortened(text: string): boolean {
  return text.includes(HIDDEN);
}

/** The parts of an endpoint that are not shown: neighbouring segments of the path, and the values of the query. */
export function secretPartsOf(endpoint: string): string[] {
  const { pathname, search } = new URL(endpoint);
  const segments = pathname.split('/').reduce<string[][]>((parts, segment) => {
    if (isKnown(segment)) return [...parts, []];
    return [...parts.slice(0, -1), [...(parts.at(-1) ?? []), segment]];
  }, []);
  const values = search
    .slice(1)
    .split('&')
    .map((parameter) => parameter.replace(/^[^=]*=(?=.)/, ''));
  return [...segments.map((part) => part.join('/')), ...values].filter((part) => part !== '');
}

const isKnown = (segment: string): boolean =>
  segment === '' || PATH_WORDS.has(segment.toLowerCase()) || VERSION.test(segment);
