/* Names of nightly backups, and which of them stay. */
#ifndef BOUCLIER_CLI_BACKUP_NIGHTLY_H
#define BOUCLIER_CLI_BACKUP_NIGHTLY_H

#include "cli/backup/backup.h"
#include "hub/settings/settings.h"

/* FOLDER/bouclier-2026-01-31.backup, of today (UTC). EXIT_DONE, or EXIT_FAILED: too long. */
int nightly_path(const struct hub_backup_settings *settings, char out[PATH_TEXT_MAX]);
/* Is NAME one of those? */
bool nightly_is_ours(struct span name);
/* The oldest go, until `keep` are left. Nothing else in the folder is touched. EXIT_DONE, or what was said. */
int nightly_prune(const struct hub_backup_settings *settings);

#endif
