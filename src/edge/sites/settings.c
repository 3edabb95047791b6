#include "edge/sites/settings.h"

#include "message/head.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)
#define DURATION(key, member, standard, most, text) \
	{ .name = key, .type = KEY_DURATION, .offset = member, .fallback = standard, .min = 1, .max = most, .help = text }

static const struct key timeout_keys[] = {
	DURATION("head", AT(edge_timeouts, head_ms), "10s", 600000, "For a whole request head, from the start of it."),
	DURATION("keep_alive", AT(edge_timeouts, keep_alive_ms), "60s", 3600000, "For an idle connection, between two requests."),
	DURATION("connect", AT(edge_timeouts, connect_ms), "3s", 600000, "For a connection to an origin, TLS included."),
	DURATION("first_byte", AT(edge_timeouts, first_byte_ms), "60s", 86400000, "For an origin to begin its response."),
	DURATION("idle", AT(edge_timeouts, idle_ms), "60s", 86400000, "Without a byte of a body, from either side."),
	DURATION("tunnel", AT(edge_timeouts, tunnel_ms), "1h", 604800000, "Without a byte either way of a WebSocket."),
	{ .name = "body_rate", .type = KEY_SPEED, .offset = AT(edge_timeouts, body_rate), .fallback = "128B/s", .min = 0, .max = 1 << 30,
	  .help = "What a client must send its body with, or take its response with, on average over each ten seconds. 0B/s: any." },
	{ 0 },
};
static const struct key_table timeouts_table = {
	.name = "timeouts", .keys = timeout_keys, .size = sizeof(struct edge_timeouts), .help = "How long the shield waits, for what.",
};

static const struct key limit_keys[] = {
	{ .name = "body", .type = KEY_BYTES, .offset = AT(edge_limits, body_bytes), .fallback = "10GiB", .min = 0,
	  .help = "Longest request body: 413 beyond it." },
	{ .name = "head", .type = KEY_BYTES, .offset = AT(edge_limits, head_bytes), .fallback = "32KiB", .min = 1024, .max = 262144,
	  .help = "Longest request head: 431 beyond it." },
	{ .name = "target", .type = KEY_BYTES, .offset = AT(edge_limits, target_bytes), .fallback = "8KiB", .min = 256, .max = 262144,
	  .help = "Longest request target: 414 beyond it." },
	{ .name = "fields", .type = KEY_NUMBER, .offset = AT(edge_limits, fields), .fallback = "100", .min = 10, .max = 1000,
	  .help = "Most header fields: 431 beyond it." },
	{ 0 },
};
static const struct key_table limits_table = {
	.name = "limits", .keys = limit_keys, .size = sizeof(struct edge_limits), .help = "How large a request may be.",
};

static const struct key redirect_keys[] = {
	{ .name = "to", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(edge_redirect, to), .max = 2048,
	  .help = "Where to: a path, or a whole URL. A trailing * stands for what followed the route's path." },
	{ .name = "status", .type = KEY_NUMBER, .offset = AT(edge_redirect, status), .fallback = "308", .min = 301, .max = 308,
	  .help = "301, 302, 303, 307 or 308." },
	{ 0 },
};
static void check_redirect(const void *values, struct key_check *check)
{
	const struct edge_redirect *redirect = values;
	bool is_absolute = span_starts(redirect->to, SPAN("https://")) || span_starts(redirect->to, SPAN("http://"));

	if (redirect->status > 303 && redirect->status < 307)
		key_complain(check, "status", SPAN_NONE, "a redirect is 301, 302, 303, 307 or 308");
	if (!redirect->to.len || (!is_absolute && redirect->to.at[0] != '/'))
		key_complain(check, "to", SPAN_NONE, "a redirect goes to /path, http:// or https://");
}
static const struct key_table redirect_table = {
	.name = "redirect", .keys = redirect_keys, .size = sizeof(struct edge_redirect), .shorthand = "to", .check = check_redirect,
	.help = "Answers with a redirect instead of asking an origin.",
};

static const struct key rewrite_keys[] = {
	{ .name = "strip", .type = KEY_TEXT, .offset = AT(edge_rewrite, strip), .help = "Taken from the front of the path, by whole segments." },
	{ .name = "add", .type = KEY_TEXT, .offset = AT(edge_rewrite, add), .help = "Then put in front of it." },
	{ 0 },
};
static void check_rewrite(const void *values, struct key_check *check)
{
	const struct edge_rewrite *rewrite = values;

	if (rewrite->strip.len && rewrite->strip.at[0] != '/')
		key_complain(check, "strip", SPAN_NONE, "a prefix starts with /");
	if (rewrite->add.len && rewrite->add.at[0] != '/')
		key_complain(check, "add", SPAN_NONE, "a prefix starts with /");
}
static const struct key_table rewrite_table = {
	.name = "rewrite", .keys = rewrite_keys, .size = sizeof(struct edge_rewrite), .check = check_rewrite,
	.help = "Changes the path that the origin sees.",
};

