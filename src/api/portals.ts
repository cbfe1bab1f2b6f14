import { parse, uuid } from '../domain/input.js';
import {
  registerPortal as registerInput,
  renamePortal as renameInput,
  retirePortal as retireInput,
} from '../domain/portal.js';
import { notFound } from '../domain/refusal.js';
import type { PortalRow } from '../projections/portals.js';
import type { Context } from './context.js';
import { operation } from './operation.js';
import { type PageRequest, rangeOf } from './page.js';

export type Portal = PortalRow;

export const registerPortal = operation('registerPortal', (input: unknown, context) =>
  changed(context.commands.execute('registerPortal', parse(registerInput, input), context.cause), context),
);

export const renamePortal = operation('renamePortal', (input: unknown, context) =>
  changed(context.commands.execute('renamePortal', parse(renameInput, input), context.cause), context),
);

export const retirePortal = operation('retirePortal', (input: unknown, context) =>
  changed(context.commands.execute('retirePortal', parse(retireInput, input), context.cause), context),
);

export const portal = operation('portal', (id: unknown, { models }): Portal | undefined =>
  models.portals.get(parse(uuid, id, 'id')),
);

/** In the order of registration. */
export const portals = operation(
  'portals',
  ({ includeRetired, ...page }: PageRequest & { includeRetired: boolean }, { models }): Portal[] =>
    models.portals.page(rangeOf(page), includeRetired),
);

/** @throws Refusal INVALID_INPUT if `portalId` is not a UUID, NOT_FOUND if no portal has it. A retired portal is found. */
export function existingPortal(portalId: unknown, { models }: Context): string {
  const id = parse(uuid, portalId, 'portalId');
  if (!models.portals.get(id)) throw notFound('portal', id, 'portalId');
  return id;
}

async function changed(command: Promise<string>, { models }: Context): Promise<Portal> {
  const id = await command;
  const row = models.portals.get(id);
  if (!row) throw new Error(`The portal ${id} does not exist after the command`);
  return row;
}
