/* Small tables that stand for the other rooms', so that these tests need none of them. */
#ifndef BOUCLIER_TESTS_CONFIG_TABLES_H
#define BOUCLIER_TESTS_CONFIG_TABLES_H

#include "config/snapshot.h"

struct test_listen { struct endpoint address; bool is_tls, is_h2c; };
struct test_top {
	int64_t workers;
	struct span state;
	struct list_value listen;  /* struct test_listen */
};
struct test_net { struct list_value certificate; int64_t hsts_ms; };  /* certificate: struct test_certificate */
struct test_certificate { struct span chain, key; };
struct test_origin { struct url url; int64_t weight; bool is_backup; struct span secret; };
struct test_health { struct span path; int64_t interval_ms; struct list_value status; };
struct test_timeouts { int64_t connect_ms, first_byte_ms; };
struct test_pool {
	struct list_value origins;  /* struct test_origin */
	int balance;
	struct test_health *health;
	struct test_timeouts timeouts;
};
struct test_site_edge {
	int64_t body_bytes, body_speed, until_ms, day_ms;
	struct rate rate;
	bool is_maintenance;
	struct list_value headers, allow_from;  /* name_value, network */
};
struct test_route_edge { int64_t body_bytes; struct list_value methods, allow_from; bool is_maintenance; struct span redirect; };

static const struct key test_listen_keys[] = {
	{ .name = "address", .type = KEY_ENDPOINT, .flags = KEY_REQUIRED, .offset = offsetof(struct test_listen, address), .help = "Where." },
	{ .name = "tls", .type = KEY_BOOL, .offset = offsetof(struct test_listen, is_tls), .fallback = "true", .help = "TLS or not." },
	{ .name = "h2c", .type = KEY_BOOL, .offset = offsetof(struct test_listen, is_h2c), .fallback = "false", .help = "Plain HTTP/2." },
	{ 0 },
};
static void test_listen_check(const void *values, struct key_check *check)
{
	const struct test_listen *listen = values;

	if (listen->is_h2c && listen->is_tls)
		key_complain(check, "h2c", SPAN("write tls: false"), "h2c: found true with TLS, expected false");
}
static const struct key_table test_listen_table = { .name = "listener", .keys = test_listen_keys, .size = sizeof(struct test_listen),
	                                            .shorthand = "address", .check = test_listen_check };
static const char *const test_auto[] = { "auto", NULL };
static const struct key test_top_keys[] = {
	{ .name = "workers", .type = KEY_NUMBER, .flags = KEY_RESTART, .offset = offsetof(struct test_top, workers), .fallback = "auto",
	  .min = 1, .max = 1024, .choices = test_auto, .help = "Threads." },
	{ .name = "state", .type = KEY_PATH, .offset = offsetof(struct test_top, state), .fallback = "/var/lib/bouclier", .help = "Folder." },
	{ .name = "listen", .type = KEY_MAP, .flags = KEY_LIST | KEY_REQUIRED, .offset = offsetof(struct test_top, listen),
	  .table = &test_listen_table, .help = "Listeners." },
	{ 0 },
};
static const struct key_table test_top_table = { .name = "configuration", .keys = test_top_keys, .size = sizeof(struct test_top) };

static const char *const test_words[] = { "fetch", NULL };
static const struct key test_certificate_keys[] = {
	{ .name = "chain", .type = KEY_PATH, .flags = KEY_REQUIRED | KEY_FILE, .offset = offsetof(struct test_certificate, chain), .help = "PEM." },
	{ .name = "key", .type = KEY_PATH, .flags = KEY_FILE, .offset = offsetof(struct test_certificate, key), .choices = test_words,
	  .help = "PEM." },
	{ 0 },
};
static const struct key_table test_certificate_table = { .name = "certificate", .keys = test_certificate_keys,
	                                                 .size = sizeof(struct test_certificate), .shorthand = "chain" };
static const struct key test_net_keys[] = {
	{ .name = "certificate", .type = KEY_MAP, .flags = KEY_LIST | KEY_REQUIRED | KEY_NO_DEFAULT,
	  .offset = offsetof(struct test_net, certificate), .table = &test_certificate_table, .help = "Certificates." },
	{ .name = "hsts", .type = KEY_DURATION, .offset = offsetof(struct test_net, hsts_ms), .help = "HSTS." },
	{ 0 },
};
static const struct key_table test_net_table = { .name = "site", .keys = test_net_keys, .size = sizeof(struct test_net) };

