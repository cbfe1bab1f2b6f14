ALTER TABLE `destinations` ADD `client_certificate` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `client_key` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `max_in_flight` integer DEFAULT 16 NOT NULL;--> statement-breakpoint
ALTER TABLE `destinations` ADD `lines_per_second` integer;