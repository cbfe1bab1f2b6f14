import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import {
  PortalWebhooksDocument,
  RegisterPortalDocument,
  RenamePortalDocument,
  RetirePortalDocument,
} from '../client/generated/graphql.js';
import { count } from '../runtime/count.js';
import { clientCommand } from './client-command.js';
import { everyPortal, portalArgs, withoutPortals } from './portals.js';
import { PROGRAM } from './run.js';
import { table } from './table.js';

const register = clientCommand(
  { name: 'register', description: 'Register a portal. Auditwire then records its logins.' },
  {
    name: { type: 'positional', description: 'The name of the portal', required: true },
    id: { type: 'string', description: 'The UUID of the portal, if it has one already', valueHint: 'uuid' },
  },
  async (client, { name, id }) => {
    const { portal } = succeeded((await client.call(RegisterPortalDocument, { input: { name, id } })).registerPortal);
    return {
      json: portal,
      lines: [`Registered portal ${portal.id} "${portal.name}".`],
      hints: [`Next: ${PROGRAM} destination create NAME --endpoint URL`],
    };
  },
);

const list = clientCommand(
  { name: 'list', description: 'List the portals in the order of their registration.' },
  { 'include-retired': { type: 'boolean', description: 'List retired portals, too' } },
  async (client, args) => {
    const portals = await everyPortal(client, args['include-retired']);
    const json = portals.map(({ webhooks: _, ...portal }) => portal);
    if (!portals.length) {
      return { json, lines: [], hints: withoutPortals((await everyPortal(client, true)).length > 0) };
    }
    const rows = portals.map(({ id, name, registeredAt, retiredAt }) => [id, name, registeredAt, retiredAt ?? '']);
    return { json, lines: table([['ID', 'NAME', 'REGISTERED', args['include-retired'] ? 'RETIRED' : ''], ...rows]) };
  },
);

const rename = clientCommand(
  { name: 'rename', description: 'Rename a portal.' },
  { ...portalArgs, name: { type: 'positional', description: 'The new name', required: true } },
  async (client, { 'portal-id': id, name }) => {
    const { portal } = succeeded((await client.call(RenamePortalDocument, { input: { id, name } })).renamePortal);
    return { json: portal, lines: [`Renamed portal ${portal.id} to "${portal.name}".`] };
  },
);

const retire = clientCommand(
  {
    name: 'retire',
    description: 'Retire a portal: its webhooks are removed, new logins are refused, and the recorded logins are kept.',
  },
  portalArgs,
  async (client, { 'portal-id': id }) => {
    const { portal } = succeeded((await client.call(RetirePortalDocument, { input: { id } })).retirePortal);
    const { portal: retired } = await client.call(PortalWebhooksDocument, { portalId: id });
    const left = (retired?.webhooks ?? []).filter(({ status }) => status.undeliveredTotal + status.pending > 0);
    return {
      json: portal,
      lines: [
        `Retired portal ${portal.id} "${portal.name}"; its recorded logins are kept.`,
        ...left.map(
          ({ name, status }) =>
            `Its webhook "${name}" keeps ${count(status.undeliveredTotal + status.pending, 'undelivered login')}, now only to be read and discarded.`,
        ),
      ],
    };
  },
);

export const portalCommand = defineCommand({
  meta: { name: 'portal', description: 'Register, list, rename and retire portals.' },
  subCommands: { register, list, rename, retire },
});
