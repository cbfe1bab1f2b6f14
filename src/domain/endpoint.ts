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
/** Words in the names of parameters. A name of other words may be a key itself. */
const PARAMETER_WORDS = new Set(
  `access account algorithm amz api app application auth authorization auto bucket category channel charset client code collector
  compression content create credential credentials customer data database dataset date db dd ddsource ddtags delay email encoding
  env environment event events expires expiry field fields format from header headers host hostname id index ingest input insert
  instance integration interval key keys kind label labels level license limit line lines listener log logs method mode msg name
  names namespace node nonce org organization page parser password path pipeline policy port precision pretty priority project
  provider queue raw realm refresh region repo repository request resource retention role route routing rule rv schema scope se
  secret security sequence server service severity shared shard sig sign signature signed site size source sourcetype sp space sr
  stage start stream subscription subscriptions sv tag tags target team tenant test time timeout timestamp timezone to token
  topic trace type tz uid unit uri url user username uuid v value version wait webhook with workspace write x zone`.split(
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

/** The parts of an endpoint that are not shown: neighbouring segments of the path, and the values and unusual names of the query. */
export function secretPartsOf(endpoint: string): string[] {
  const { pathname, search } = new URL(endpoint);
  const segments = pathname.split('/').reduce<string[][]>((parts, segment) => {
    if (isKnown(segment)) return [...parts, []];
    return [...parts.slice(0, -1), [...(parts.at(-1) ?? []), segment]];
  }, []);
  const parameters = search.slice(1).split('&').flatMap(secretPartsOfParameter);
  return [...segments.map((part) => part.join('/')), ...parameters].filter((part) => part !== '');
}

/** A parameter without a value can be a key as a whole. */
function secretPartsOfParameter(parameter: string): string[] {
  const [, name = '', value = ''] = /^([^=]*)=(.+)$/.exec(parameter) ?? [];
  if (value === '') return [parameter];
  return isParameterName(name) ? [value] : [name, value];
}

function isParameterName(name: string): boolean {
  const words = name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  return !/\d{3}/.test(name) && words.every((word) => word === '' || PARAMETER_WORDS.has(word.toLowerCase()));
}

const isKnown = (segment: string): boolean =>
  segment === '' || PATH_WORDS.has(segment.toLowerCase()) || VERSION.test(segment);