static const struct key edit_keys[] = {
	{ .name = "set", .type = KEY_FIELDS, .offset = AT(edge_header_edit, set), .help = "Header fields that replace any of their name." },
	{ .name = "remove", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(edge_header_edit, remove), .help = "Names of fields to leave out." },
	{ 0 },
};
/* Framing and connection belong to the shield: a hand that set them would open the door to smuggling. */
static bool is_about_connection(struct span name)
{
	switch ((int)field_id_of(name)) {
	case FIELD_CONNECTION: case FIELD_CONTENT_LENGTH: case FIELD_TRANSFER_ENCODING: case FIELD_UPGRADE: case FIELD_TE:
	case FIELD_TRAILER: case FIELD_KEEP_ALIVE: case FIELD_PROXY_CONNECTION: case FIELD_HTTP2_SETTINGS: return true;
	default: return false;
	}
}
/* What the origin is told about the client is what the shield knows: a second voice would make it unreliable. */
static bool is_about_client(struct span name)
{
	switch ((int)field_id_of(name)) {
	case FIELD_HOST: case FIELD_EXPECT: case FIELD_X_FORWARDED_FOR: case FIELD_X_FORWARDED_PROTO: case FIELD_X_FORWARDED_HOST:
	case FIELD_X_FORWARDED_PORT: case FIELD_FORWARDED: case FIELD_X_REAL_IP: case FIELD_X_REQUEST_ID: case FIELD_CLIENT_CERT:
	case FIELD_CLIENT_CERT_CHAIN: case FIELD_VIA: case FIELD_CDN_LOOP: return true;
	default: return false;
	}
}
static bool is_request_id(struct span name)
{
	return field_id_of(name) == FIELD_X_REQUEST_ID;
}
static void check_edit(const struct edge_header_edit *edit, bool (*is_ours)(struct span name), struct key_check *check)
{
	const struct name_value *set = edit->set.items;
	const struct span *remove = edit->remove.items;

	for (size_t i = 0; i < edit->set.count + edit->remove.count; i++) {
		bool is_set = i < edit->set.count;
		struct span name = is_set ? set[i].name : remove[i - edit->set.count];
		bool is_host = is_set && is_ours == is_about_client && field_id_of(name) == FIELD_HOST;

		if (is_about_connection(name))
			key_complain(check, is_set ? "set" : "remove", SPAN_NONE, "%.*s is about the connection: the shield sets it itself", SPAN_ARG(name));
		else if (is_ours(name))
			key_complain(check, is_set ? "set" : "remove", is_host ? SPAN("host, a key of the origin") : SPAN_NONE,
			             "%.*s is the shield's own word: it sets it, and lets no other through", SPAN_ARG(name));
	}
}
static void check_request_edit(const void *values, struct key_check *check)
{
	check_edit(values, is_about_client, check);
}
static void check_response_edit(const void *values, struct key_check *check)
{
	check_edit(values, is_request_id, check);
}
static const struct key_table request_edit_table = {
	.name = "headers", .keys = edit_keys, .size = sizeof(struct edge_header_edit), .check = check_request_edit, .help = "Changes to header fields.",
};
static const struct key_table response_edit_table = {
	.name = "headers", .keys = edit_keys, .size = sizeof(struct edge_header_edit), .check = check_response_edit, .help = "Changes to header fields.",
};
static const struct key headers_keys[] = {
	{ .name = "request", .type = KEY_MAP, .offset = AT(edge_headers, request), .table = &request_edit_table, .help = "On the way to the origin." },
	{ .name = "response", .type = KEY_MAP, .offset = AT(edge_headers, response), .table = &response_edit_table, .help = "On the way to the client." },
	{ 0 },
};
static const struct key_table headers_table = {
	.name = "headers", .keys = headers_keys, .size = sizeof(struct edge_headers), .help = "Changes to header fields.",
};

