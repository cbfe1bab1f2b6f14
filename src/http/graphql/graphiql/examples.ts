/** The examples of GraphiQL: each operation of schema/operations.graphql, with variables that it runs with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInputObjectType, Kind, type OperationDefinitionNode, parse, TokenKind } from 'graphql';
import { schema } from '../../../../schema/schema.js';

const OPERATIONS = join(import.meta.dirname, '../../../../schema/operations.graphql');

/** The editor shows some 48 characters of a line in a window of 1,280 pixels. */
const COMMENT_LINE = /\S.{0,43}(?=\s|$)/g;

/** A word in the variables that the page replaces as soon as an answer has the value. */
export interface Placeholder {
  word: string;
  /** The example whose answer has the value, and where. */
  example: string;
  path: (string | number)[];
}

const PORTAL = 'PORTAL_ID';
const DESTINATION = 'DESTINATION_ID';
const WEBHOOK = 'WEBHOOK_ID';
const RANGE = 'RANGE_ID';
/** The page replaces it with the time of the call. */
export const NOW = 'NOW';

export const placeholders: Placeholder[] = [
  { word: PORTAL, example: 'RegisterPortal', path: ['registerPortal', 'portal', 'id'] },
  { word: DESTINATION, example: 'CreateDestination', path: ['createDestination', 'destination', 'id'] },
  { word: WEBHOOK, example: 'CreateWebhook', path: ['createWebhook', 'webhook', 'id'] },
  { word: RANGE, example: 'Undelivered', path: ['undelivered', 'edges', 0, 'node', 'id'] },
];

const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };

/** In the order of the menu: the first steps, then what reads, then what changes. The value: `$input` of the operation. */
const inputs: Record<string, object | null> = {
  RegisterPortal: { name: 'Developer portal' },
  CreateDestination: {
    name: 'SIEM',
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
  CreateWebhook: { portalId: PORTAL, destinationId: DESTINATION, name: 'Archive' },
  RenameWebhook: { portalId: PORTAL, webhookId: WEBHOOK, name: 'Long-term archive' },
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

/** All examples in one document, which the menu needs; so each input has a variable of its own. */
export function exampleTexts(): { query: string; variables: string } {
  const source = readFileSync(OPERATIONS, 'utf8');
  const { definitions } = parse(source);
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const variables: Record<string, unknown> = { portalId: PORTAL, webhooks: { all: true } };
  const texts = Object.entries(inputs).map(([name, input]) => {
    const operation = operations.find((definition) => definition.name?.value === name);
    if (!operation) throw new Error(`${OPERATIONS} has no operation ${name}`);
    const variable = name.charAt(0).toLowerCase() + name.slice(1);
    if (input) variables[variable] = input;
    return withComment(operation, source).replaceAll('$input', `$${variable}`);
  });
  const query = [...texts, ...fragments.map(({ loc }) => source.slice(loc?.start, loc?.end))].join('\n\n');
  return { query, variables: JSON.stringify(variables, null, 2) };
}

/** The text of an operation and the comment before it, in lines that fit the editor. */
function withComment({ loc }: OperationDefinitionNode, source: string): string {
  const previous = loc?.startToken.prev;
  const comment = previous?.kind === TokenKind.COMMENT ? previous.value.trim() : '';
  const lines = comment.match(COMMENT_LINE) ?? [];
  return [...lines.map((line) => `# ${line.trim()}`), source.slice(loc?.start, loc?.end)].join('\n');
}
