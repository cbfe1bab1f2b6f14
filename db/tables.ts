/**
 * Every table. `events`, `streams` and `actors` are the log and belong to `src/log`. `keys` belongs to `src/vault/secrets.ts`.
 * `meta` describes the files. All others are read models, which `auditwire rebuild` computes again from the log.
 */

import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { DestinationKind, Header, Sealed } from '../src/domain/destination.js';
import type { LogFormat } from '../src/domain/formats/index.js';
import type { Lane } from '../src/domain/lane/lane.js';
import type { UndeliveredReason, UndeliveredState } from '../src/domain/undelivered.js';

/** The log: one row for each event, in the order of `position`. Times are in ms since the epoch. */
export const events = sqliteTable(
  'events',
  {
    position: integer().primaryKey(),
    streamId: integer('stream_id').notNull(),
    version: integer().notNull(),
    type: text().notNull(),
    data: text().notNull(),
    recordedAt: integer('recorded_at').notNull(),
    actorId: integer('actor_id').notNull(),
    traceId: text('trace_id').notNull(),
  },
  (t) => [uniqueIndex('events_stream_version').on(t.streamId, t.version)],
);

/**
 * Stream names, interned: an event stores a small integer instead of a name of 42 characters. The horizon of a stream is the last
 * event that was pruned from its start. Events through the horizon are gone, and their versions and positions are never used again.
 */
export const streams = sqliteTable('streams', {
  id: integer().primaryKey(),
  name: text().notNull().unique(),
  /** 0: nothing was pruned. */
  prunedVersion: integer('pruned_version').notNull().default(0),
  prunedPosition: integer('pruned_position').notNull().default(0),
  prunedRecordedAt: integer('pruned_recorded_at'),
});

/** Actor names (`token-<id>`, `system`), interned for the same reason. */
export const actors = sqliteTable('actors', {
  id: integer().primaryKey(),
  name: text().notNull().unique(),
});

/** Data keys, encrypted with the master key. They are the only primary data outside the log, so that they can be destroyed. */
export const keys = sqliteTable('keys', {
  owner: text().primaryKey(),
  wrapped: blob({ mode: 'buffer' }).notNull(),
});

/** Facts about the files, such as the version of the read models, which is missing during a rebuild. */
export const meta = sqliteTable('meta', {
  name: text().primaryKey(),
  value: text().notNull(),
});

export const portals = sqliteTable('portals', {
  id: text().primaryKey(),
  name: text().notNull(),
  registeredAt: integer('registered_at').notNull(),
  retiredAt: integer('retired_at'),
  position: integer().notNull(),
});

export const destinations = sqliteTable('destinations', {
  id: text().primaryKey(),
  name: text().notNull().unique(),
  kind: text().$type<DestinationKind>().notNull(),
  /** Sealed. */
  endpoint: text().notNull(),
  /** Sealed; null if none is set. */
  authorization: text(),
  authorizationChangedAt: integer('authorization_changed_at'),
  /** Their values are sealed. */
  headers: text({ mode: 'json' }).$type<readonly Header<Sealed>[]>().notNull(),
  logFormat: text('log_format').$type<LogFormat>().notNull(),
  skipTlsVerification: integer('skip_tls_verification', { mode: 'boolean' }).notNull(),
  caCertificate: text('ca_certificate'),
  clientCertificate: text('client_certificate'),
  /** Sealed; null if none is set. */
  clientKey: text('client_key'),
  maxInFlight: integer('max_in_flight').notNull(),
  linesPerSecond: integer('lines_per_second'),
  maxBatchLines: integer('max_batch_lines'),
  maxBatchBytes: integer('max_batch_bytes'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  /** The position of the creation. Pages are in this order. */
  position: integer().notNull(),
  /** The position of the last change. A sender compares it to detect that its connection is outdated. */
  changedPosition: integer('changed_position').notNull(),
});

/** The state of each destination: the fields of `DestinationHealth`. */
export const destinationHealth = sqliteTable('destination_health', {
  destinationId: text('destination_id').primaryKey(),
  healthySince: integer('healthy_since'),
  failingSince: integer('failing_since'),
  pausedUntil: integer('paused_until'),
  lastAttemptAt: integer('last_attempt_at'),
  lastResponseCode: integer('last_response_code'),
  lastResponseMessage: text('last_response_message'),
});

export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text().primaryKey(),
    portalId: text('portal_id').notNull(),
    name: text().notNull(),
    /** null: removed. */
    destinationId: text('destination_id'),
    enabled: integer({ mode: 'boolean' }).notNull(),
    configuredAt: integer('configured_at'),
    /** The position of its first event. */
    position: integer().notNull(),
    /** It was removed, and nothing of it is undelivered: it cannot be configured again. */
    isGone: integer('is_gone', { mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    index('webhooks_destination').on(t.destinationId),
    // Includes what the engine reads after each commit with logins of the portal.
    index('webhooks_portal').on(t.portalId, t.isGone, t.enabled, t.id),
  ],
);

/**
 * An index of the logins in the log, with only the fields that filter and order a page. The migration makes it WITHOUT ROWID, so
 * that it is one b-tree. `portal` is the id in `login_portals`. `kind` is outcome and authentication type as one number, so that
 * logins of a rare kind are found without reading the others.
 */
export const logins = sqliteTable(
  'logins',
  {
    portal: integer().notNull(),
    kind: integer().notNull(),
    occurredAt: integer('occurred_at').notNull(),
    position: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.portal, t.kind, t.occurredAt, t.position] })],
);

