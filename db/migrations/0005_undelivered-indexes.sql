DROP INDEX `undelivered_oldest`;--> statement-breakpoint
CREATE INDEX `undelivered_position` ON `undelivered` (`portal_id`,`position`);--> statement-breakpoint
CREATE INDEX `undelivered_oldest` ON `undelivered` (`portal_id`,`state`,`last_version`,`first_version`);