/* Between the verbs of `packet bgp`: one file each.
 *
 * Owns     nothing
 * RESULT   a command's exit code; what went wrong was said on stderr
 */
#ifndef BOUCLIER_CLI_BGP_INNER_H
#define BOUCLIER_CLI_BGP_INNER_H

#include "cli/options.h"
#include "config/snapshot.h"
#include "event/json.h"
#include "packet/carrier/bgp.h"

struct bgp_order {
	const struct options *options;
	const struct snapshot *snapshot;         /* NULL: it cannot be read */
	const struct bgp_settings *settings;     /* with what the command line says */
	const struct bounds *bounds;
};

uint64_t bgp_wall_ms(void);

int bgp_verb_list(const struct bgp_order *order);
int bgp_verb_add(const struct bgp_order *order);
/* Whatever the configuration says: what was announced can be taken back by whoever may write the file and BIRD's socket. */
int bgp_verb_withdraw(const struct bgp_order *order);
/* Until it is told to end. */
int bgp_verb_watch(const struct bgp_order *order);
/* Without a configuration: everything is withdrawn, for nobody knows what may be announced. */
int bgp_verb_watch_blind(const struct bgp_order *order);

/* -- a route, told (route.c) -- */

void bgp_put_route(struct json_writer *json, const struct bgp_route *route, bool makes_unreachable);
void bgp_print_route(const struct bgp_route *route, bool makes_unreachable);

/* A line in the journal of the running shield: that ROUTE is announced (WHY NULL), or why it is no more. WAIT_MS at most. False: no shield answers. */
bool bgp_write_down(const struct options *options, const struct bgp_route *route, const char *why, int wait_ms);

/* -- a withdrawal (withdraw.c) -- */

/* ID 0: all; GONE: those that were announced until now. BIRD NULL: none is reached. */
int bgp_take_out(const struct bgp_order *order, struct bird *bird, uint32_t id, struct bgp_include *gone);

#endif
