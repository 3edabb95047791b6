/* The keys under hub.backup, of `bouclier backup --nightly`. */
#include "hub/settings/settings.h"

#include "base/banned.h"

#define FIELD(field) offsetof(struct hub_backup_settings, field)

static const struct key backup_keys[] = {
	{ .name = "folder", .type = KEY_PATH, .flags = KEY_REQUIRED, .offset = FIELD(folder),
	  .help = "Where bouclier backup --nightly puts a file each night. Another disk, best of another machine." },
	{ .name = "keep", .type = KEY_NUMBER, .offset = FIELD(keep), .fallback = "14", .min = 1, .max = 366,
	  .help = "So many files stay there, the newest." },
	{ .name = "passphrase_file", .type = KEY_PATH, .flags = KEY_REQUIRED, .offset = FIELD(passphrase_file),
	  .help = "Its first line is the passphrase, of 8 bytes and more. Only its owner may read it. Keep the passphrase elsewhere, too: without it no backup can be read." },
	{ .name = NULL },
};

const struct key_table hub_backup_table = {
	.name = "backup", .keys = backup_keys, .size = sizeof(struct hub_backup_settings), .help = "Backups each night (bouclier-backup.timer).",
};