static const struct key test_origin_keys[] = {
	{ .name = "url", .type = KEY_URL, .flags = KEY_REQUIRED, .offset = offsetof(struct test_origin, url), .help = "Where." },
	{ .name = "weight", .type = KEY_NUMBER, .offset = offsetof(struct test_origin, weight), .fallback = "1", .min = 1, .max = 100, .help = "Share." },
	{ .name = "backup", .type = KEY_BOOL, .offset = offsetof(struct test_origin, is_backup), .help = "Only when others fail." },
	{ .name = "secret", .type = KEY_TEXT, .flags = KEY_SECRET, .offset = offsetof(struct test_origin, secret), .min = 3, .help = "Secret." },
	{ 0 },
};
static const struct key_table test_origin_table = { .name = "origin", .keys = test_origin_keys, .size = sizeof(struct test_origin), .shorthand = "url" };
static const struct key test_health_keys[] = {
	{ .name = "path", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = offsetof(struct test_health, path), .help = "Path." },
	{ .name = "interval", .type = KEY_DURATION, .offset = offsetof(struct test_health, interval_ms), .fallback = "5s", .min = 1000,
	  .max = 3600000, .help = "How often." },
	{ .name = "status", .type = KEY_STATUS_RANGES, .offset = offsetof(struct test_health, status), .fallback = "200-399", .help = "Healthy." },
	{ 0 },
};
static const struct key_table test_health_table = { .name = "health", .keys = test_health_keys, .size = sizeof(struct test_health) };
static const struct key test_timeouts_keys[] = {
	{ .name = "connect", .type = KEY_DURATION, .offset = offsetof(struct test_timeouts, connect_ms), .fallback = "3s", .help = "Connect." },
	{ .name = "first_byte", .type = KEY_DURATION, .offset = offsetof(struct test_timeouts, first_byte_ms), .fallback = "60s", .help = "First byte." },
	{ 0 },
};
static const struct key_table test_timeouts_table = { .name = "timeouts", .keys = test_timeouts_keys, .size = sizeof(struct test_timeouts) };
static const char *const test_balances[] = { "round_robin", "least_connections", "hash", NULL };
#define TEST_POOL_KEYS(required) { \
	{ .name = "origins", .type = KEY_MAP, .flags = KEY_LIST | KEY_NO_DEFAULT | (required), .offset = offsetof(struct test_pool, origins), \
	  .table = &test_origin_table, .help = "Origins." }, \
	{ .name = "balance", .type = KEY_CHOICE, .offset = offsetof(struct test_pool, balance), .choices = test_balances, .help = "How." }, \
	{ .name = "health", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = offsetof(struct test_pool, health), .table = &test_health_table, .help = "Checks." }, \
	{ .name = "timeouts", .type = KEY_MAP, .offset = offsetof(struct test_pool, timeouts), .table = &test_timeouts_table, .help = "Clocks." }, \
	{ 0 }, \
}
static const struct key test_pool_keys[] = TEST_POOL_KEYS(KEY_REQUIRED);
static const struct key test_route_pool_keys[] = TEST_POOL_KEYS(0);
static const struct key_table test_pool_table = { .name = "site", .keys = test_pool_keys, .size = sizeof(struct test_pool) };
static const struct key_table test_route_pool_table = { .name = "route", .keys = test_route_pool_keys, .size = sizeof(struct test_pool) };

static const struct key test_site_edge_keys[] = {
	{ .name = "body", .type = KEY_BYTES, .offset = offsetof(struct test_site_edge, body_bytes), .fallback = "10GiB", .help = "Largest body." },
	{ .name = "body_rate", .type = KEY_SPEED, .offset = offsetof(struct test_site_edge, body_speed), .fallback = "500B/s", .help = "Slowest body." },
	{ .name = "until", .type = KEY_TIME, .offset = offsetof(struct test_site_edge, until_ms), .help = "Until when." },
	{ .name = "day", .type = KEY_DATE, .offset = offsetof(struct test_site_edge, day_ms), .help = "Which day." },
	{ .name = "rate", .type = KEY_RATE, .offset = offsetof(struct test_site_edge, rate), .help = "Requests." },
	{ .name = "maintenance", .type = KEY_BOOL, .offset = offsetof(struct test_site_edge, is_maintenance), .help = "503." },
	{ .name = "headers", .type = KEY_FIELDS, .offset = offsetof(struct test_site_edge, headers), .help = "Set." },
	{ .name = "allow_from", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = offsetof(struct test_site_edge, allow_from), .help = "Who." },
	{ 0 },
};
static const struct key_table test_site_edge_table = { .name = "site", .keys = test_site_edge_keys, .size = sizeof(struct test_site_edge) };
static const char *const test_methods[] = { "GET", "POST", "PUT", NULL };
static const struct key test_route_edge_keys[] = {
	{ .name = "body", .type = KEY_BYTES, .offset = offsetof(struct test_route_edge, body_bytes), .help = "Largest body." },
	{ .name = "methods", .type = KEY_CHOICE, .flags = KEY_LIST | KEY_SELECTS, .offset = offsetof(struct test_route_edge, methods), .choices = test_methods, .help = "Which." },
	{ .name = "allow_from", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = offsetof(struct test_route_edge, allow_from), .help = "Who." },
	{ .name = "maintenance", .type = KEY_BOOL, .offset = offsetof(struct test_route_edge, is_maintenance), .help = "503." },
	{ .name = "redirect", .type = KEY_TEXT, .offset = offsetof(struct test_route_edge, redirect), .help = "Where to." },
	{ 0 },
};
static const struct key_table test_route_edge_table = { .name = "route", .keys = test_route_edge_keys, .size = sizeof(struct test_route_edge) };

static const struct config_section test_sections[] = {
	{ ROOM_PROCESS, SCOPE_TOP, &test_top_table },
	{ ROOM_NET, SCOPE_SITE, &test_net_table },
	{ ROOM_ORIGIN, SCOPE_SITE, &test_pool_table },
	{ ROOM_ORIGIN, SCOPE_ROUTE, &test_route_pool_table },
	{ ROOM_EDGE, SCOPE_SITE, &test_site_edge_table },
	{ ROOM_EDGE, SCOPE_ROUTE, &test_route_edge_table },
	{ 0 },
};

#endif
