#include "origin/settings.h"

#include "message/field.h"
#include "message/path.h"
#include "message/scan.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

static const char *const balance_names[] = { "round_robin", "least_connections", "hash", NULL };
static const char *const proxy_protocol_names[] = { "none", "v1", "v2", NULL };

static const struct key auth_keys[] = {
	{ .name = "header", .type = KEY_TEXT, .offset = AT(origin_auth_settings, header), .fallback = "X-Bouclier-Secret",
	  .help = "Header that carries header_secret." },
	{ .name = "header_secret", .type = KEY_TEXT, .flags = KEY_SECRET, .offset = AT(origin_auth_settings, header_secret),
	  .help = "Sent with every request, so that the origin can refuse whoever does not know it." },
	{ .name = "certificate", .type = KEY_PATH, .flags = KEY_FILE, .offset = AT(origin_auth_settings, certificate),
	  .help = "Client certificate shown to the origin (mutual TLS)." },
	{ .name = "key", .type = KEY_PATH, .flags = KEY_FILE, .offset = AT(origin_auth_settings, key),
	  .help = "Its key; left out when it is in the same file." },
	{ 0 },
};

/* Framing and routing belong to the shield: a secret under such a name would change what a request is. */
static bool is_ours(struct span name)
{
	switch ((int)field_id_of(name)) {
	case FIELD_CONNECTION: case FIELD_CONTENT_LENGTH: case FIELD_TRANSFER_ENCODING: case FIELD_UPGRADE: case FIELD_TE:
	case FIELD_TRAILER: case FIELD_KEEP_ALIVE: case FIELD_PROXY_CONNECTION: case FIELD_HOST: case FIELD_EXPECT: return true;
	default: return false;
	}
}

static void check_auth(const void *values, struct key_check *check)
{
	const struct origin_auth_settings *auth = values;

	if (!auth->header_secret.len && !auth->certificate.len)
		key_complain(check, NULL, SPAN_NONE, "auth says neither header_secret nor certificate");
	if (auth->key.len && !auth->certificate.len)
		key_complain(check, "key", SPAN_NONE, "a key without a certificate");
	if (!span_is_token(auth->header))
		key_complain(check, "header", SPAN_NONE, "the name of a header has letters, digits and - only");
	else if (is_ours(auth->header))
		key_complain(check, "header", SPAN_NONE, "%.*s is about the connection: the shield sets it itself", SPAN_ARG(auth->header));
}

static const struct key_table auth_table = {
	.name = "auth", .keys = auth_keys, .size = sizeof(struct origin_auth_settings), .check = check_auth,
	.help = "How the origin can tell the shield from anybody else.",
};

static const struct key origin_keys[] = {
	{ .name = "url", .type = KEY_URL, .flags = KEY_REQUIRED, .offset = AT(origin_settings, url),
	  .help = "http:// or https://, host, and port unless it is the usual one. No path." },
	{ .name = "weight", .type = KEY_NUMBER, .offset = AT(origin_settings, weight), .fallback = "1", .min = 1, .max = 1000,
	  .help = "Its share of the requests, against the other origins' weights." },
	{ .name = "backup", .type = KEY_BOOL, .offset = AT(origin_settings, is_backup), .fallback = "false",
	  .help = "Used only when no other origin is well." },
	{ .name = "drain", .type = KEY_BOOL, .offset = AT(origin_settings, is_draining), .fallback = "false",
	  .help = "Gets no new visitors; those who stick to it stay." },
	{ .name = "limit", .type = KEY_NUMBER, .offset = AT(origin_settings, limit), .fallback = "0", .min = 0, .max = 100000,
	  .help = "Most requests it works on at once, over all workers; 0 for no limit." },
	{ .name = "host", .type = KEY_HOST, .offset = AT(origin_settings, host), .help = "Host header sent to it; otherwise the visitor's." },
	{ .name = "sni", .type = KEY_HOST, .offset = AT(origin_settings, sni), .help = "Server name in TLS; otherwise the host of the URL." },
	{ .name = "ca", .type = KEY_PATH, .flags = KEY_FILE, .offset = AT(origin_settings, ca),
	  .help = "PEM file of the authorities that may vouch for it; otherwise the system's." },
	{ .name = "verify", .type = KEY_BOOL, .offset = AT(origin_settings, verify), .fallback = "true",
	  .help = "Whether its certificate must be valid." },
	{ .name = "auth", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = AT(origin_settings, auth), .table = &auth_table,
	  .help = "How the origin can tell the shield from anybody else." },
	{ .name = "proxy_protocol", .type = KEY_CHOICE, .offset = AT(origin_settings, proxy_protocol), .fallback = "none",
	  .choices = proxy_protocol_names, .help = "PROXY protocol header in front of each connection." },
	{ .name = "slow_start", .type = KEY_DURATION, .offset = AT(origin_settings, slow_start_ms), .fallback = "0", .max = 3600000,
	  .help = "After it recovered, its weight grows from a tenth to all over this time." },
	{ 0 },
};

