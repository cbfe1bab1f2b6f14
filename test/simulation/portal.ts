/** What the account knows of a portal. */

import type { Purpose } from '../../src/domain/lane/attempt.js';
import type { DeliveryEvent } from '../../src/domain/lane/events.js';
import type { LoginRange } from '../../src/domain/login-range.js';

/**
 * `off`: recorded while the webhook was off, not passed over yet. `undelivered`: given up, and neither delivered nor discarded.
 * `expired`: due, and older than what is due is kept.
 */
export const standings = ['pending', 'off', 'skipped', 'delivered', 'undelivered', 'discarded', 'expired'] as const;
export type Standing = (typeof standings)[number];

export const MOST_LINES = 500;

type BatchStarted = Extract<DeliveryEvent, { type: 'BatchStarted' }>['data'];

export interface DeliveryAccount extends BatchStarted {
  portalId: string;
  purpose: Purpose;
  state: 'open' | 'delivered' | 'abandoned' | 'split' | 'superseded' | 'given up' | 'expired';
  failed: number;
  /** Its next try, in ms; null: at once. */
  dueAt: number | null;
  /** When the last try ended, in ms. */
  endedAt: number;
}

export interface PortalAccount {
  portalId: string;
  webhook: { destinationId: string; enabled: boolean } | null;
  /** By version, from 1, as is everything of a login. */
  standings: Standing[];
  requests: string[];
  recordedAt: number[];
  /** How many recoveries of it failed, since a person last asked for one. */
  failedRecoveries: Map<number, number>;
  /** Each of these lines is too large for the receiver. */
  tooLarge: Set<number>;
  /** Logins up to this version may be gone from the log. */
  goneThrough: number;
  /** The first delivery under way, and what is under way beside it. */
  open: DeliveryAccount | null;
  side: DeliveryAccount | null;
  /** Most lines of the next batch. */
  mostLines: number;
  /** When a batch was given up, when its last try began, and when the destination was last changed, in ms. */
  abandonedAt: number;
  triedAt: number;
  changedAt: number;
  /** No first delivery starts before, in ms. */
  nextBatchAt: number;
}

export const emptyPortal = (portalId: string): PortalAccount => ({
  portalId,
  webhook: null,
  standings: [],
  requests: [],
  recordedAt: [],
  failedRecoveries: new Map(),
  tooLarge: new Set(),
  goneThrough: 0,
  open: null,
  side: null,
  mostLines: MOST_LINES,
  abandonedAt: 0,
  triedAt: 0,
  changedAt: 0,
  nextBatchAt: 0,
});

export function versionsOf({ firstVersion, lastVersion }: LoginRange): number[] {
  return Array.from({ length: Math.max(0, lastVersion - firstVersion + 1) }, (_, index) => firstVersion + index);
}
