/* The file that BIRD's configuration includes: what is announced, until when and for whom, and the only place where that is remembered.
 *
 * Shape    "#! bouclier 1 community=65535:666 bird=REBOOT", then for each route "#: id=3 since=MS until=MS by=\"NAME\" RULE" (bgp_rule.h), then what BIRD
 *          reads: four tables and four static protocols, which hold the routes. An empty file is an empty list
 * Limits   BGP_ROUTES_MAX routes, INCLUDE_BYTES_MAX
 * Owns     values
 * Threads  one at a time
 *
 * Security, fails closed: a file that is not, to the letter, what would be written of what was read in it was changed by somebody else.
 */
#ifndef BOUCLIER_PACKET_CARRIER_BGP_INCLUDE_H
#define BOUCLIER_PACKET_CARRIER_BGP_INCLUDE_H

#include "packet/carrier/bgp_rule.h"

#define INCLUDE_BYTES_MAX ((size_t)128 << 10)
#define INCLUDE_NAME_MAX 60u
#define INCLUDE_REBOOT_MAX 48u

struct bgp_route {
	uint32_t id;                               /* from 1; ascending in the list */
	uint64_t since_ms, until_ms;               /* since 1970 */
	char by[INCLUDE_NAME_MAX + 1];             /* empty: nobody said who */
	struct bgp_rule rule;
};

struct bgp_include {
	struct bgp_community community;
	char reboot[INCLUDE_REBOOT_MAX + 1];       /* when that BIRD began which was given the routes, as it says it; empty: none was */
	struct bgp_route routes[BGP_ROUTES_MAX];
	unsigned count;
};

/* A table of BIRD that routes are in; their names are part of what the administrator's configuration says. */
enum bgp_include_table { INCLUDE_FLOW4, INCLUDE_FLOW6, INCLUDE_RTBH4, INCLUDE_RTBH6, INCLUDE_TABLES };
/* "bouclier_flow4" */
const char *bgp_include_table_name(enum bgp_include_table table);
enum bgp_include_table bgp_include_table_of(const struct bgp_rule *rule);
unsigned bgp_include_count(const struct bgp_include *include, enum bgp_include_table table);

/* RESULT_MALFORMED: changed by somebody else, or damaged. RESULT_NO_MEMORY. OUT is untouched unless RESULT_OK. */
enum result bgp_include_read(struct span text, struct bgp_include *out) must_check;
enum result bgp_include_write(const struct bgp_include *include, struct buffer *out) must_check;

/* Adds a route behind the others, with the next number. RESULT_LIMIT: BGP_ROUTES_MAX are there. */
enum result bgp_include_add(struct bgp_include *include, const struct bgp_route *route, uint32_t *id) must_check;
/* RESULT_NOT_FOUND */
enum result bgp_include_remove(struct bgp_include *include, uint32_t id) must_check;
/* Takes out what is over at WALL_MS, and what has not begun by then: the clock was set back. How many. How long a route may last from its beginning on is
 * its kind's (bounds.h). */
unsigned bgp_include_expire(struct bgp_include *include, uint64_t wall_ms);
/* NULL: nothing announces RULE. */
const struct bgp_route *bgp_include_find(const struct bgp_include *include, const struct bgp_rule *rule);
/* TEXT of BIRD as a reboot: cut to size, what is not printable left out. */
void bgp_include_set_reboot(struct bgp_include *include, struct span text);

#endif
