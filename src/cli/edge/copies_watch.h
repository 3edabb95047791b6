/* What goes wrong with files of struct copies, told once: to the journal as a notice, and to who started us.
 *
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_COPIES_WATCH_H
#define BOUCLIER_CLI_EDGE_COPIES_WATCH_H

#include "cli/edge/state.h"

struct copies_words {
	const char *what, *key;                 /* "continuity copies", and where their key is */
	const char *stopped, *kept, *damaged;   /* actions of the journal */
};

/* What was told; zero at birth. */
struct copies_watch {
	uint64_t damaged, told_ms;
	int error;
	bool has_bad_key;
};

void edge_tell(struct edge_state *state, const char *action, struct span site, const char *text);
void copies_watch_tell(struct copies_watch *watch, const struct copies_words *words, struct edge_state *state, const struct copies_state *now);

#endif
