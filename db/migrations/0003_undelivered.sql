CREATE TABLE `undelivered` (
	`portal_id` text NOT NULL,
	`first_version` integer NOT NULL,
	`last_version` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`response_code` integer,
	`message` text,
	`tries` integer NOT NULL,
	`recoveries` integer NOT NULL,
	`refused_probes` integer NOT NULL,
	`listed_at` integer NOT NULL,
	`position` integer NOT NULL,
	`discarded_by` text,
	`discarded_reason` text,
	`discarded_at` integer,
	PRIMARY KEY(`portal_id`, `last_version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `undelivered_oldest` ON `undelivered` (`portal_id`,`state`,`last_version`);--> statement-breakpoint
CREATE INDEX `undelivered_least_refused` ON `undelivered` (`portal_id`,`state`,`refused_probes`,`last_version`);