/* The same for a site and for a route. */
#define EDGE_KEYS \
	{ .name = "timeouts", .type = KEY_MAP, .offset = AT(edge_settings, timeouts), .table = &timeouts_table, .help = "How long the shield waits, for what." }, \
	{ .name = "limits", .type = KEY_MAP, .offset = AT(edge_settings, limits), .table = &limits_table, .help = "How large a request may be." }, \
	{ .name = "allow_from", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = AT(edge_settings, allow_from), \
	  .help = "Only these networks are let in; everybody else gets 403." }, \
	{ .name = "allow_methods", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(edge_settings, allow_methods), .max = 32, \
	  .help = "Only these methods are let in; others get 405." }, \
	{ .name = "redirect", .type = KEY_MAP, .flags = KEY_OPTIONAL | KEY_NO_DEFAULT, .offset = AT(edge_settings, redirect), .table = &redirect_table, \
	  .help = "Answers with a redirect instead of asking an origin." }, \
	{ .name = "rewrite", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = AT(edge_settings, rewrite), .table = &rewrite_table, \
	  .help = "Changes the path that the origin sees." }, \
	{ .name = "headers", .type = KEY_MAP, .offset = AT(edge_settings, headers), .table = &headers_table, .help = "Changes to header fields." }, \
	{ .name = "maintenance", .type = KEY_BOOL, .offset = AT(edge_settings, maintenance), .fallback = "false", \
	  .help = "Answers everybody with 503 and a page that says so." }, \
	{ .name = "maintenance_retry", .type = KEY_DURATION, .offset = AT(edge_settings, maintenance_retry_ms), .fallback = "10m", .min = 1000, \
	  .max = 604800000, .help = "When visitors are told to come back (Retry-After)." }, \
	{ .name = "security_headers", .type = KEY_BOOL, .offset = AT(edge_settings, security_headers), .fallback = "true", \
	  .help = "Adds X-Content-Type-Options, Referrer-Policy and X-Frame-Options where the origin sends none." }, \
	{ .name = "contact", .type = KEY_TEXT, .offset = AT(edge_settings, contact), .max = 200, \
	  .help = "On error pages: an address or telephone number for those who need help." }, \
	{ .name = "drop_unusual_names", .type = KEY_BOOL, .offset = AT(edge_settings, drop_unusual_names), .fallback = "false", \
	  .help = "Leaves out request header fields with _ or . in their names, which some origins confuse with others." }, \
	{ .name = "waf", .type = KEY_MAP, .offset = AT(edge_settings, waf), .table = &waf_table, .help = "Rules that are asked of requests and responses." }, \
	{ .name = "cache", .type = KEY_MAP, .offset = AT(edge_settings, cache), .table = &cache_table, \
	  .help = "Answers that are given again without asking the origin; `bouclier purge` makes it forget some." }

static const char *const challenge_modes[] = { "auto", "off", "always", NULL };
static const char *const http_modes[] = { "strict", "tolerant", NULL };

static const struct key site_keys[] = {
	EDGE_KEYS,
	{ .name = "http", .type = KEY_CHOICE, .offset = AT(edge_settings, http), .fallback = "strict", .choices = http_modes,
	  .help = "tolerant: for tests of rules, and for portals behind old clients. Requests that are refused are shown to the rules of phase 2 too, and "
	          "answered as Apache answers them; HTTP/1.0 without Host is this site's, where no other site is tolerant. Nothing is forwarded "
	          "that could be read in two ways." },
	{ .name = "challenge", .type = KEY_CHOICE, .offset = AT(edge_settings, challenge), .fallback = "auto", .choices = challenge_modes,
	  .help = "Strangers prove themselves once, by a little work of their browser or a short wait. auto: only while they would wait half a second "
	          "or more for the origin; always: to try it out; off: never." },
	{ .name = "watchable", .type = KEY_BOOL, .offset = AT(edge_settings, watchable), .fallback = "false",
	  .help = "Answers /.well-known/bouclier/alive itself, for `bouclier watch` of another administration: that the shield is there, and whether the hub's alerts "
	          "still go out; nothing else. Anybody may ask." },
	{ .name = "continuity", .type = KEY_MAP, .offset = AT(edge_settings, continuity), .table = &continuity_table,
	  .help = "The last good copies of public pages, on disk: given, and marked as such, when the origin is gone. `bouclier continuity` lists, pins and drops "
	          "them. Where `cache` is off there are none." },
	{ 0 },
};
static const struct key route_keys[] = {
	EDGE_KEYS,
	{ .name = "methods", .type = KEY_TEXT, .flags = KEY_LIST | KEY_SELECTS, .offset = AT(edge_settings, methods), .max = 32,
	  .help = "The route is for requests with these methods only; others go to the next route that fits." },
	{ 0 },
};

static void check_methods(const struct list_value *list, const char *key, struct key_check *check)
{
	const struct span *methods = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (method_of(methods[i]) == METHOD_OTHER)
			key_complain_item(check, key, i, SPAN("methods are upper case: GET, POST, PUT, DELETE, PATCH, OPTIONS, ..."),
			                  "%s: found \"%.*s\", expected a method that the shield knows", key, SPAN_ARG(methods[i]));
	}
}

static void check_edge(const void *values, struct key_check *check)
{
	const struct edge_settings *settings = values;

	check_methods(&settings->methods, "methods", check);
	check_methods(&settings->allow_methods, "allow_methods", check);
}

static const struct key_table site_table = { .name = "site", .keys = site_keys, .size = sizeof(struct edge_settings), .check = check_edge };
static const struct key_table route_table = { .name = "route", .keys = route_keys, .size = sizeof(struct edge_settings), .check = check_edge };