static void check_origin(const void *values, struct key_check *check)
{
	const struct origin_settings *origin = values;

	if (origin->url.path.len > 1)
		key_complain(check, "url", SPAN("use rewrite in a route to change paths"), "origins: found the path %.*s, expected a URL without one",
		             SPAN_ARG(origin->url.path));
	if (!origin->url.is_tls && (origin->sni.len || origin->ca.len || (origin->auth && origin->auth->certificate.len)))
		key_complain(check, "url", SPAN_NONE, "sni, ca and a client certificate need an https:// origin");
}

static const struct key_table origin_table = {
	.name = "origin", .keys = origin_keys, .size = sizeof(struct origin_settings), .shorthand = "url", .check = check_origin,
	.help = "One origin: a URL, or a mapping.",
};

static const struct key health_keys[] = {
	{ .name = "path", .type = KEY_TEXT, .offset = AT(origin_health_settings, path),
	  .help = "Asked for with GET; without it, health is learned from visitors' requests only." },
	{ .name = "interval", .type = KEY_DURATION, .offset = AT(origin_health_settings, interval_ms), .fallback = "5s", .min = 100,
	  .max = 3600000, .help = "Time between two checks." },
	{ .name = "timeout", .type = KEY_DURATION, .offset = AT(origin_health_settings, timeout_ms), .fallback = "2s", .min = 10,
	  .max = 600000, .help = "A check that takes longer has failed." },
	{ .name = "rise", .type = KEY_NUMBER, .offset = AT(origin_health_settings, rise), .fallback = "2", .min = 1, .max = 100,
	  .help = "Successes in a row that bring an origin back." },
	{ .name = "fall", .type = KEY_NUMBER, .offset = AT(origin_health_settings, fall), .fallback = "3", .min = 1, .max = 100,
	  .help = "Failures in a row that take an origin out." },
	{ .name = "status", .type = KEY_STATUS_RANGES, .offset = AT(origin_health_settings, status), .fallback = "200-399",
	  .help = "Statuses that count as well." },
	{ 0 },
};

static void check_health(const void *values, struct key_check *check)
{
	const struct origin_health_settings *health = values;

	if (health->path.len && health->path.at[0] != '/')
		key_complain(check, "path", SPAN_NONE, "a path starts with /");
}

static const struct key_table health_table = {
	.name = "health", .keys = health_keys, .size = sizeof(struct origin_health_settings), .check = check_health,
	.help = "When an origin counts as well.",
};

static const char *const concurrency_modes[] = { "auto", "off", NULL };

