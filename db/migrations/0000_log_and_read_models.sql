CREATE TABLE `actors` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `actors_name_unique` ON `actors` (`name`);--> statement-breakpoint
CREATE TABLE `client_trace_ids` (
	`portal` integer NOT NULL,
	`segment` integer NOT NULL,
	`hash` blob NOT NULL,
	`occurred_at` integer NOT NULL,
	`position` integer NOT NULL,
	`kind` integer NOT NULL,
	PRIMARY KEY(`portal`, `segment`, `hash`, `occurred_at`, `position`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `destination_health` (
	`destination_id` text PRIMARY KEY NOT NULL,
	`healthy_since` integer,
	`failing_since` integer,
	`paused_until` integer,
	`last_attempt_at` integer,
	`last_response_code` integer,
	`last_response_message` text
);
--> statement-breakpoint
CREATE TABLE `destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`endpoint` text NOT NULL,
	`authorization` text,
	`authorization_changed_at` integer,
	`headers` text NOT NULL,
	`log_format` text NOT NULL,
	`skip_tls_verification` integer NOT NULL,
	`ca_certificate` text,
	`client_certificate` text,
	`client_key` text,
	`max_in_flight` integer NOT NULL,
	`lines_per_second` integer,
	`max_batch_lines` integer,
	`max_batch_bytes` integer,
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
	`webhook_id` text PRIMARY KEY NOT NULL,
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
	`webhook_id` text NOT NULL,
	`first_version` integer NOT NULL,
	`last_version` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`response_code` integer,
	`message` text,
	`attempts` integer NOT NULL,
	`recoveries` integer NOT NULL,
	`final_answers` integer NOT NULL,
	`attempt_position` integer,
	`abandoned_at` integer NOT NULL,
	`through_webhook_id` text,
	`position` integer NOT NULL,
	`discarded_by` text,
	`discarded_reason` text,
	`discarded_at` integer,
	PRIMARY KEY(`webhook_id`, `last_version`)
);
--> statement-breakpoint
CREATE INDEX `undelivered_oldest` ON `undelivered` (`webhook_id`,`state`,`last_version`,`first_version`);--> statement-breakpoint
CREATE INDEX `undelivered_position` ON `undelivered` (`webhook_id`,`position`);--> statement-breakpoint
CREATE INDEX `undelivered_through` ON `undelivered` (`webhook_id`,`through_webhook_id`,`state`,`attempts`,`last_version`) WHERE "undelivered"."through_webhook_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `undelivered_least_refused` ON `undelivered` (`webhook_id`,`state`,`final_answers`,`last_version`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`portal_id` text NOT NULL,
	`name` text NOT NULL,
	`destination_id` text,
	`enabled` integer NOT NULL,
	`configured_at` integer,
	`position` integer NOT NULL,
	`is_gone` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhooks_destination` ON `webhooks` (`destination_id`);--> statement-breakpoint
CREATE INDEX `webhooks_portal` ON `webhooks` (`portal_id`,`is_gone`,`enabled`,`id`);--> statement-breakpoint
PRAGMA user_version = 4;