static const char *const workers_words[] = { "auto", NULL };

static const struct key top_keys[] = {
	{ .name = "workers", .type = KEY_NUMBER, .flags = KEY_RESTART, .offset = AT(edge_top_settings, workers), .fallback = "auto", .min = 1, .max = 64,
	  .choices = workers_words, .help = "Worker threads; auto: one for each core." },
	{ .name = "state", .type = KEY_PATH, .flags = KEY_RESTART, .offset = AT(edge_top_settings, state), .fallback = "/var/lib/bouclier",
	  .help = "The only folder that is written to: journal, learned values." },
	{ .name = "countries", .type = KEY_PATH, .offset = AT(edge_top_settings, countries), .fallback = "/var/lib/location/database.db",
	  .help = "The database of countries that rules with @geoLookup ask: of Debian's package libloc-database, or what `location update` "
	          "fetched. Opened when such rules are loaded, anew at each reload. The edge may read the folder that it lies in." },
	{ .name = "connections", .type = KEY_NUMBER, .offset = AT(edge_top_settings, connections), .fallback = "100000", .min = 16, .max = 10000000,
	  .help = "Most client connections at once; the next ones are closed at accept, unless one that rests can make room. With several sites "
	          "the last eighth is for those that have no more than an even part." },
	{ .name = "handshakes", .type = KEY_NUMBER, .offset = AT(edge_top_settings, handshakes), .fallback = "4000", .min = 1, .max = 10000000,
	  .help = "Most TLS handshakes under way at once; the next ones are closed before they cost anything. With several sites the last eighth is "
	          "for those that have no more than an even part." },
	{ .name = "drain", .type = KEY_DURATION, .offset = AT(edge_top_settings, drain_ms), .fallback = "30s", .max = 3600000,
	  .help = "How long requests may take to end when the shield stops." },
	{ .name = "held_on_disk", .type = KEY_BYTES, .offset = AT(edge_top_settings, held_bytes), .fallback = "1GiB", .min = 0, .max = (int64_t)1 << 46,
	  .help = "Most bytes of bodies that wait on disk, in `state`, for the verdict of rules. A body that needs more is answered with 503, and "
	          "nothing of it goes on; those of up to 128 KiB wait in memory and are not concerned. Half of it is divided evenly among the tenants "
	          "that have sites, and nobody else has a tenant's share; of the other half one has at most as much as it leaves for others." },
	{ .name = "files_in_memory", .type = KEY_BYTES, .offset = AT(edge_top_settings, files_bytes), .fallback = "256MiB", .min = 0, .max = (int64_t)1 << 46,
	  .help = "Most memory of files of forms that a virus scanner, or a rule, wants to see whole: twice their bytes are counted. A file for which there is no "
	          "room is answered with 503 in `block`, and goes on unseen in `detect`; the journal tells both. Tenants share it as held_on_disk." },
	{ .name = "cache_memory", .type = KEY_BYTES, .offset = AT(edge_top_settings, cache_bytes), .fallback = "64MiB", .min = 0, .max = (int64_t)1 << 40,
	  .help = "Most memory of answers that are kept (`cache`), of all sites together. Tenants share it as held_on_disk; who needs more than there is "
	          "makes room among his own." },
	{ .name = "cache_disk", .type = KEY_BYTES, .offset = AT(edge_top_settings, cache_disk_bytes), .fallback = "0", .min = 0, .max = (int64_t)1 << 44,
	  .help = "Most bytes on disk, in `state`, of answers that are kept (`cache`), of all sites together: those that were asked for more than once, so that memory may "
	          "forget them, and a restart. The site that has most makes room. 0: none lie there." },
	{ .name = "continuity_disk", .type = KEY_BYTES, .offset = AT(edge_top_settings, continuity_bytes), .fallback = "256MiB", .min = 0, .max = (int64_t)1 << 44,
	  .help = "Most bytes on disk, in `state`, of continuity copies (`continuity`), of all sites together. The site that has most makes room." },
	{ .name = "memory", .type = KEY_BYTES, .flags = KEY_RESTART, .offset = AT(edge_top_settings, memory_bytes), .fallback = "0", .min = 0,
	  .help = "Most memory the edge may take beyond what it starts with; what does not fit then is refused, with 503 where it can be. "
	          "0: the system's limit only." },
	{ 0 },
};
static const struct key_table top_table = { .name = "bouclier.yaml", .keys = top_keys, .size = sizeof(struct edge_top_settings) };

const struct config_section edge_top_section = { ROOM_EDGE, SCOPE_TOP, &top_table };
const struct config_section edge_site_section = { ROOM_EDGE, SCOPE_SITE, &site_table };
const struct config_section edge_route_section = { ROOM_EDGE, SCOPE_ROUTE, &route_table };
