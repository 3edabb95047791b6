/* Who plays: one group a line, written by the driver, which has read and judged the scenario.
 *
 * Shape   group NAME KEY=VALUE ...      the keys are the table in plan.c
 * Units   milliseconds, actions a second of the whole group, percent; windows in seconds from the start
 * Limits  PLAN_GROUPS_MAX groups; a line below 4 KiB
 * Owns    its groups, from plan_read to plan_done
 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counts.h"

#define PLAN_GROUPS_MAX  48
#define PLAN_PATHS_MAX   12
#define PLAN_WINDOWS_MAX 16
#define PLAN_FROM_MAX    4
#define HOST_DEFAULT     "bench.test"

enum role { ROLE_VISITOR, ROLE_FLOOD, ROLE_RESET, ROLE_SLOW_HEAD, ROLE_SLOW_BODY, ROLE_SLOW_READ, ROLE_CHURN, ROLE_COUNT };

/* Which fields a client sends, and in which order. */
enum profile { PROFILE_BROWSER, PROFILE_TOOL, PROFILE_PARTNER, PROFILE_CRAWLER, PROFILE_COUNT };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct path {
	double weight;         /* beside those of the same group */
	char *pattern;
};

struct window {
	double begin_s, end_s;
};

struct group {
	char name[32];
	enum role role;
	enum profile profile;
	union address from[PLAN_FROM_MAX]; /* the first source on each network the client has */
	unsigned from_count;
	unsigned ips, stride, conns;       /* sources, how far apart, connections of each */
	double rate;
	struct window windows[PLAN_WINDOWS_MAX];
	unsigned window_count;
	struct path paths[PLAN_PATHS_MAX];
	unsigned path_count;
	double path_weights;
	char *host;                        /* whose portal it goes to; NULL: HOST_DEFAULT */
	char *asset;                       /* pattern of what a page is made of */
	unsigned assets;
	unsigned body_min, body_max;       /* bytes of a POST; 0: a GET */
	unsigned random_percent;           /* how often $v is new; else it is always the same */
	unsigned evil_ppm;                 /* how often, in a million, $v is an SQL injection */
	bool tls, h2, cookies, script, refresh;
	unsigned streams, keep, visits;
	unsigned interval_ms, hold_ms, think_ms, timeout_ms;
	struct counts counts;
};

struct plan {
	struct group groups[PLAN_GROUPS_MAX];
	unsigned count;
};

/* False: something was wrong and "FILE:LINE: what" was printed. */
bool plan_read(struct plan *plan, const char *path);
void plan_done(struct plan *plan);

const char *group_host(const struct group *group);

/* How many actors the group has. */
unsigned group_actors(const struct group *group);

/* The N-th source on network WHICH of the group. */
union address group_source(const struct group *group, unsigned which, unsigned n);

/* The window that holds S, or the next one; NULL when none is left. */
const struct window *group_window(const struct group *group, double s);