export const loginPortals = sqliteTable('login_portals', {
  id: integer().primaryKey(),
  portalId: text('portal_id').notNull().unique(),
});

/**
 * The logins with a client trace id, with the fields of `logins`, in segments of the portal's logins; see client-trace-ids.ts.
 * `hash` is the first 16 bytes of the SHA-256 of the client trace id. WITHOUT ROWID.
 */
export const clientTraceIds = sqliteTable(
  'client_trace_ids',
  {
    portal: integer().notNull(),
    segment: integer().notNull(),
    hash: blob({ mode: 'buffer' }).notNull(),
    occurredAt: integer('occurred_at').notNull(),
    position: integer().notNull(),
    kind: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.portal, t.segment, t.hash, t.occurredAt, t.position] })],
);

/** The login that first used an idempotency key. WITHOUT ROWID: with time-ordered keys, most inserts are at the end. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    portal: integer().notNull(),
    key: text().notNull(),
    position: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.portal, t.key] })],
);

/** One row for each webhook: its lane, stored so that it is not computed from all events again. */
export const lanes = sqliteTable('lanes', {
  webhookId: text('webhook_id').primaryKey(),
  state: text({ mode: 'json' }).$type<Lane>().notNull(),
  /** The position of the last event that changed it. */
  position: integer().notNull(),
});

/** The undelivered ranges (versions, inclusive). They do not overlap, so the last login identifies a range. */
export const undelivered = sqliteTable(
  'undelivered',
  {
    webhookId: text('webhook_id').notNull(),
    firstVersion: integer('first_version').notNull(),
    lastVersion: integer('last_version').notNull(),
    state: text().$type<UndeliveredState>().notNull(),
    reason: text().$type<UndeliveredReason>().notNull(),
    /** Of the last attempt; null if there was none, or it had no response. */
    responseCode: integer('response_code'),
    message: text(),
    attempts: integer().notNull(),
    /** Recoveries that failed. */
    recoveries: integer().notNull(),
    /** Final answers that its logins got. Probes prefer ranges with few. */
    finalAnswers: integer('final_answers').notNull(),
    /** The position of the event of the last attempt; null if there was none since the webhook was removed. */
    attemptPosition: integer('attempt_position'),
    abandonedAt: integer('abandoned_at').notNull(),
    /** The webhook that redelivers the range, if its own was removed and a person asked for it. */
    throughWebhookId: text('through_webhook_id'),
    /** The position of the first event that the range is computed from. That event and later ones are not pruned. */
    position: integer().notNull(),
    /** An actor. */
    discardedBy: text('discarded_by'),
    discardedReason: text('discarded_reason'),
    discardedAt: integer('discarded_at'),
  },
  (t) => [
    primaryKey({ columns: [t.webhookId, t.lastVersion] }),
    // Includes the first version, so that logins that need action are counted from the index alone.
    index('undelivered_oldest').on(t.webhookId, t.state, t.lastVersion, t.firstVersion),
    index('undelivered_position').on(t.webhookId, t.position),
    index('undelivered_through')
      .on(t.webhookId, t.throughWebhookId, t.state, t.attempts, t.lastVersion)
      .where(sql`${t.throughWebhookId} IS NOT NULL`),
    index('undelivered_least_refused').on(t.webhookId, t.state, t.finalAnswers, t.lastVersion),
  ],
);

export const tokens = sqliteTable('tokens', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the token, base64url. The token itself is stored nowhere. */
  hash: text().notNull().unique(),
  issuedAt: integer('issued_at').notNull(),
});

/** One row: the `org_id` of every line. */
export const organization = sqliteTable('organization', {
  id: text().primaryKey(),
});

export const signingKeys = sqliteTable('signing_keys', {
  id: text().primaryKey(),
  /** The public key: 32 bytes, base64url, the `x` of its JWK. */
  publicKey: text('public_key').notNull(),
  /** The sealed 32 byte private key. */
  privateKey: text('private_key').notNull(),
  position: integer().notNull(),
});
