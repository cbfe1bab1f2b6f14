/** The examples of GraphiQL: each operation of schema/operations.graphql, with variables that it runs with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInputObjectType, Kind, type OperationDefinitionNode, parse, TokenKind } from 'graphql';
import { schema } from '../../../../schema/schema.js';

const OPERATIONS = join(import.meta.dirname, '../../../../schema/operations.graphql');

/** The editor shows some 48 characters of a line in a window of 1,280 pixels. */
const COMMENT_LINE = /\S.{0,43}(?=\s|$)/g;

/** A word in the variables that the page replaces with an id as soon as an answer has it. */
export interface Placeholder {
  word: string;
  /** Where the variables of the examples have it, such as `portalId` and `redeliver.ids.0`. */
  places: string[];
  /** The word of what it is a part of: another one of that makes this id wrong. */
  belongsTo?: string;
  /** The example that gives the id, and the paths in answers to what has it, such as `undelivered.edges.*.node`. */
  example: string;
  made: string[];
  /** The example that lists what exists, and the paths in answers to lists. */
  list?: string;
  listed: string[];
  /** The name of one that the examples cannot use. */
  exceptName?: string;
  /** The paths in answers to what is gone. */
  removed: string[];
  /** What to say after the example answered with an empty list. */
  none?: string;
}

const PORTAL = 'PORTAL_ID';
const DESTINATION = 'DESTINATION_ID';
const WEBHOOK = 'WEBHOOK_ID';
const RANGE = 'RANGE_ID';
/** In a text of the examples, the page replaces it with the time of the call. So a name is new in each call. */
export const NOW = 'NOW';

const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };

/** In the order of the menu: the first steps, then what reads, then what changes. The value: `$input` of the operation. */
const inputs: Record<string, object | null> = {
  RegisterPortal: { name: `Example portal ${NOW}` },
  CreateDestination: {
    name: `Example SIEM ${NOW}`,
    endpoint: 'https://siem.example.com/collector',
    authorization: 'Splunk TOKEN',
    logFormat: 'CEF',
  },
  TestDestination: { id: DESTINATION },
  ConfigureWebhook: { portalId: PORTAL, destinationId: DESTINATION, enabled: true },
  RecordLogin: { portalId: PORTAL, ...login },
  WebhookStatusChanged: null,
  DeliveryAttempted: null,
  LoginRecorded: null,
  ReplayJobChanged: null,
  Viewer: null,
  Portals: null,
  PortalWebhooks: null,
  Destinations: null,
  Logins: null,
  Deliveries: null,
  Undelivered: null,
  ReplayJob: null,
  RecordLogins: { portalId: PORTAL, logins: [login, { ...login, outcome: 'INVALID_PASSWORD' }] },
  CreateWebhook: { portalId: PORTAL, destinationId: DESTINATION, name: `Archive ${NOW}` },
  RenameWebhook: { portalId: PORTAL, webhookId: WEBHOOK, name: `Long-term archive ${NOW}` },
  RemoveWebhook: { portalId: PORTAL, webhookId: WEBHOOK },
  Redeliver: { ids: [RANGE] },
  DiscardUndelivered: { ids: [RANGE], reason: 'These logins are not needed.' },
  RequestReplay: { portalId: PORTAL, startAt: '2026-01-01T00:00:00Z', endAt: NOW },
  CancelReplay: { portalId: PORTAL },
  UpdateDestination: { id: DESTINATION, maxBatchLines: 100 },
  RenamePortal: { id: PORTAL, name: 'Partner portal' },
  RetirePortal: { id: PORTAL },
  DeleteDestination: { id: DESTINATION },
};

/** The variables of all examples in one object. */
const variables: Record<string, unknown> = { portalId: PORTAL, webhooks: { all: true } };
for (const [name, input] of Object.entries(inputs)) {
  if (input) variables[variableOf(name)] = input;
}

