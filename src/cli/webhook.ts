import { defineCommand } from 'citty';
import { type Client, Refused, succeeded } from '../client/client.js';
import {
  ConfigureWebhookDocument,
  CreateWebhookDocument,
  PortalWebhooksDocument,
  RemoveWebhookDocument,
  RenameWebhookDocument,
  type WebhookFieldsFragment,
} from '../client/generated/graphql.js';
import { catchUps } from '../domain/webhook.js';
import { count } from '../runtime/count.js';
import { clientCommand } from './client-command.js';
import {
  nameOf,
  portalArgs,
  portalNameOf,
  portalsToWatch,
  stateOf,
  webhookArg,
  webhookIdOf,
  withoutPortals,
} from './portals.js';
import { PROGRAM, UsageError } from './run.js';
import { table } from './table.js';
import { contradiction, oneOf, time } from './values.js';

const catchUpArgs = {
  'catch-up': {
    type: 'string',
    description:
      'With --enable: which of the logins that were recorded while the webhook was off to deliver: FROM_NOW (none, the default), SINCE_LAST_ON (all; of a new webhook, all that are retained) or SINCE (those since a time)',
    valueHint: 'choice',
  },
  since: {
    type: 'string',
    description:
      'With --catch-up SINCE: deliver logins that were recorded at this time or later, such as 2026-01-31T12:00:00Z',
    valueHint: 'time',
  },
} as const;

/** @throws UsageError if the options contradict each other */
function catchUpOf(args: { enable?: boolean; 'catch-up'?: string; since?: string }) {
  const catchUp = oneOf('--catch-up', catchUps, args['catch-up']);
  const since = time('--since', args.since);
  if (since !== undefined && catchUp !== 'SINCE') throw new UsageError('--since needs --catch-up SINCE.');
  if (catchUp === 'SINCE' && since === undefined) throw new UsageError('--catch-up SINCE needs --since.');
  if (catchUp !== undefined && !args.enable) throw new UsageError('--catch-up needs --enable.');
  return { catchUp, since };
}

const configure = clientCommand(
  { name: 'configure', description: 'Set the destination of a webhook of a portal, and turn the webhook on or off.' },
  {
    ...portalArgs,
    ...webhookArg,
    destination: {
      type: 'string',
      description: 'The UUID of the destination to send to; required the first time',
      valueHint: 'destination-id',
    },
    enable: { type: 'boolean', description: 'Turn the webhook on' },
    disable: { type: 'boolean', description: 'Turn the webhook off: new logins are recorded but not sent' },
    ...catchUpArgs,
  },
  async (client, args) => {
    const { 'portal-id': portalId, destination: destinationId, enable, disable } = args;
    if (enable && disable) throw contradiction('--enable', '--disable');
    const enabled = enable ? true : disable ? false : undefined;
    const { catchUp, since } = catchUpOf(args);
    if ([destinationId, enabled, catchUp, since].every((value) => value === undefined)) {
      throw new UsageError('Nothing to configure: give --destination, --enable or --disable.');
    }
    const webhookId = await webhookIdOf(client, portalId, args.webhook);
    const before = destinationId === undefined ? null : await destinationOf(client, portalId, webhookId);
    const input = { portalId, webhookId, destinationId, enabled, catchUp, since };
    const { webhook } = succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
    const isMoved = before && before.id !== webhook.destination?.id;
    const moved = isMoved
      ? [`Before, it sent to destination ${before.id} "${before.name}", which gets nothing more from it.`]
      : [];
    return {
      json: { portalId, ...webhook },
      lines: [describe(portalId, webhook), ...moved],
      hints: disable ? [] : next(portalId, webhook),
    };
  },
);

const create = clientCommand(
  { name: 'create', description: 'Create another webhook of a portal, such as the one for a second SIEM.' },
  {
    ...portalArgs,
    name: { type: 'positional', description: 'The name of the webhook', required: true },
    destination: {
      type: 'string',
      description: 'The UUID of the destination to send to',
      valueHint: 'destination-id',
      required: true,
    },
    enable: { type: 'boolean', description: 'Turn the webhook on' },
    ...catchUpArgs,
  },
  async (client, args) => {
    const { 'portal-id': portalId, name, destination: destinationId, enable } = args;
    const input = { portalId, name, destinationId, enabled: enable ?? false, ...catchUpOf(args) };
    const { webhook } = succeeded((await client.call(CreateWebhookDocument, { input })).createWebhook);
    const { pending, undeliveredTotal } = webhook.status;
    const earlier = pending + undeliveredTotal;
    const lines = earlier ? [`It also delivers ${count(earlier, 'login')} recorded before.`] : [];
    return {
      json: { portalId, ...webhook },
      lines: [describe(portalId, webhook), ...lines],
      hints: next(portalId, webhook),
    };
  },
);

