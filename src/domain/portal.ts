import { z } from 'zod';
import { name, uuid } from './input.js';
import { notFound, type Refusal, refusedField } from './refusal.js';

export type PortalEvent =
  | { type: 'PortalRegistered'; data: { name: string } }
  | { type: 'PortalRenamed'; data: { name: string } }
  | { type: 'PortalRetired'; data: Record<string, never> };

/** null: never registered. */
export type Portal = { name: string; retired: boolean } | null;

export function evolve(portal: Portal, event: PortalEvent): Portal {
  switch (event.type) {
    case 'PortalRegistered':
      return { name: event.data.name, retired: false };
    case 'PortalRenamed':
      return portal && { ...portal, name: event.data.name };
    case 'PortalRetired':
      return portal && { ...portal, retired: true };
    default:
      return event satisfies never;
  }
}

export const registerPortal = z.object({ id: uuid.nullish(), name });
export const renamePortal = z.object({ id: uuid, name });
export const retirePortal = z.object({ id: uuid });

export type PortalCommand =
  | ({ type: 'RegisterPortal' } & { id: string; name: string })
  | ({ type: 'RenamePortal' } & z.output<typeof renamePortal>)
  | ({ type: 'RetirePortal' } & z.output<typeof retirePortal>);

/**
 * Registering a portal again with the same id and name changes nothing, so that a script can run twice. With another name it is
 * refused with ALREADY_EXISTS. A retired portal refuses every command except RetirePortal.
 */
export function decide(command: PortalCommand, portal: Portal): PortalEvent[] {
  if (command.type === 'RegisterPortal') {
    if (!portal) return [{ type: 'PortalRegistered', data: { name: command.name } }];
    if (portal.name === command.name && !portal.retired) return [];
    throw idIsTaken(command.id);
  }
  if (!portal) throw notFound('portal', command.id, 'id');
  switch (command.type) {
    case 'RenamePortal':
      assertLiving(portal, command.id, 'id');
      return portal.name === command.name ? [] : [{ type: 'PortalRenamed', data: { name: command.name } }];
    case 'RetirePortal':
      return portal.retired ? [] : [{ type: 'PortalRetired', data: {} }];
    default:
      return command satisfies never;
  }
}

/** The id belongs to another portal, to a webhook of another portal, or to a destination. */
export function idIsTaken(id: string): Refusal {
  const reason = `${id} belongs to another portal, webhook or destination; leave out the id to get a new one`;
  return refusedField('ALREADY_EXISTS', 'id', reason);
}

/** @param field the path of the id in the input @throws Refusal NOT_FOUND or PORTAL_RETIRED */
export function assertLiving(portal: { retired: boolean } | null, id: string, field = 'portalId'): void {
  if (!portal) throw notFound('portal', id, field);
  if (portal.retired) {
    const reason = `the portal ${id} is retired: its logins are kept, and nothing can be added; use another portal`;
    throw refusedField('PORTAL_RETIRED', field, reason);
  }
}
