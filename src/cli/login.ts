import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import { LoginsDocument, RecordLoginDocument } from '../client/generated/graphql.js';
import { authenticationTypes, loginOutcomes } from '../domain/login.js';
import { count } from '../runtime/count.js';
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
      description: 'The address that the login came from; other text than one address is recorded beside it',
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
    request: { type: 'string', description: 'The requested path; cut to 8 KiB', valueHint: 'path' },
    'principal-id': { type: 'string', description: 'The id of the account; cut to 256 characters', valueHint: 'id' },
    'principal-name': {
      type: 'string',
      description: 'The name of the account; cut to 256 characters, not part of a log line',
      valueHint: 'name',
    },
    'user-agent': {
      type: 'string',
      description: 'The user agent, as the browser or program reports it; cut to 2 KiB',
      valueHint: 'text',
    },
    'trace-id': {
      type: 'string',
      description: 'The trace id of the login request in your system; cut to 256 characters, not part of a log line',
      valueHint: 'id',
    },
    'occurred-at': {
      type: 'string',
      description: 'When the login happened, such as 2026-01-31T12:00:00Z (now by default, or if it is in the future)',
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
      traceId: args['trace-id'],
      occurredAt: time('--occurred-at', args['occurred-at']),
      idempotencyKey: args['idempotency-key'],
    };
    const { login, isNew } = succeeded((await client.call(RecordLoginDocument, { input })).recordLogin);
    const lines = [
      isNew
        ? `Recorded login ${login.position}, trace ${login.traceId}.`
        : `This login was recorded before, as login ${login.position}, trace ${login.traceId}; nothing is recorded now.`,
    ];
    if (login.cutFields.length) lines.push(`Longer than their limits, and cut: ${login.cutFields.join(', ')}.`);
    if (login.givenSourceAddress !== null) lines.push('The source address is not one address, so the login has none.');
    if (login.givenOccurredAt !== null)
      lines.push('The time is in the future, so the login has the time of recording.');
    return { json: login, lines };
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
    'client-trace-id': {
      type: 'string',
      description: 'List only logins that were recorded with this --trace-id',
      valueHint: 'id',
    },
  },
  async (client, args) => {
    const limit = wholeNumber('--limit', args.limit);
    if (!limit) throw new UsageError('--limit must be at least 1.');
    const portalId = args['portal-id'];
    const clientTraceId = args['client-trace-id'];
    const logins = await everyNode(
      async (page) => (await client.call(LoginsDocument, { portalId, filter: { clientTraceId }, ...page })).logins,
      limit,
    );
    if (!logins.length) {
      const withTrace = clientTraceId === undefined ? '' : ' with this trace id';
      return { json: logins, lines: [], hints: [`This portal has no recorded logins${withTrace}.`] };
    }
    const rows = logins.map((login) => [
      login.occurredAt,
      login.authenticationType,
      login.outcome,
      login.sourceAddress ?? '',
      login.principalName || login.principalId,
      login.traceId,
    ]);
    const lines = table([['OCCURRED', 'TYPE', 'OUTCOME', 'ADDRESS', 'PRINCIPAL', 'TRACE'], ...rows]);
    const isCut = logins.length === limit;
    const hints = isCut
      ? [`At most ${count(limit, 'login')} ${limit === 1 ? 'is' : 'are'} listed; a larger --limit lists more.`]
      : [];
    return { json: logins, lines, hints };
  },
);

export const loginCommand = defineCommand({
  meta: { name: 'login', description: 'Record and list logins.' },
  subCommands: { record, list },
});
