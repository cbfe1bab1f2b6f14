import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import { LoginsDocument, RecordLoginDocument } from '../client/generated/graphql.js';
import { authenticationTypes, loginOutcomes } from '../domain/login.js';
import { clientCommand } from './client-command.js';
import { everyNode } from './pages.js';
import { portalArgs } from './portals.js';
import { UsageError } from './run.js';
import { table } from './table.js';
import { oneOf, time, wholeNumber } from './values.js';

/** How many logins are listed without `--limit`. */
const DEFAULT_LIMIT = 100;

const record = clientCommand(
  { name: 'record', description: 'Record one login of a portal.' },
  {
    ...portalArgs,
    'source-address': {
      type: 'string',
      description: 'The IPv4 or IPv6 address that the login came from',
      valueHint: 'address',
      required: true,
    },
    'authentication-type': {
      type: 'string',
      description: `The type of the login: ${authenticationTypes.join(', ')}`,
      valueHint: 'type',
      default: 'BASIC',
    },
    outcome: {
      type: 'string',
      description: `The outcome of the login: ${loginOutcomes.join(', ')}`,
      valueHint: 'outcome',
      default: 'SUCCESS',
    },
    request: { type: 'string', description: 'The requested path', valueHint: 'path' },
    'principal-id': { type: 'string', description: 'The id of the account', valueHint: 'id' },
    'principal-name': {
      type: 'string',
      description: 'The name of the account; not part of a log line',
      valueHint: 'name',
    },
    'user-agent': {
      type: 'string',
      description: 'The user agent, as the browser or program reports it',
      valueHint: 'text',
    },
    'occurred-at': {
      type: 'string',
      description: 'When the login happened, such as 2026-01-31T12:00:00Z (now by default)',
      valueHint: 'time',
    },
    'idempotency-key': {
      type: 'string',
      description: 'Makes it safe to send the login again: the same key with the same content records nothing',
      valueHint: 'key',
    },
  },
  async (client, args) => {
    const input = {
      portalId: args['portal-id'],
      sourceAddress: args['source-address'],
      authenticationType: oneOf('--authentication-type', authenticationTypes, args['authentication-type']),
      outcome: oneOf('--outcome', loginOutcomes, args.outcome),
      request: args.request,
      principalId: args['principal-id'],
      principalName: args['principal-name'],
      userAgent: args['user-agent'],
      occurredAt: time('--occurred-at', args['occurred-at']),
      idempotencyKey: args['idempotency-key'],
    };
    const { login } = succeeded((await client.call(RecordLoginDocument, { input })).recordLogin);
    return { json: login, lines: [`Recorded login ${login.position}, trace ${login.traceId}.`] };
  },
);

const list = clientCommand(
  { name: 'list', description: 'List the logins of a portal, newest first.' },
  {
    ...portalArgs,
    limit: {
      type: 'string',
      description: 'How many logins to list at most',
      valueHint: 'number',
      default: String(DEFAULT_LIMIT),
    },
  },
  async (client, args) => {
    const limit = wholeNumber('--limit', args.limit);
    if (!limit) throw new UsageError('--limit must be at least 1.');
    const portalId = args['portal-id'];
    const logins = await everyNode(
      async (page) => (await client.call(LoginsDocument, { portalId, ...page })).logins,
      limit,
    );
    if (!logins.length) return { json: logins, lines: ['This portal has no recorded logins.'] };
    const rows = logins.map((login) => [
      login.occurredAt,
      login.authenticationType,
      login.outcome,
      login.sourceAddress,
      login.principalName || login.principalId,
      login.traceId,
    ]);
    const lines = table([['OCCURRED', 'TYPE', 'OUTCOME', 'ADDRESS', 'PRINCIPAL', 'TRACE'], ...rows]);
    if (logins.length === limit) lines.push(`These are the newest ${limit}; a larger --limit lists more.`);
    return { json: logins, lines };
  },
);

export const loginCommand = defineCommand({
  meta: { name: 'login', description: 'Record and list logins.' },
  subCommands: { record, list },
});
