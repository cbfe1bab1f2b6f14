import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import { RegisterPortalDocument, RenamePortalDocument, RetirePortalDocument } from '../client/generated/graphql.js';
import { clientCommand } from './client-command.js';
import { everyPortal, NO_PORTALS, portalArgs } from './portals.js';
import { table } from './table.js';

const register = clientCommand(
  { name: 'register', description: 'Register a portal, whose logins are then recorded.' },
  {
    name: { type: 'positional', description: 'What people call it', required: true },
    id: { type: 'string', description: 'Its UUID, if it has one already', valueHint: 'uuid' },
  },
  async (client, { name, id }) => {
    const { portal } = succeeded((await client.call(RegisterPortalDocument, { input: { name, id } })).registerPortal);
    const next = 'Next: auditwire destination create NAME --endpoint URL';
    return { json: portal, lines: [`Registered portal ${portal.id} "${portal.name}".`, next] };
  },
);

const list = clientCommand(
  { name: 'list', description: 'List the portals in the order of their registration.' },
  { 'include-retired': { type: 'boolean', description: 'List the retired ones, too' } },
  async (client, args) => {
    const portals = await everyPortal(client, args['include-retired']);
    const json = portals.map(({ webhook: _, ...portal }) => portal);
    if (!portals.length) return { json, lines: [NO_PORTALS] };
    const rows = portals.map(({ id, name, registeredAt, retiredAt }) => [id, name, registeredAt, retiredAt ?? '']);
    return { json, lines: table([['ID', 'NAME', 'REGISTERED', args['include-retired'] ? 'RETIRED' : ''], ...rows]) };
  },
);

const rename = clientCommand(
  { name: 'rename', description: 'Give a portal another name.' },
  { ...portalArgs, name: { type: 'positional', description: 'The new name', required: true } },
  async (client, { 'portal-id': id, name }) => {
    const { portal } = succeeded((await client.call(RenamePortalDocument, { input: { id, name } })).renamePortal);
    return { json: portal, lines: [`Renamed portal ${portal.id} to "${portal.name}".`] };
  },
);

const retire = clientCommand(
  { name: 'retire', description: 'Retire a portal: it takes no more logins, and its webhook is removed.' },
  portalArgs,
  async (client, { 'portal-id': id }) => {
    const { portal } = succeeded((await client.call(RetirePortalDocument, { input: { id } })).retirePortal);
    return { json: portal, lines: [`Retired portal ${portal.id} "${portal.name}"; its log is kept.`] };
  },
);

export const portalCommand = defineCommand({
  meta: { name: 'portal', description: 'Register, list, rename and retire portals.' },
  subCommands: { register, list, rename, retire },
});