static const struct key concurrency_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(origin_concurrency_settings, mode), .fallback = "auto", .choices = concurrency_modes,
	  .help = "auto: how many requests an origin is given at once is learned from how long its answers take, and the rest waits here. off: all of them "
	          "at once; for routes whose answers are held back on purpose (long polls)." },
	{ .name = "floor", .type = KEY_NUMBER, .offset = AT(origin_concurrency_settings, floor), .fallback = "4", .min = 1, .max = 100000,
	  .help = "Never fewer at once than these, however slow the origin gets." },
	{ .name = "start", .type = KEY_NUMBER, .offset = AT(origin_concurrency_settings, start), .fallback = "8", .min = 1, .max = 100000,
	  .help = "Where learning begins." },
	{ .name = "ceiling", .type = KEY_NUMBER, .offset = AT(origin_concurrency_settings, ceiling), .fallback = "1024", .min = 1, .max = 100000,
	  .help = "Never more at once. The `limit` of an origin, where it is less, holds all the same." },
	{ .name = "reserved", .type = KEY_NUMBER, .offset = AT(origin_concurrency_settings, reserved), .fallback = "1", .min = 0, .max = 100000,
	  .help = "Of these places, how many priority_routes have for themselves, where the site has some: fewer than the floor." },
	{ .name = "queue", .type = KEY_NUMBER, .offset = AT(origin_concurrency_settings, queue), .fallback = "1024", .min = 1, .max = QUEUE_MAX,
	  .help = "Most requests that wait for an origin; priority_routes have a queue of their own, as long." },
	{ .name = "patience", .type = KEY_DURATION, .offset = AT(origin_concurrency_settings, patience_ms), .fallback = "2s", .min = 50, .max = 60000,
	  .help = "How long a visitor waits at most. Whoever would wait longer is told at once to come back (503, Retry-After)." },
	{ 0 },
};

/* What is written contradicts itself; what is not written gives way (origin_admission_settings). */
static void check_concurrency(const void *values, struct key_check *check)
{
	const struct origin_concurrency_settings *settings = values;
	bool has_floor = key_is_written(check, "floor"), has_start = key_is_written(check, "start"), has_ceiling = key_is_written(check, "ceiling");

	if (has_floor && has_ceiling && settings->ceiling < settings->floor)
		key_complain(check, "ceiling", SPAN_NONE, "a ceiling of %lld under a floor of %lld", (long long)settings->ceiling, (long long)settings->floor);
	if (has_start && has_floor && settings->start < settings->floor)
		key_complain(check, "start", SPAN_NONE, "start is %lld, under a floor of %lld", (long long)settings->start, (long long)settings->floor);
	if (has_start && has_ceiling && settings->start > settings->ceiling)
		key_complain(check, "start", SPAN_NONE, "start is %lld, over a ceiling of %lld", (long long)settings->start, (long long)settings->ceiling);
	if (key_is_written(check, "reserved") && settings->reserved >= settings->floor)
		key_complain(check, "reserved", SPAN_NONE, "%lld places are reserved; fewer than the floor of %lld can be", (long long)settings->reserved,
		             (long long)settings->floor);
}

static const struct key_table concurrency_table = {
	.name = "concurrency", .keys = concurrency_keys, .size = sizeof(struct origin_concurrency_settings), .shorthand = "mode", .check = check_concurrency,
	.help = "How many requests an origin is given at once: auto, off, or a mapping. Of a route with the site's own origins only auto or off counts.",
};

static unsigned least(int64_t a, int64_t b)
{
	return (unsigned)(a < b ? a : b);
}

struct admission_settings origin_admission_settings(const struct origins_settings *settings, int64_t hard_limit, bool has_priority)
{
	const struct origin_concurrency_settings *own = &settings->concurrency;
	struct limit_range range = { .ceiling = least(own->ceiling, hard_limit ? hard_limit : own->ceiling) };

	range.floor = least(own->floor, range.ceiling);
	range.start = least(own->start > own->floor ? own->start : own->floor, range.ceiling);
	return (struct admission_settings){ .range = range, .reserved = has_priority ? least(own->reserved, range.floor - 1) : 0,
		                            .queue_max = (unsigned)own->queue, .patience_us = (uint64_t)own->patience_ms * 1000 };
}

