import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import {
  ConfigureWebhookDocument,
  RemoveWebhookDocument,
  type WebhookFieldsFragment,
} from '../client/generated/graphql.js';
import { catchUps } from '../domain/webhook.js';
import { clientCommand } from './client-command.js';
import { everyPortal, NO_PORTALS, portalArgs } from './portals.js';
import { PROGRAM, UsageError } from './run.js';
import { table } from './table.js';
import { contradiction, oneOf, time } from './values.js';

const configure = clientCommand(
  { name: 'configure', description: 'Set the destination of the webhook of a portal, and turn the webhook on or off.' },
  {
    ...portalArgs,
    destination: {
      type: 'string',
      description: 'The UUID of the destination to send to; required the first time',
      valueHint: 'destination-id',
    },
    enable: { type: 'boolean', description: 'Turn the webhook on' },
    disable: { type: 'boolean', description: 'Turn the webhook off: new logins are recorded but not sent' },
    'catch-up': {
      type: 'string',
      description: `With --enable: which of the logins that were recorded while the webhook was off to deliver: ${catchUps.join(', ')} (${catchUps[0]} by default)`,
      valueHint: 'choice',
    },
    since: {
      type: 'string',
      description:
        'With --catch-up SINCE: deliver logins that were recorded at this time or later, such as 2026-01-31T12:00:00Z',
      valueHint: 'time',
    },
  },
  async (client, args) => {
    const { 'portal-id': id, destination: destinationId, enable, disable } = args;
    if (enable && disable) throw contradiction('--enable', '--disable');
    const catchUp = oneOf('--catch-up', catchUps, args['catch-up']);
    const since = time('--since', args.since);
    const enabled = enable ? true : disable ? false : undefined;
    if (since !== undefined && catchUp !== 'SINCE') throw new UsageError('--since needs --catch-up SINCE.');
    if (catchUp === 'SINCE' && since === undefined) throw new UsageError('--catch-up SINCE needs --since.');
    if (catchUp !== undefined && !enable) throw new UsageError('--catch-up needs --enable.');
    if ([destinationId, enabled, catchUp, since].every((value) => value === undefined)) {
      throw new UsageError('Nothing to configure: give --destination, --enable or --disable.');
    }
    const input = { portalId: id, destinationId, enabled, catchUp, since };
    const { webhook } = succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
    return { json: { portalId: id, ...webhook }, lines: describe(id, webhook, disable) };
  },
);

const list = clientCommand({ name: 'list', description: 'List every portal with its webhook.' }, {}, async (client) => {
  const portals = await everyPortal(client);
  const json = portals.map(({ id, name, webhook }) => ({ portalId: id, portalName: name, ...webhook }));
  if (!portals.length) return { json, lines: [NO_PORTALS] };
  const rows = portals.map(({ id, name, webhook: { enabled, status, destination } }) => [
    id,
    name,
    enabled ? 'on' : 'off',
    status.state,
    destination ? `${destination.id} ${destination.name}` : '',
  ]);
  return { json, lines: table([['PORTAL ID', 'PORTAL', 'WEBHOOK', 'STATE', 'DESTINATION'], ...rows]) };
});

const remove = clientCommand(
  {
    name: 'remove',
    description: 'Remove the webhook of a portal. Logins that were due and not delivered become undelivered.',
  },
  portalArgs,
  async (client, { 'portal-id': id }) => {
    const { webhook } = succeeded(
      (await client.call(RemoveWebhookDocument, { input: { portalId: id } })).removeWebhook,
    );
    return { json: { portalId: id, ...webhook }, lines: [`Removed the webhook of portal ${id}.`] };
  },
);

function describe(
  portalId: string,
  { enabled, destination, status }: WebhookFieldsFragment,
  isDisabled = false,
): string[] {
  const where = destination ? ` to destination ${destination.id} "${destination.name}"` : '';
  const lines = [`The webhook of portal ${portalId}${where} is ${enabled ? `on, ${status.state}` : 'off'}.`];
  return enabled || isDisabled ? lines : [...lines, `Next: ${PROGRAM} webhook configure ${portalId} --enable`];
}

export const webhookCommand = defineCommand({
  meta: { name: 'webhook', description: 'Configure, list and remove the webhooks of portals.' },
  subCommands: { configure, list, remove },
});
