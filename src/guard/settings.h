/* guard/: keeps a portal reachable. It asks nobody: it is given what came, and answers; edge/ acts on it.
 *
 *   settings    the keys a person writes
 *   gcra        how often somebody may: the arithmetic
 *   budget      that arithmetic, of what one source owes
 *   source_budget  what every source may, and what becomes of who takes more
 *   share       what sites have of a worker: places and turns
 *   ban_networks   whole networks that a person banned
 *   rate        the limits that people write, and who comes to them
 *   rate_table  what is owed to them, in memory that outlives an edge
 *   demand      whether more is asked of an origin than it can do
 *   ban         who is refused for a while, and for how long
 *   references  who was refused under which reference
 *   admitted    whom a person let in who had read one out
 *   partner     whom an administrator gave a token
 *   challenge   what strangers are asked while there is no room for all, and the tokens that they get (its header names its parts)
 *
 * Availability, fails open: whatever this room cannot know (memory, a lock) lets pass. Bans of the management network and of trusted
 * proxies fail closed: they are never made.
 */
#ifndef BOUCLIER_GUARD_SETTINGS_H
#define BOUCLIER_GUARD_SETTINGS_H

#include "config/snapshot.h"

/* Whose requests a limit counts together: those of a source, of a class of clients (by JA4; by source/kind.h), or all. */
enum rate_per { RATE_PER_SOURCE, RATE_PER_FINGERPRINT, RATE_PER_KIND, RATE_PER_ROUTE, RATE_PER_COUNT };

/* What of them is counted. Requests are known when they come, the rest when they are over. */
enum rate_of { RATE_REQUESTS, RATE_ERRORS, RATE_COST, RATE_BYTES, RATE_OF_COUNT };

#define RATE_BURST_AUTO (-1)   /* as many as `limit` says */
#define RATE_LIMITS_MAX 256u   /* a site */

/* One of `rate_limits`. Of what has no rate nothing is said; a burst of 0 is as many as its rate says, of cost and bytes in ten seconds. */
struct rate_limit_settings {
	struct span path;
	struct rate limit;
	int64_t burst;                   /* 1 or more, or RATE_BURST_AUTO */
	int per;                         /* enum rate_per */
	struct rate errors;
	int64_t errors_burst;
	int64_t cost_ms, cost_burst_ms;  /* of the origins' time, a second; at once */
	int64_t bytes, bytes_burst;      /* of bodies, both ways: a second; at once */
};

/* Whether what this room decides of a site's requests is done, or only told. */
enum guard_mode { GUARD_ON, GUARD_OBSERVE };

struct guard_site_settings {       /* SCOPE_SITE */
	int mode;                       /* enum guard_mode */
	struct list_value rate_limits;  /* struct rate_limit_settings */
	int level_floor;                /* enum level (level.h) */
	struct list_value partners;     /* struct partner_settings (partner.h) */
};

/* `source_budgets`: what one source may, of all sites together. */
struct source_budget_settings {
	int mode;                          /* enum source_budgets_mode */
	struct rate requests, errors;
	int64_t requests_burst, errors_burst;
	int64_t cost_ms, cost_burst_ms;    /* of the origins' time, a second; at once */
	int64_t bytes, bytes_burst;        /* of bodies, both ways: a second; at once */
	struct rate connections, handshakes;
	int64_t connections_burst, handshakes_burst;
};

enum source_budgets_mode { SOURCE_BUDGETS_ON, SOURCE_BUDGETS_OFF };

struct guard_top_settings {        /* SCOPE_TOP */
	struct list_value management;   /* struct network */
	struct source_budget_settings budgets;
};

extern const struct config_section guard_top_section;
extern const struct config_section guard_site_section;

/* What SETTINGS say of OF, in requests, milliseconds, or SOURCE_BYTES_UNIT (source_budget.h). A rate of 0: nothing. */
struct rate_said {
	struct rate rate;
	uint64_t burst;
};
struct rate_said rate_limit_said(const struct rate_limit_settings *settings, enum rate_of of);

/* NULL: read without this section. */
static inline const struct guard_top_settings *guard_top_settings(const struct snapshot *snapshot)
{
	return snapshot->sections[ROOM_GUARD];
}

static inline const struct guard_site_settings *guard_site_settings(const struct site *site)
{
	return site->sections[ROOM_GUARD];
}

#endif
