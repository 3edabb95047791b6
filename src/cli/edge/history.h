/* Configurations that come to serve are kept in the state folder (event/history/), and are lines of the journal; and while one waits to be confirmed, a
 * site whose answers fail clearly more than before has the keeper go back.
 *
 * Units    a window before the reload of ERRORS_MARK_S to twice that
 * Limits   ERRORS_SITES sites are watched, the first ones of the counts
 * Threads  the service thread's
 *
 * Availability, fails open: a history that cannot be written is said, and serves nobody less.
 */
#ifndef BOUCLIER_CLI_EDGE_HISTORY_H
#define BOUCLIER_CLI_EDGE_HISTORY_H

#include "cli/edge/state.h"

#define ERRORS_SITES 1024u
#define ERRORS_MARK_S 150u
#define ERRORS_VERSION 1u

/* Cumulative counts at two moments, and what they were when the wait began. In memory that outlives the edge: a reload may need another one. */
struct error_marks {
	uint64_t since;               /* of the counts (counts_view.since); another one: everything begins anew */
	uint64_t marked_s;            /* when `new` was taken; wall clock */
	uint64_t waiting_until_ns;    /* shared_keeper.confirm_until_wall_ns as it was told last; 0: nothing waits */
	uint32_t count, unused;
	struct error_site {
		uint64_t key;
		uint64_t old_requests, old_errors, new_requests, new_errors;
		uint64_t start_requests, start_errors, before_requests, before_errors;
		uint64_t is_known;        /* it was counted when the wait began */
	} sites[ERRORS_SITES];
};

/* The keeper has confirmed, for the person in state->confirm_who. */
void edge_history_confirmed(struct edge_state *state);
/* What serves since now. */
void edge_history_keep(struct edge_state *state);
void edge_history_open(struct edge_state *state);
void edge_history_tick(struct edge_state *state);

#endif