export const placeholders: Placeholder[] = [
  {
    word: PORTAL,
    places: placesOf(PORTAL),
    example: 'RegisterPortal',
    made: ['registerPortal.portal'],
    list: 'Portals',
    listed: ['portals.edges.*.node', 'portal'],
    removed: ['retirePortal.portal'],
  },
  {
    word: DESTINATION,
    places: placesOf(DESTINATION),
    example: 'CreateDestination',
    made: ['createDestination.destination'],
    list: 'Destinations',
    listed: ['destinations.edges.*.node', 'destination'],
    removed: ['deleteDestination'],
  },
  {
    word: WEBHOOK,
    places: placesOf(WEBHOOK),
    belongsTo: PORTAL,
    example: 'CreateWebhook',
    made: ['createWebhook.webhook'],
    list: 'PortalWebhooks',
    listed: ['portals.edges.*.node.webhooks.*', 'portal.webhooks.*'],
    // It cannot be renamed.
    exceptName: 'default',
    removed: ['removeWebhook.webhook'],
  },
  {
    word: RANGE,
    places: placesOf(RANGE),
    belongsTo: PORTAL,
    example: 'Undelivered',
    made: ['undelivered.edges.*.node'],
    listed: [],
    removed: ['redeliver.ranges.*', 'discardUndelivered.ranges.*'],
    none: 'There is no undelivered range now: the list of Undelivered is empty. Run Undelivered again to look for new ones.',
  },
];

/** The texts in which the page writes the time of the call. */
export const timedTexts = textsIn(variables)
  .map(({ text }) => text)
  .filter((text) => text.includes(NOW));

/** The names of the input fields that may be secret. An endpoint may have a key in its path or query. */
export const secretFields = [
  'endpoint',
  ...new Set(
    Object.values(schema.getTypeMap())
      .filter(isInputObjectType)
      .flatMap((type) => Object.values(type.getFields()))
      .filter(({ description }) => description?.includes('Write-only'))
      .map(({ name }) => name),
  ),
];

/** The names of the other input fields: a text of the user is kept only as a value of one of them. */
export const plainFields = [
  ...new Set(
    Object.values(schema.getTypeMap())
      .filter(isInputObjectType)
      .flatMap((type) => Object.keys(type.getFields()))
      .filter((name) => !secretFields.includes(name)),
  ),
];

/** All examples in one document, which the menu needs. */
export function exampleTexts(): { query: string; variables: string } {
  const source = readFileSync(OPERATIONS, 'utf8');
  const { definitions } = parse(source);
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const texts = Object.keys(inputs).map((name) => {
    const operation = operations.find((definition) => definition.name?.value === name);
    if (!operation) throw new Error(`${OPERATIONS} has no operation ${name}`);
    return withComment(operation, source).replaceAll('$input', `$${variableOf(name)}`);
  });
  const query = [...texts, ...fragments.map(({ loc }) => source.slice(loc?.start, loc?.end))].join('\n\n');
  return { query, variables: JSON.stringify(variables, null, 2) };
}

/** All examples are in one document, so each input has a variable of its own. */
function variableOf(example: string): string {
  return example.charAt(0).toLowerCase() + example.slice(1);
}

function textsIn(value: unknown, place: string[] = []): { place: string; text: string }[] {
  if (typeof value === 'string') return [{ place: place.join('.'), text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...place, key]));
}

function placesOf(word: string): string[] {
  return textsIn(variables)
    .filter(({ text }) => text === word)
    .map(({ place }) => place);
}

/** The text of an operation and the comment before it, in lines that fit the editor. */
function withComment({ loc }: OperationDefinitionNode, source: string): string {
  const previous = loc?.startToken.prev;
  const comment = previous?.kind === TokenKind.COMMENT ? previous.value.trim() : '';
  const lines = comment.match(COMMENT_LINE) ?? [];
  return [...lines.map((line) => `# ${line.trim()}`), source.slice(loc?.start, loc?.end)].join('\n');
}
