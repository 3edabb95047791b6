/* Putting a backup in place: everything is proven and staged beside where it belongs, and only then takes its place.
 *
 *   pass 1   the whole file is read: whole, unchanged, of this passphrase; nothing is written
 *   pass 2   into folders beside the real ones
 *   then     renames; what was there stays beside, under a name with the time
 *
 * Security, fails closed: no path leads out of its folder, no link is followed, nothing is ever overwritten in a stage.
 */
#ifndef BOUCLIER_CLI_BACKUP_PUT_H
#define BOUCLIER_CLI_BACKUP_PUT_H

#include "cli/backup/backup.h"

#define ELSEWHERE_MAX 4096u
#define ELSEWHERE_BYTES_MAX ((size_t)2 << 20)

/* What pass 1 found. */
struct contents {
	struct installation was;      /* of the manifest */
	char at[32];
	bool has_events, has_hub;
	uint64_t files[4], bytes[4];  /* config, state, hub, elsewhere */
};

struct putting {
	struct backup_reader *reader;
	struct installation to;       /* where it goes */
	struct contents contents;
	bool is_forced;
	unsigned strangers;           /* owners that this machine does not know */
};

/* EXIT_DONE, or what was said; CONTENTS is filled. */
int backup_look(struct putting *putting);
/* After backup_look. EXIT_DONE, or what was said: then nothing is in place. */
int backup_put_in_place(struct putting *putting);
/* The sentence for a RESULT of reading. EXIT_FAILED. */
int backup_complain(enum result result);

#endif
