/* What an administrator may say about the life of a request: the keys of edge/, the same for a site and for a route. */
#ifndef BOUCLIER_EDGE_SETTINGS_H
#define BOUCLIER_EDGE_SETTINGS_H

#include "cache/continuity/settings.h"
#include "cache/settings.h"
#include "config/snapshot.h"
#include "edge/rules/waf_settings.h"

struct edge_timeouts {
	int64_t head_ms;        /* whole request head, from its first byte */
	int64_t keep_alive_ms;  /* between two requests */
	int64_t connect_ms;     /* to an origin, TLS included */
	int64_t first_byte_ms;  /* origin: from the last request byte to the first of the response */
	int64_t idle_ms;        /* either side: between two bytes of a body */
	int64_t tunnel_ms;      /* WebSocket: without a byte either way */
	int64_t body_rate;      /* bytes a second a client must send its body with, and read its response with, on average */
};

struct edge_limits {
	int64_t body_bytes, head_bytes, target_bytes, fields;
};

struct edge_redirect {
	struct span to;         /* "/path", or "https://host/path"; a trailing '*' keeps what followed the route's path */
	int64_t status;
};

struct edge_rewrite {
	struct span strip, add; /* prefixes of the path */
};

struct edge_header_edit {
	struct list_value set;     /* struct name_value */
	struct list_value remove;  /* struct span */
};

struct edge_headers {
	struct edge_header_edit request, response;
};

enum edge_challenge { EDGE_CHALLENGE_AUTO, EDGE_CHALLENGE_OFF, EDGE_CHALLENGE_ALWAYS };
enum edge_http { EDGE_HTTP_STRICT, EDGE_HTTP_TOLERANT };

struct edge_settings {
	struct edge_timeouts timeouts;
	struct edge_limits limits;
	struct list_value allow_from;   /* struct network; empty: everybody */
	struct list_value methods;      /* struct span; which requests the route is for; empty: any */
	struct list_value allow_methods; /* struct span; empty: any */
	struct edge_redirect *redirect;
	struct edge_rewrite *rewrite;
	struct edge_headers headers;
	bool maintenance;
	bool watchable;                  /* of a site: edge/sites/alive.h */
	int64_t maintenance_retry_ms;
	bool security_headers;
	struct span contact;            /* on error pages: whom to call */
	bool drop_unusual_names;        /* header names with '_' or '.' */
	enum edge_http http;            /* of a site; routes have no say */
	enum edge_challenge challenge;  /* of a site, too */
	struct waf_settings waf;
	struct cache_settings cache;
	struct continuity_settings continuity;  /* of a site, too */
};

struct edge_top_settings {
	int64_t workers;                /* below 1: one a core */
	struct span state;
	int64_t connections;            /* in all, for this node */
	int64_t handshakes;             /* TLS handshakes at once, for this node */
	int64_t drain_ms;
	struct span countries;          /* a database of libloc */
	int64_t held_bytes;             /* on disk, of bodies that wait for a verdict, all together */
	int64_t files_bytes;            /* in memory, of files whose contents rules ask for, all together */
	int64_t cache_bytes;            /* of answers that are kept, all together */
	int64_t cache_disk_bytes;       /* the same, on disk; 0: none */
	int64_t continuity_bytes;       /* on disk, of continuity copies, all together */
	int64_t memory_bytes;           /* of requests and buffers; 0: no limit of our own */
};

extern const struct config_section edge_top_section, edge_site_section, edge_route_section;

static inline const struct edge_settings *edge_settings_of(void *const *sections)
{
	return sections[ROOM_EDGE];
}

#endif
