/* The inside of wire.h, for its files alone.
 *
 * wire.c         the parts, and what one asks of another
 * wire_moves.c   what the configuration did by itself, into the audit log
 * wire_alerts.c  whom to tell
 * wire_warn.c    each second, what is wrong with the shield and the hub themselves
 * wire_server.c  the server before all of them
 */
#ifndef BOUCLIER_HUB_WIRE_INNER_H
#define BOUCLIER_HUB_WIRE_INNER_H

#include "hub/alert/routes.h"
#include "hub/api/api.h"
#include "hub/audit/audit.h"
#include "hub/change/change.h"
#include "hub/keep/keep.h"
#include "hub/people/people.h"
#include "hub/probe/routes.h"
#include "hub/warn/warn.h"
#include "hub/web/server.h"
#include "hub/web/stream.h"
#include "hub/wire.h"
#include "store/follow.h"

/* Lines of the journal that are in the audit log already: after a kill some are read again. */
#define MOVES_KNOWN_MAX 64u
struct moves_known {
	struct follow_mark list[MOVES_KNOWN_MAX];
	unsigned count, at;
};

struct hub_parts {
	struct hub_wires wires;
	struct arena arena;
	struct store *store;
	struct audit *audit;
	struct hub_probe *probe;
	struct hub_probe_door probe_door;
	struct keep *keep;
	struct keep_watch watch;
	struct people *people;
	struct people_oidc oidc;
	struct alerts *alerts;
	struct warn *warn;
	struct alert_routes alert_routes;
	struct web_streams *streams;
	struct api *api;
	struct changes *changes;
	struct moves_known moves;
	struct web_routes routes;
	struct web_server *server;
	struct timer timer;
	unsigned ticks;
};

static inline uint64_t parts_now_s(const struct hub_parts *parts)
{
	return parts->wires.loop->wall_ns / 1000000000;
}
/* How people reach the console: what mails say. Empty without memory. */
struct span parts_url(struct hub_parts *parts);
/* What was read of the file that a key of the hub names. RESULT_NOT_FOUND. */
enum result parts_file(void *parts, struct span path, struct span *out) must_check;
void parts_add_routes(struct hub_parts *parts, const struct web_route *list, size_t count, void *context);

/* -- wire_alerts.c -- */
enum result parts_open_alerts(struct hub_parts *parts, struct complaints *complaints) must_check;
/* For people.h: asks somebody's server, through the process that sends. */
enum result parts_fetch(void *parts, const struct people_fetch *fetch) must_check;
/* For people.h: somebody used what everybody is to know of. */
void parts_announce(void *parts, struct span who, struct span what);

/* -- wire_moves.c -- */
/* What the audit log has of them. */
enum result parts_open_moves(struct hub_parts *parts) must_check;
/* For keep.h. */
void parts_noticed(void *parts, const struct observation *observation, const struct follow_mark *mark);
/* For api.h: how many paths there are, and fail. */
void parts_count_alerts(void *parts, struct api_alerts *out);

/* -- wire_warn.c -- */
enum result parts_open_warn(struct hub_parts *parts) must_check;
void parts_warn(struct hub_parts *parts);

/* -- wire_server.c -- */
enum result parts_open_server(struct hub_parts *parts, struct complaints *complaints) must_check;

#endif
