/* Has a running shield take its configuration over: for `reload`, and for those who have just changed the file. */
#ifndef BOUCLIER_CLI_RELOAD_H
#define BOUCLIER_CLI_RELOAD_H

#include "cli/command.h"
#include "config/snapshot.h"

enum reload_report { RELOAD_HUMAN, RELOAD_JSON, RELOAD_ERRORS /* what went well is not said */ };

/* Before reload_ask: where the kernel refuses what the configuration does not name (packet/egress/), it is told what CONFIG, which SNAPSHOT was read of, names now.
 * Availability, fails open: where that cannot be done it is said, and the reload goes on. */
void reload_prepare(const char *config, const struct snapshot *snapshot);
/* What goes with it into the history. */
struct reload_words {
	const char *why;               /* NULL: nobody said */
	const char *how;               /* a word of event/history/history.h; NULL: reload */
	int64_t confirm_ms;            /* 0: it stays */
};

extern const struct duration_limits reload_confirm_limits;
/* `reload confirm`, which is `config confirm` too. */
int reload_confirm(const struct options *options);
/* Says what came of it. Exit code. */
int reload_ask(const char *socket, enum reload_report report, const struct reload_words *words);

#endif
