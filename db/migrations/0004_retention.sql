ALTER TABLE `streams` ADD `pruned_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `streams` ADD `pruned_position` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `streams` ADD `pruned_recorded_at` integer;