const rename = clientCommand(
  { name: 'rename', description: 'Rename a webhook. It keeps its id. The webhook "default" keeps its name.' },
  {
    ...portalArgs,
    webhook: { type: 'positional', description: 'The name or the UUID of the webhook', required: true },
    name: { type: 'positional', description: 'The new name', required: true },
  },
  async (client, { 'portal-id': portalId, webhook: nameOrId, name }) => {
    const webhookId = (await webhookIdOf(client, portalId, nameOrId)) ?? portalId;
    const { webhook } = succeeded(
      (await client.call(RenameWebhookDocument, { input: { portalId, webhookId, name } })).renameWebhook,
    );
    return { json: { portalId, ...webhook }, lines: [`Renamed webhook ${webhook.id} to "${webhook.name}".`] };
  },
);

const list = clientCommand(
  {
    name: 'list',
    description: 'List every portal with its webhooks; of a retired portal, those that keep undelivered logins.',
  },
  {},
  async (client) => {
    const { portals, hasRetired } = await portalsToWatch(client);
    const all = portals.flatMap(({ id, name, retiredAt, webhooks }) =>
      webhooks.map((webhook) => ({ portalId: id, portalName: name, portalRetiredAt: retiredAt, ...webhook })),
    );
    if (!portals.length) return { json: all, lines: [], hints: withoutPortals(hasRetired) };
    const rows = all.map(({ portalId, portalName, portalRetiredAt, destination, ...webhook }) => [
      portalId,
      portalNameOf({ name: portalName, retiredAt: portalRetiredAt }),
      webhook.id,
      webhook.name,
      stateOf(portalId, { destination, ...webhook }),
      destination ? `${destination.id} ${destination.name}` : '',
    ]);
    const title = ['PORTAL ID', 'PORTAL', 'WEBHOOK ID', 'WEBHOOK', 'STATE', 'DESTINATION'];
    return { json: all, lines: table([title, ...rows]) };
  },
);

const remove = clientCommand(
  {
    name: 'remove',
    description: 'Remove a webhook of a portal. Logins that were due and not delivered become undelivered.',
  },
  { ...portalArgs, ...webhookArg },
  async (client, { 'portal-id': portalId, webhook: nameOrId }) => {
    const webhookId = await webhookIdOf(client, portalId, nameOrId);
    const { webhook } = succeeded(
      (await client.call(RemoveWebhookDocument, { input: { portalId, webhookId } })).removeWebhook,
    );
    const { undeliveredTotal, pending } = webhook.status;
    const left = undeliveredTotal + pending;
    const lines = [`Removed the webhook "${webhook.name}" of portal ${portalId}.`];
    if (left) {
      lines.push(
        `It leaves ${count(left, 'undelivered login')}. To send them, make the webhook again with ${webhook.id === portalId ? '"webhook configure"' : '"webhook create"'}, or use "undelivered redeliver" with "--through" and the id of another webhook of the portal; "undelivered discard" discards them.`,
      );
    }
    return { json: { portalId, ...webhook }, lines };
  },
);

/** The destination of a webhook now; null if it has none, or if the server refuses the question: then it refuses the change, too. */
async function destinationOf(client: Client, portalId: string, webhookId = portalId) {
  const { portal } = await client.call(PortalWebhooksDocument, { portalId }).catch((error: unknown) => {
    if (error instanceof Refused) return { portal: null };
    throw error;
  });
  return portal?.webhooks.find(({ id }) => id === webhookId)?.destination ?? null;
}

function describe(portalId: string, webhook: WebhookFieldsFragment): string {
  const { enabled, destination, status } = webhook;
  const where = destination ? ` to destination ${destination.id} "${destination.name}"` : '';
  const state = enabled ? `on, ${status.state}` : 'off';
  return `The webhook ${nameOf(portalId, webhook)} of portal ${portalId}${where} is ${state}.`;
}

function next(portalId: string, { id, enabled }: WebhookFieldsFragment): string[] {
  const option = id === portalId ? '' : ` --webhook ${id}`;
  return enabled ? [] : [`Next: ${PROGRAM} webhook configure ${portalId}${option} --enable`];
}

export const webhookCommand = defineCommand({
  meta: { name: 'webhook', description: 'Create, configure, list, rename and remove the webhooks of portals.' },
  subCommands: { configure, create, list, rename, remove },
});
