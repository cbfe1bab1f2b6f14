import { notFound } from '../src/domain/refusal.js';
import type { Context } from './builder.js';

/** @throws Refusal if there is no such portal, living or retired */
export function theExistingPortal(portalId: string, { models }: Context): string {
  if (!models.portals.get(portalId)) throw notFound('portal', portalId);
  return portalId;
}
