/** What the account knows of the lane of one webhook. */
import type { Purpose, Rejection } from '../../../src/domain/lane/attempt.js';
import type { BatchStarted } from '../../../src/domain/lane/batch.js';
import type { LoginRange } from '../../../src/domain/login-range.js';

/** `off`: recorded while the webhook was off, and not skipped yet. `expired`: due, but older than the retention allows. */
export const loginStates = ['pending', 'off', 'skipped', 'delivered', 'undelivered', 'discarded', 'expired'] as const;
export type LoginState = (typeof loginStates)[number];

export const MAX_LINES = 500;

export interface DeliveryAccount extends BatchStarted {
  webhookId: string;
  purpose: Purpose;
  /** `webhook removed`: ended by the removal, its logins are undelivered. */
  state: 'open' | 'delivered' | 'abandoned' | 'split' | 'superseded' | 'webhook removed' | 'expired';
  failedAttempts: number;
  /** When the next attempt is due, in ms; null: at once. */
  dueAt: number | null;
  /** When the last attempt ended, in ms. */
  endedAt: number;
}

export interface LaneAccount {
  webhookId: string;
  portalId: string;
  webhook: { destinationId: string; enabled: boolean } | null;
  /** One entry a login of the portal: the login with version n is at n - 1. */
  states: LoginState[];
  /** All webhooks of a portal share these arrays. */
  requests: string[];
  traceIds: string[];
  recordedAt: number[];
  /** Versions that the webhook may still skip, because the event before this one turned it on. */
  skippable: Set<number>;
  /** Failed recoveries by version, since a person last requested a redelivery. */
  failedRecoveries: Map<number, number>;
  /** Undelivered versions that another webhook redelivers, with the id of that webhook. */
  through: Map<number, string>;
  /** Versions of single lines that the receiver rejected in their last delivery, with the reason. */
  rejectedAlone: Map<number, Rejection>;
  /** Logins up to this version may be pruned. */
  prunedThrough: number;
  /** Ranges that were discarded long ago may have left the list. */
  mayForgetDiscarded: boolean;
  /** The open first delivery and the open redelivery. */
  first: DeliveryAccount | null;
  redelivery: DeliveryAccount | null;
  /** Most lines of the next batch. */
  maxLines: number;
  /** No first delivery starts before this time, in ms. */
  nextBatchAt: number;
  /** When a batch was last abandoned, when its last attempt began, in ms, and where it went. */
  abandonedAt: number;
  attemptedAt: number;
  attemptedDestinationId: string;
  /** When the webhook or its destination was last changed, in ms. */
  changedAt: number;
}

/** What the account knows of the logins of a portal, the same for each of its webhooks. */
type LoginsAccount = Pick<LaneAccount, 'requests' | 'traceIds' | 'recordedAt'>;

const noLogins = (): LoginsAccount => ({ requests: [], traceIds: [], recordedAt: [] });

export const emptyLaneAccount = (
  webhookId: string,
  portalId = webhookId,
  { requests, traceIds, recordedAt }: LoginsAccount = noLogins(),
): LaneAccount => ({
  webhookId,
  portalId,
  webhook: null,
  states: [],
  requests,
  traceIds,
  recordedAt,
  skippable: new Set(),
  failedRecoveries: new Map(),
  through: new Map(),
  rejectedAlone: new Map(),
  prunedThrough: 0,
  mayForgetDiscarded: false,
  first: null,
  redelivery: null,
  maxLines: MAX_LINES,
  nextBatchAt: 0,
  abandonedAt: 0,
  attemptedAt: 0,
  attemptedDestinationId: '',
  changedAt: 0,
});

export function versionsOf({ firstVersion, lastVersion }: LoginRange): number[] {
  return Array.from({ length: Math.max(0, lastVersion - firstVersion + 1) }, (_, index) => firstVersion + index);
}

/** The versions of the logins in one state, in order. */
export function versionsIn({ states }: LaneAccount, state: LoginState): number[] {
  return states.flatMap((other, index) => (other === state ? [index + 1] : []));
}
