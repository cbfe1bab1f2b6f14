CREATE TABLE `__new_logins` (
	`portal` integer NOT NULL,
	`kind` integer NOT NULL,
	`occurred_at` integer NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`portal`, `kind`, `occurred_at`, `position`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_logins`(`portal`, `kind`, `occurred_at`, `position`)
SELECT
	`portal`,
	CASE `outcome` WHEN 'SUCCESS' THEN 0 WHEN 'NOT_FOUND' THEN 32 WHEN 'INVALID_PASSWORD' THEN 64 WHEN 'TOKEN_EXPIRED' THEN 96 WHEN 'LOCKED' THEN 128 WHEN 'DISABLED' THEN 160 WHEN 'INVALID' THEN 192 END
	+ CASE `authentication_type` WHEN 'INVALID' THEN 0 WHEN 'BASIC' THEN 1 WHEN 'SSO' THEN 2 WHEN 'PAT' THEN 3 WHEN 'SPAT' THEN 4 WHEN 'GOOGLE' THEN 5 WHEN 'GITHUB' THEN 6 WHEN 'WINDOWSLIVE' THEN 7 WHEN 'FEDERATED' THEN 8 END,
	`occurred_at`,
	`position`
FROM `logins`;
--> statement-breakpoint
DROP TABLE `logins`;
--> statement-breakpoint
ALTER TABLE `__new_logins` RENAME TO `logins`;
