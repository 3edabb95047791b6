/* The edge's own view of a snapshot, made once when it is loaded: which pool a route uses, what is forbidden there, which
 * ports are listened on. Immutable; lives and goes with the snapshot.
 */
#ifndef BOUCLIER_EDGE_PLAN_H
#define BOUCLIER_EDGE_PLAN_H

#include "edge/settings.h"
#include "http/head_reader.h"
#include "net/settings.h"
#include "net/tls_server.h"
#include "origin/pool.h"

struct edge_route {
	const struct route *route;
	const struct edge_settings *settings;
	const struct origins_settings *origins;
	struct pool *pool;
	uint64_t selects;        /* which requests the route is for: bit per enum method; 0: any */
	uint64_t methods;        /* which are let in; 0: any */
	bool owns_pool;
};

struct edge_site {
	const struct site *site;
	uint64_t key;            /* of the name: the same in every snapshot; 0 is no site */
	struct edge_route *routes;  /* as site->routes */
	const struct net_site_settings *net;
	bool is_passthrough;     /* its TLS is not ours to open */
	bool is_self_signed;     /* some certificate of it is: HSTS is never sent */
};

/* One address listened on. */
struct edge_port {
	struct endpoint endpoint;
	bool is_tls, has_h2, has_h2c, has_proxy_protocol;
	bool redirects;          /* http -> https */
	struct list_value trusted_proxies;  /* struct network: the listener's, or else the file's */
};

struct plan {
	struct edge_site *sites;
	size_t site_count;
	struct edge_port *ports;
	size_t port_count;
	struct http_limits limits;         /* the widest of all routes: what a reader may take before it knows the route */
	const struct edge_top_settings *top;
	struct tls_server *tls;            /* NULL: no TLS listener */
	struct origins *origins;
};

struct plan_needs {
	struct origins *origins;
	struct tls_client *(*tls_client_of)(void *context, const struct origin_settings *settings);
	void *context;
	struct tls_server *tls;            /* becomes the plan's */
	bool (*is_self_signed)(void *context, const struct site *site);
	const struct edge_port *ports;     /* copied */
	size_t port_count;
};

/* Makes the plan and hangs it into snapshot->built[ROOM_EDGE]. On failure TLS stays the caller's. */
enum result plan_make(struct snapshot *snapshot, const struct plan_needs *needs) must_check;
static inline const struct plan *plan_of(const struct snapshot *snapshot)
{
	return snapshot->built[ROOM_EDGE];
}

uint64_t plan_site_key(struct span site_name);
/* The port with this address, or NULL. */
const struct edge_port *plan_find_port(const struct plan *plan, const struct endpoint *endpoint);

#endif
