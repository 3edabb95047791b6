/* The edge's own view of a snapshot, made once when it is loaded: which pool a route uses, what is forbidden there, which
 * ports are listened on, which rules are asked.
 *
 * Owns     its arrays, pools, rule sets' overlays and TLS contexts; lives and goes with the snapshot
 * Threads  immutable once made, but for is_moved, and what majority and seen_after point to
 */
#ifndef BOUCLIER_EDGE_PLAN_H
#define BOUCLIER_EDGE_PLAN_H

#include "edge/hits/hits.h"
#include "edge/sites/meter.h"
#include "edge/sites/settings.h"
#include "edge/sites/tenants.h"
#include "edge/rules/waf.h"
#include "http/head_reader.h"
#include "net/settings.h"
#include "guard/majority.h"
#include "guard/rate.h"
#include "guard/source_budget.h"
#include "net/tls_server.h"
#include "origin/pool.h"
#include "source/bot.h"
#include "source/geo.h"
#include "source/list.h"

struct observed_site;

struct edge_route {
	const struct route *route;
	const struct edge_settings *settings;
	const struct origins_settings *origins;
	struct pool *pool;
	const struct edge_waf *waf;  /* NULL: no rules are asked */
	const struct edge_waf *waf_moved;  /* the same in block, for when the site has graduated; NULL: it never does */
	uint64_t selects;        /* which requests the route is for: bit per enum method; 0: any */
	uint64_t methods;        /* which are let in; 0: any */
	bool owns_pool;
};

struct edge_site {
	const struct site *site;
	uint64_t key;            /* of the name: the same in every snapshot; 0 is no site */
	struct edge_tenant *tenant; /* held by the plan; NULL: there is nothing to share */
	struct edge_route *routes;  /* as site->routes */
	const struct net_site_settings *net;
	const struct lists *lists;  /* NULL: the site has none */
	const struct bots *bots;    /* good ones; NULL: nobody is taken for one */
	const struct rate_limits *rate_limits;  /* NULL: the site has none */
	struct majority *majority;  /* of its requests: whoever serves one writes it */
	uint64_t *seen_after;    /* inspect_after.h: of this second, of all workers */
	const struct list_value *priority;  /* struct span: paths of its priority_routes */
	struct hits_site *hits;  /* what rules hit of its visitors; NULL: not counted */
	struct meter *meter;     /* what its level is learned from; NULL: it has none */
	struct observed_site *observed;  /* what would have been done to its requests; NULL: not counted */
	uint32_t graduate_s, graduate_notice_s;  /* of its routes the longest; 0: it never moves to block by itself */
	uint32_t is_moved;       /* it did: atomic, written by the service thread while all read */
	bool observes;           /* `guard: observe` (edge/observing/) */
	bool is_tolerant;        /* `http: tolerant` */
	bool is_passthrough;     /* its TLS is not ours to open */
	bool is_self_signed;     /* some certificate of it is: HSTS is never sent */
};

/* One address listened on. */
struct edge_port {
	struct endpoint endpoint;
	uint16_t public_port;    /* as visitors name it; 0: the one they have reached */
	bool is_tls, has_h2, has_h2c, has_proxy_protocol;
	bool redirects;          /* http -> https */
	struct list_value trusted_proxies;  /* struct network: the listener's, or else the file's */
};

struct plan {
	struct edge_site *sites;
	size_t site_count;
	struct edge_site *tolerant;        /* the only one that is; NULL: there is none, or more than one */
	struct edge_port *ports;
	size_t port_count;
	struct http_limits limits;         /* the widest of all routes: what a reader may take before it knows the route */
	const struct edge_top_settings *top;
	struct tls_server *tls;            /* NULL: no TLS listener */
	struct origins *origins;
	struct edge_tenants *tenants;      /* may be NULL */
	struct edge_wafs *wafs;            /* NULL: no route has rules */
	struct arena arena;                /* of sites' lists and rate limits, and of EXEMPT */
	struct source_budgets budgets;
	struct list_value exempt;          /* struct network: management, trusted proxies, this machine: no budgets, no bans */
	const struct lists *partners;      /* lists_join of the sites'; NULL: none has any */
	bool observes;                     /* some site does */
	bool has_tenants;                  /* sites of more than one */
	bool needs_place;                  /* some site's list names countries or autonomous systems */
	struct geo *geo;                   /* NULL: nobody asks where somebody is, or there is no database */
};

struct plan_needs {
	struct origins *origins;
	struct edge_tenants *tenants;      /* must outlive the plan; NULL: no request is served by it */
	struct tls_client *(*tls_client_of)(void *context, const struct origin_settings *settings);
	void *context;
	struct tls_server *tls;            /* becomes the plan's */
	bool (*is_self_signed)(void *context, const struct site *site);
	/* The rule set of a site's SETTINGS; NULL: rules are never asked (a reduced edge). */
	enum result (*rules_of)(void *context, const struct site *site, const struct waf_settings *settings, struct rule_set **out);
	/* Where hits of a site with rules are counted, or NULL. May be NULL itself: nowhere. */
	struct hits_site *(*hits_of)(void *context, const struct edge_site *site);
	/* What the level of a site is learned from, or NULL. May be NULL itself: no site has one. */
	struct meter *(*meter_of)(void *context, const struct edge_site *site);
	/* Where it is counted what would have been done to requests of a site that observes, or NULL. May be NULL itself: nowhere. */
	struct observed_site *(*observed_of)(void *context, const struct edge_site *site);
	const struct edge_port *ports;     /* copied */
	size_t port_count;
	struct complaints *complaints;     /* warnings; NULL: nobody is told */
};

/* Makes the plan and hangs it into snapshot->built[ROOM_EDGE]. On failure TLS stays the caller's. */
enum result plan_make(struct snapshot *snapshot, const struct plan_needs *needs) must_check;
static inline const struct plan *plan_of(const struct snapshot *snapshot)
{
	return snapshot->built[ROOM_EDGE];
}

/* The widest of all routes. */
struct http_limits plan_limits(const struct snapshot *snapshot);
/* What LIMITS of a route say of a head that a reader took within the widest; HEAD_BYTES: all of it. */
enum http_fault edge_limits_fault(const struct edge_limits *limits, const struct request_head *head, size_t head_bytes);
/* The rules of ROUTE of SITE as of now; NULL: none. */
const struct edge_waf *edge_route_waf(const struct edge_site *site, const struct edge_route *route);
/* The rule ID of the rules that are asked on some route of SITE; NULL: none has it. */
const struct rule *edge_site_rule(const struct edge_site *site, uint32_t id);
/* Some route of SITE has rules. */
bool edge_site_has_rules(const struct edge_site *site);
uint64_t plan_site_key(struct span site_name);
/* The site with this key; NULL: there is none, or none any more. */
const struct edge_site *plan_find_site(const struct plan *plan, uint64_t key);
/* LIST of method names as bits per enum method; 0: none is written. */
uint64_t plan_method_mask(const struct list_value *list);
/* The port with this address, or NULL. */
const struct edge_port *plan_find_port(const struct plan *plan, const struct endpoint *endpoint);

#endif