#define ORIGINS_KEYS \
	{ .name = "origins", .type = KEY_MAP, .flags = KEY_LIST | KEY_NO_DEFAULT, .offset = AT(origins_settings, origins), \
	  .table = &origin_table, .help = "Where the portal really is: URLs, or mappings." }, \
	{ .name = "balance", .type = KEY_CHOICE, .offset = AT(origins_settings, balance), .fallback = "round_robin", \
	  .choices = balance_names, .help = "Who gets the next request. hash: the same visitor goes to the same origin." }, \
	{ .name = "health", .type = KEY_MAP, .offset = AT(origins_settings, health), .table = &health_table, \
	  .help = "When an origin counts as well." }, \
	{ .name = "sticky_cookie", .type = KEY_TEXT, .offset = AT(origins_settings, sticky_cookie), .max = 64, \
	  .help = "Name of a cookie that keeps a visitor with one origin." }, \
	{ .name = "kept_connections", .type = KEY_NUMBER, .offset = AT(origins_settings, kept_connections), .fallback = "256", .max = 10000, \
	  .help = "Idle connections kept to each origin, a worker." }, \
	{ .name = "kept", .type = KEY_DURATION, .offset = AT(origins_settings, kept_ms), .fallback = "30s", .max = 3600000, \
	  .help = "How long an idle connection to an origin is kept." }, \
	{ .name = "concurrency", .type = KEY_MAP, .offset = AT(origins_settings, concurrency), .table = &concurrency_table, \
	  .help = "How many requests an origin is given at once." }

static const struct key site_keys[] = {
	ORIGINS_KEYS,
	{ .name = "priority_routes", .type = KEY_TEXT, .flags = KEY_LIST | KEY_NO_DEFAULT, .offset = AT(origins_settings, priority_routes), .max = 512,
	  .help = "Paths (and all below them) that must answer while everything else waits: a hospital's emergency pages." },
	{ 0 },
};
static const struct key route_keys[] = { ORIGINS_KEYS, { 0 } };

static void check_origins(const void *values, struct key_check *check)
{
	const struct origins_settings *settings = values;

	if (settings->origins.count > 64)
		key_complain(check, "origins", SPAN_NONE, "%zu origins; at most 64 stand in one list", settings->origins.count);
	if (settings->sticky_cookie.len && !span_is_token(settings->sticky_cookie))
		key_complain(check, "sticky_cookie", SPAN_NONE, "the name of a cookie has letters, digits, - and _ only");
}

static void check_site(const void *values, struct key_check *check)
{
	const struct origins_settings *settings = values;
	const struct span *paths = settings->priority_routes.items;

	check_origins(values, check);
	for (size_t i = 0; i < settings->priority_routes.count; i++) {
		if (!paths[i].len || paths[i].at[0] != '/' || !path_has_one_reading(paths[i]))
			key_complain_item(check, "priority_routes", i, SPAN_NONE, "priority_routes: found \"%.*s\", expected a path that can be read in one way only (/urgences/)",
			                  SPAN_ARG(paths[i]));
	}
	if (settings->priority_routes.count > 64)
		key_complain(check, "priority_routes", SPAN_NONE, "%zu paths; at most 64", settings->priority_routes.count);
}

static const struct key_table site_table = {
	.name = "site", .keys = site_keys, .size = sizeof(struct origins_settings), .check = check_site,
};
static const struct key_table route_table = {
	.name = "route", .keys = route_keys, .size = sizeof(struct origins_settings), .check = check_origins,
};

const struct config_section origin_site_section = { ROOM_ORIGIN, SCOPE_SITE, &site_table };
const struct config_section origin_route_section = { ROOM_ORIGIN, SCOPE_ROUTE, &route_table };
