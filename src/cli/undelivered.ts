import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import {
  DiscardUndeliveredDocument,
  RedeliverDocument,
  UndeliveredDocument,
  type UndeliveredFieldsFragment,
} from '../client/generated/graphql.js';
import { undeliveredStates } from '../domain/undelivered.js';
import { count } from '../runtime/count.js';
import { clientCommand } from './client-command.js';
import { everyNode } from './pages.js';
import { portalArgs, webhookArg, webhookIdOf } from './portals.js';
import { table } from './table.js';
import { oneOf } from './values.js';

const AFTER_REDELIVER =
  'If the webhook is on, the server sends the range now. When the range is delivered, "undelivered list" does not show it any more.';

const rangeArgs = {
  'range-id': { type: 'positional', description: 'The id of the range, from "undelivered list"', required: true },
} as const;

const list = clientCommand(
  {
    name: 'list',
    description: 'List the undelivered ranges of a portal, oldest first; without those that are discarded.',
  },
  {
    ...portalArgs,
    webhook: { ...webhookArg.webhook, description: 'The name or the UUID of a webhook; all webhooks without it' },
    state: {
      type: 'string',
      description: `List only ranges in this state: ${undeliveredStates.join(', ')}`,
      valueHint: 'state',
    },
  },
  async (client, { 'portal-id': portalId, webhook, state: given }) => {
    const state = oneOf('--state', undeliveredStates, given);
    const webhookId = await webhookIdOf(client, portalId, webhook);
    const choice = {
      portalId,
      webhooks: webhookId === undefined ? { all: true } : { id: webhookId },
      states: state && [state],
    };
    const ranges = await everyNode(
      async (page) => (await client.call(UndeliveredDocument, { ...choice, ...page })).undelivered,
    );
    if (!ranges.length) return { json: ranges, lines: [], hints: ['There are no such undelivered logins.'] };
    return { json: ranges, lines: tableOf(ranges) };
  },
);

const redeliver = clientCommand(
  { name: 'redeliver', description: 'Deliver an undelivered range again, at once.' },
  {
    ...rangeArgs,
    through: {
      type: 'string',
      description:
        'If the webhook of the range was removed: the UUID of another webhook of the portal to send it through',
      valueHint: 'webhook-id',
    },
  },
  async (client, { 'range-id': id, through: webhookId }) => {
    const answer = await client.call(RedeliverDocument, { input: { ids: [id], webhookId } });
    const { ranges } = succeeded(answer.redeliver);
    if (!ranges.length) return { json: ranges, lines: [`Range ${id} is delivered.`] };
    return { json: ranges, lines: tableOf(ranges), hints: [AFTER_REDELIVER] };
  },
);

const discard = clientCommand(
  { name: 'discard', description: 'Discard an undelivered range. The reason and the name of your token are stored.' },
  {
    ...rangeArgs,
    reason: { type: 'string', description: 'Why the logins need no delivery', valueHint: 'text', required: true },
  },
  async (client, { 'range-id': id, reason }) => {
    const answer = await client.call(DiscardUndeliveredDocument, { input: { ids: [id], reason } });
    const { ranges } = succeeded(answer.discardUndelivered);
    return { json: ranges, lines: tableOf(ranges) };
  },
);

function tableOf(ranges: readonly UndeliveredFieldsFragment[]): string[] {
  const rows = ranges.map((range) => [
    range.id,
    range.webhookId,
    count(range.loginCount, 'login'),
    range.state,
    range.reason,
    range.firstRecordedAt ?? '',
    [range.lastResponseCode, range.lastResponseMessage].filter(Boolean).join(' '),
  ]);
  return table([['ID', 'WEBHOOK ID', 'LOGINS', 'STATE', 'REASON', 'FIRST RECORDED', 'LAST ANSWER'], ...rows]);
}

export const undeliveredCommand = defineCommand({
  meta: { name: 'undelivered', description: 'List, redeliver and discard undelivered logins.' },
  subCommands: { list, redeliver, discard },
});
