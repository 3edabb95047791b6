/* origin/: the portals behind the shield. Which one gets a request, whether it is well, and the connections kept to it.
 *
 *   settings   the keys a person writes
 *   origin     one origin: its addresses, its health, how many requests it is working on; shared by all workers and
 *              by every site that names it, and carried over reloads
 *   pool       the origins of one site or route, and who is next
 *   connection one connection to an origin, at work or kept
 *   gate       how many requests it is given at once, and who waits for a place there
 *   health     the checks that run whether or not citizens come
 *
 * Availability code fails open: when every origin of a pool looks ill, the pool offers them all the same.
 */
#ifndef BOUCLIER_ORIGIN_SETTINGS_H
#define BOUCLIER_ORIGIN_SETTINGS_H

#include "config/snapshot.h"
#include "guard/admission.h"

enum origin_balance { BALANCE_ROUND_ROBIN, BALANCE_LEAST_CONNECTIONS, BALANCE_HASH };
enum origin_proxy_protocol { ORIGIN_PROXY_NONE, ORIGIN_PROXY_V1, ORIGIN_PROXY_V2 };

struct origin_auth_settings {
	struct span header;       /* name of the header that carries header_secret */
	struct span header_secret;
	struct span certificate;  /* PEM files, for mutual TLS */
	struct span key;
};

struct origin_settings {
	struct url url;
	int64_t weight;           /* 1..1000 */
	bool is_backup, is_draining;
	int64_t limit;            /* requests at work at once; 0: none */
	struct span host;         /* Host sent to it; empty: the client's */
	struct span sni;          /* empty: the host of the URL */
	struct span ca;           /* PEM file; empty: the system's */
	bool verify;
	struct origin_auth_settings *auth;  /* NULL: none */
	int proxy_protocol;       /* enum origin_proxy_protocol */
	int64_t slow_start_ms;
};

struct origin_health_settings {
	struct span path;         /* empty: no active checks */
	int64_t interval_ms, timeout_ms;
	int64_t rise, fall;
	struct list_value status; /* struct status_range */
};

enum origin_concurrency { CONCURRENCY_AUTO, CONCURRENCY_OFF };

struct origin_concurrency_settings {
	int mode;                 /* enum origin_concurrency */
	int64_t floor, start, ceiling;
	int64_t reserved;         /* places of priority routes, where the site has some */
	int64_t queue;
	int64_t patience_ms;
};

/* The same keys for a site and for a route. */
struct origins_settings {
	struct list_value origins;  /* struct origin_settings */
	int balance;                /* enum origin_balance */
	struct origin_health_settings health;
	struct span sticky_cookie;  /* empty: none */
	int64_t kept_connections;   /* a worker and origin */
	int64_t kept_ms;
	struct origin_concurrency_settings concurrency;
	struct list_value priority_routes;  /* struct span: paths; of a site alone */
};

/* For an origin with a limit of its own (HARD_LIMIT; 0: none), which the learned one never exceeds. */
struct admission_settings origin_admission_settings(const struct origins_settings *settings, int64_t hard_limit, bool has_priority);

extern const struct config_section origin_site_section, origin_route_section;

/* Of a site or a route, given its sections. */
static inline const struct origins_settings *origins_settings_of(void *const *sections)
{
	return sections[ROOM_ORIGIN];
}

#endif
