CREATE TABLE `actors` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `actors_name_unique` ON `actors` (`name`);--> statement-breakpoint
CREATE TABLE `destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`endpoint` text NOT NULL,
	`authorization` text,
	`authorization_changed_at` integer,
	`log_format` text NOT NULL,
	`skip_tls_verification` integer NOT NULL,
	`ca_certificate` text,
	`client_certificate` text,
	`client_key` text,
	`max_in_flight` integer DEFAULT 16 NOT NULL,
	`lines_per_second` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`position` integer NOT NULL,
	`changed_position` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `destinations_name_unique` ON `destinations` (`name`);--> statement-breakpoint
CREATE TABLE `events` (
	`position` integer PRIMARY KEY NOT NULL,
	`stream_id` integer NOT NULL,
	`version` integer NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`recorded_at` integer NOT NULL,
	`actor_id` integer NOT NULL,
	`trace_id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_stream_version` ON `events` (`stream_id`,`version`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`portal` integer NOT NULL,
	`key` text NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`portal`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `keys` (
	`owner` text PRIMARY KEY NOT NULL,
	`wrapped` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `lanes` (
	`portal_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`position` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `login_portals` (
	`id` integer PRIMARY KEY NOT NULL,
	`portal_id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `login_portals_portal_id_unique` ON `login_portals` (`portal_id`);--> statement-breakpoint
CREATE TABLE `logins` (
	`portal` integer NOT NULL,
	`kind` integer NOT NULL,
	`occurred_at` integer NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`portal`, `kind`, `occurred_at`, `position`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `organization` (
	`id` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `portals` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`registered_at` integer NOT NULL,
	`retired_at` integer,
	`position` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`public_key` text NOT NULL,
	`private_key` text NOT NULL,
	`position` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `streams` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`pruned_version` integer DEFAULT 0 NOT NULL,
	`pruned_position` integer DEFAULT 0 NOT NULL,
	`pruned_recorded_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `streams_name_unique` ON `streams` (`name`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`issued_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);--> statement-breakpoint
CREATE TABLE `undelivered` (
	`portal_id` text NOT NULL,
	`first_version` integer NOT NULL,
	`last_version` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`response_code` integer,
	`message` text,
	`attempts` integer NOT NULL,
	`recoveries` integer NOT NULL,
	`refused_probes` integer NOT NULL,
	`abandoned_at` integer NOT NULL,
	`position` integer NOT NULL,
	`discarded_by` text,
	`discarded_reason` text,
	`discarded_at` integer,
	PRIMARY KEY(`portal_id`, `last_version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `undelivered_oldest` ON `undelivered` (`portal_id`,`state`,`last_version`,`first_version`);--> statement-breakpoint
CREATE INDEX `undelivered_position` ON `undelivered` (`portal_id`,`position`);--> statement-breakpoint
CREATE INDEX `undelivered_least_refused` ON `undelivered` (`portal_id`,`state`,`refused_probes`,`last_version`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`portal_id` text PRIMARY KEY NOT NULL,
	`destination_id` text NOT NULL,
	`enabled` integer NOT NULL,
	`configured_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhooks_destination` ON `webhooks` (`destination_id`);--> statement-breakpoint
PRAGMA user_version = 1;
