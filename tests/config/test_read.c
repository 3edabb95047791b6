#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"
#include "reading.h"

static void four_lines_are_enough(void **state)
{
	struct reading reading;
	const struct site *site;
	const struct test_pool *pool;
	const struct test_origin *origin;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, "/c/bouclier.yaml", MINIMAL);
	assert_string_equal(reading_do(&reading), "");
	assert_int_equal(reading.result, RESULT_OK);
	site = config_find_site(reading.snapshot, SPAN("WWW.commune.example"));
	assert_non_null(site);
	assert_true(span_equal(site->tenant, SPAN("default")));
	assert_int_equal(site->route_count, 1);
	pool = site->sections[ROOM_ORIGIN];
	assert_int_equal(pool->origins.count, 1);
	origin = pool->origins.items;
	assert_true(span_equal(origin->url.text, SPAN("http://10.0.0.11:8080")));
	assert_int_equal(origin->weight, 1);
	pool = site->routes[0].sections[ROOM_ORIGIN];
	assert_ptr_equal(pool->origins.items, origin);
	assert_int_equal(((const struct test_top *)reading.snapshot->sections[ROOM_PROCESS])->workers, -1);
	reading_done(&reading);
}

#define LISTEN "listen: \"127.0.0.1:8443\"\n"
#define SITE "sites:\n  - name: a.example\n    certificate: /t/a.pem\n    origins: http://10.0.0.1\n"
#define SITE_KEYS "name, tenant, hosts, routes, certificate, hsts, origins, balance, health, timeouts, body, body_rate, until, day, rate, maintenance, headers, allow_from"
#define TOP_KEYS "include, tenants, defaults, sites, workers, state, listen"
#define F "/c/bouclier.yaml:"

/* One fault each, and the whole of what is said about it. */
static const struct bad { const char *text, *said; } bads[] = {
	{ "", F "1:1: error: the configuration is empty\n" },
	{ "# nothing\n", F "1:1: error: the configuration is empty\n" },
	{ "- a\n", F "1:1: error: found a list, expected a mapping (key: value)\n" },
	{ "sites: []\n", F "1:1: error: configuration: \"listen\" is missing\n" },
	{ "listen: []\n" SITE, F "1:9: error: listen: found an empty list, expected at least one\n" },
	{ LISTEN "lisen: x\n" SITE, F "2:1: error: unknown key \"lisen\" in the configuration, expected one of " TOP_KEYS " (did you mean listen?)\n" },
	{ LISTEN "zzzzzz: x\n" SITE, F "2:1: error: unknown key \"zzzzzz\" in the configuration, expected one of " TOP_KEYS "\n" },
	{ LISTEN SITE "    hstss: x\n", F "6:5: error: unknown key \"hstss\" in a site, expected one of " SITE_KEYS " (did you mean hsts?)\n" },
	{ LISTEN SITE "    health: { path: /h, intervall: 5s }\n", F "6:25: error: unknown key \"intervall\" in health, expected one of path, interval, status (did you mean interval?)\n" },
	{ LISTEN SITE "    routes: [{ path: /a, orgins: x }]\n", F "6:26: error: unknown key \"orgins\" in a route, expected one of path, origins, balance, health, timeouts, body, methods, allow_from, maintenance, redirect (did you mean origins?)\n" },
	{ LISTEN "listen: \"127.0.0.1:1\"\n" SITE, F "2:1: error: \"listen\" is written twice: the first is at line 1\n" },
	{ LISTEN SITE "    health: { path: /a, path: /b }\n", F "6:25: error: \"path\" is written twice: the first is at line 6\n" },
	{ LISTEN "workers: many\n" SITE, F "2:10: error: workers: found \"many\", expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers: 0\n" SITE, F "2:10: error: workers: found \"0\", expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers: 1025\n" SITE, F "2:10: error: workers: found \"1025\", expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers: 99999999999999999999\n" SITE, F "2:10: error: workers: found \"99999999999999999999\", expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers:\n" SITE, F "2:9: error: workers: found nothing, expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers: [1]\n" SITE, F "2:10: error: workers: found a list, expected a number from 1 to 1024 or auto\n" },
	{ LISTEN "workers: {a: 1}\n" SITE, F "2:10: error: workers: found a mapping, expected a number from 1 to 1024 or auto\n" },
	{ "listen: 0.0.0.0\n" SITE, F "1:9: error: listen: found \"0.0.0.0\", expected an address and a port (127.0.0.1:443 or [::1]:443) (did you mean 0.0.0.0:443?)\n" },
	{ "listen: 443\n" SITE, F "1:9: error: listen: found \"443\", expected an address and a port (127.0.0.1:443 or [::1]:443) (did you mean 0.0.0.0:443 or [::]:443?)\n" },
	{ "listen: \"::1:443\"\n" SITE, F "1:9: error: listen: found \"::1:443\", expected an address and a port (127.0.0.1:443 or [::1]:443) (an IPv6 address stands in [ ] before its port)\n" },
	{ "listen: { tls: false }\n" SITE, F "1:9: error: listener: \"address\" is missing\n" },
	{ "listen: { address: \"127.0.0.1:1\", tls: no }\n" SITE, F "1:40: error: tls: found \"no\", expected true or false (did you mean false?)\n" },
	{ "listen: { address: \"127.0.0.1:1\", h2c: true }\n" SITE, F "1:40: error: h2c: found true with TLS, expected false (write tls: false)\n" },
	{ LISTEN SITE "    hsts: 365\n", F "6:11: error: hsts: found \"365\", expected a duration with its unit (ms, s, m, h or d) (did you mean 365s?)\n" },
	{ LISTEN SITE "    hsts: 5 min\n", F "6:11: error: hsts: found \"5 min\", expected a duration with its unit (ms, s, m, h or d) (did you mean 5m?)\n" },
	{ LISTEN SITE "    health: { path: /, interval: 500ms }\n", F "6:34: error: interval: found \"500ms\", expected a duration from 1s to 1h with its unit (ms, s, m, h or d)\n" },
	{ LISTEN SITE "    health: { path: /, status: 200-99 }\n", F "6:32: error: status: found \"200-99\", expected status codes (200-399,404)\n" },
	{ LISTEN SITE "    health: { interval: 5s }\n", F "6:13: error: health: \"path\" is missing\n" },
	{ LISTEN SITE "    body: 10MB\n", F "6:11: error: body: found \"10MB\", expected a size with its unit (B, KiB, MiB or GiB) (did you mean 10MiB?)\n" },
	{ LISTEN SITE "    body_rate: 1KiB\n", F "6:16: error: body_rate: found \"1KiB\", expected a speed with its unit (B/s, KiB/s, MiB/s or GiB/s) (did you mean 1KiB/s?)\n" },
	{ LISTEN SITE "    rate: 10\n", F "6:11: error: rate: found \"10\", expected a rate (10/s, 10/m or 10/h) (did you mean 10/s?)\n" },
	{ LISTEN SITE "    rate: 10/min\n", F "6:11: error: rate: found \"10/min\", expected a rate (10/s, 10/m or 10/h) (did you mean 10/m?)\n" },
	{ LISTEN SITE "    rate: 10r/m\n", F "6:11: error: rate: found \"10r/m\", expected a rate (10/s, 10/m or 10/h) (did you mean 10/m?)\n" },
	{ LISTEN SITE "    rate: 5 per hour\n", F "6:11: error: rate: found \"5 per hour\", expected a rate (10/s, 10/m or 10/h) (did you mean 5/h?)\n" },
	{ LISTEN SITE "    rate: 10/M\n", F "6:11: error: rate: found \"10/M\", expected a rate (10/s, 10/m or 10/h) (did you mean 10/m?)\n" },
	{ LISTEN SITE "    rate: 10 / second\n", F "6:11: error: rate: found \"10 / second\", expected a rate (10/s, 10/m or 10/h) (did you mean 10/s?)\n" },
	{ LISTEN SITE "    rate: x/m\n", F "6:11: error: rate: found \"x/m\", expected a rate (10/s, 10/m or 10/h)\n" },
	{ LISTEN SITE "    rate: /m\n", F "6:11: error: rate: found \"/m\", expected a rate (10/s, 10/m or 10/h)\n" },
	{ LISTEN SITE "    rate: 10/m/s\n", F "6:11: error: rate: found \"10/m/s\", expected a rate (10/s, 10/m or 10/h)\n" },
	{ LISTEN SITE "    rate: 99999999999999999999/s\n", F "6:11: error: rate: found \"99999999999999999999/s\", expected a rate (10/s, 10/m or 10/h)\n" },
	{ LISTEN SITE "    until: 2026-02-29T00:00:00Z\n", F "6:12: error: until: found \"2026-02-29T00:00:00Z\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 1970-01-01T00:00:00Z\n", F "6:12: error: until: found \"1970-01-01T00:00:00Z\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 1970-12-31T23:59:59Z\n", F "6:12: error: until: found \"1970-12-31T23:59:59Z\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 1971-01-01T00:00:00+01:00\n", F "6:12: error: until: found \"1971-01-01T00:00:00+01:00\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 10000-01-01T00:00:00Z\n", F "6:12: error: until: found \"10000-01-01T00:00:00Z\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 9999-12-31T23:59:59-00:01\n", F "6:12: error: until: found \"9999-12-31T23:59:59-00:01\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    until: 18446744073709551616-01-01T00:00:00Z\n", F "6:12: error: until: found \"18446744073709551616-01-01T00:00:00Z\", expected a time (2026-01-31T08:00:00Z) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    day: 2026-02-29\n", F "6:10: error: day: found \"2026-02-29\", expected a day (2026-01-31) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    day: 2026-01-31T08:00:00Z\n", F "6:10: error: day: found \"2026-01-31T08:00:00Z\", expected a day (2026-01-31) of the years 1971 to 9999\n" },
	{ LISTEN SITE "    balance: leastconnections\n", F "6:14: error: balance: found \"leastconnections\", expected one of round_robin, least_connections, hash (did you mean least_connections?)\n" },
	{ LISTEN SITE "    allow_from: [10.0.0.1/8]\n", F "6:18: error: allow_from: found \"10.0.0.1/8\", expected a network or an address (10.0.0.0/8, 2001:db8::/32 or 192.0.2.1), or a list of them (did you mean 10.0.0.0/8?)\n" },
	{ LISTEN SITE "    allow_from: [10.0.0.0/33]\n", F "6:18: error: allow_from: found \"10.0.0.0/33\", expected a network or an address (10.0.0.0/8, 2001:db8::/32 or 192.0.2.1), or a list of them\n" },
	{ LISTEN SITE "    allow_from: [2001:db8::1/33]\n", F "6:18: error: allow_from: found \"2001:db8::1/33\", expected a network or an address (10.0.0.0/8, 2001:db8::/32 or 192.0.2.1), or a list of them (did you mean 2001:db8::/33?)\n" },
	{ LISTEN SITE "    balance: least_conections_\n", F "6:14: error: balance: found \"least_conections_\", expected one of round_robin, least_connections, hash (did you mean least_connections?)\n" },
	{ LISTEN SITE "    balance: roundrubbin\n", F "6:14: error: balance: found \"roundrubbin\", expected one of round_robin, least_connections, hash (did you mean round_robin?)\n" },
	{ LISTEN SITE "    headers: x\n", F "6:14: error: headers: found \"x\", expected a mapping of field names to text\n" },
	{ LISTEN SITE "    headers: { \"a b\": x }\n", F "6:16: error: headers: found \"a b\", expected the name of a field (letters, digits and -)\n" },
	{ LISTEN SITE "    headers: { a: \"x\\r\\ny\" }\n", F "6:19: error: value: found \"x  y\", expected text of at most 8192 bytes without control characters\n" },
	{ LISTEN SITE "    hosts: [https://a.example/]\n", F "6:13: error: hosts: found \"https://a.example/\", expected a host name, \"*.name\" or an address, or a list of them (did you mean a.example?)\n" },
	{ LISTEN SITE "    hosts: [\"caf\xc3\xa9.example\"]\n", F "6:13: error: hosts: found \"caf\xc3\xa9.example\", expected a host name, \"*.name\" or an address, or a list of them (write it in its xn-- form)\n" },
	{ LISTEN SITE "    hosts: []\n", F "6:12: error: hosts: found an empty list, expected at least one host\n" },
	{ LISTEN SITE "    hosts: [b.example, B.example]\n", F "6:24: error: hosts: \"b.example\" is already site a.example's, at /c/bouclier.yaml:6\n" },
	{ LISTEN "sites:\n  - name: a.example\n    origins: http://a\n", F "3:5: error: site: \"certificate\" is missing\n" },
	{ LISTEN "sites:\n  - name: a.example\n    certificate: a\n", F "3:5: error: site: \"origins\" is missing\n" },
	{ LISTEN "sites:\n  - certificate: a\n    origins: http://a\n", F "3:5: error: site: \"name\" is missing\n" },
	{ LISTEN "sites:\n  - name: a.example\n    certificate: a\n    origins: 10.0.0.1:80\n", F "5:14: error: origins: found \"10.0.0.1:80\", expected a URL (http://host:port or https://host:port) (did you mean http://10.0.0.1:80?)\n" },
	{ LISTEN "sites:\n  - name: a.example\n    certificate: a\n    origins: { url: http://a, secret: x }\n", F "5:39: error: secret: found \"x\", expected text of 3 to 1024 bytes without control characters\n" },
	{ LISTEN "sites:\n  - name: the portal\n    certificate: a\n    origins: http://a\n    hosts: a\n", F "3:11: error: name: found \"the portal\", expected a name without spaces, quotes, commas or slashes\n" },
	{ LISTEN "sites:\n  - name: a_b!\n    certificate: a\n    origins: http://a\n", F "3:11: error: name: found \"a_b!\", expected a host name where `hosts` is not written\n" },
	{ LISTEN "sites: x\n", F "2:8: error: sites: found \"x\", expected a list of sites\n" },
	{ LISTEN "sites: [x]\n", F "2:9: error: sites: found \"x\", expected a mapping (name, certificate, origins)\n" },
	{ LISTEN SITE "    tenant: north\n", F "6:13: error: tenant: found \"north\", expected \"default\" or one that `tenants` has\n" },
	{ LISTEN SITE "    routes: x\n", F "6:13: error: routes: found \"x\", expected a list of routes\n" },
	{ LISTEN SITE "    routes: [x]\n", F "6:14: error: routes: found \"x\", expected a mapping (path, and what is to be done there)\n" },
	{ LISTEN SITE "    routes: [{ body: 1B }]\n", F "6:14: error: route: \"path\" is missing\n" },
	{ LISTEN SITE "    routes: [{ path: admin }]\n", F "6:22: error: path: found \"admin\", expected a path that begins with /, without // ? or #\n" },
	{ LISTEN SITE "    routes: [{ path: /a }, { path: /a/, methods: GET }]\n", F "6:28: error: routes: never used, the route at line 6 has the same path /a\n" },
	{ LISTEN "defaults: x\n" SITE, F "2:11: error: defaults: found \"x\", expected a mapping\n" },
	{ LISTEN "defaults: { name: x }\n" SITE, F "2:13: error: name may not stand under `defaults`: each site has its own\n" },
	{ LISTEN "defaults: { origins: x }\n" SITE, F "2:13: error: origins may not stand under `defaults`: each site has its own\n" },
	{ LISTEN "defaults: { routes: [] }\n" SITE, F "2:13: error: routes may not stand under `defaults`: each site has its own\n" },
	{ LISTEN "include: [other.yaml, more.yaml]\n" SITE,
	  F "2:11: error: include: /c/other.yaml is not there\n" F "2:23: error: include: /c/more.yaml is not there\n" },
	{ LISTEN "include: other.yaml\n" SITE, F "2:10: error: include: /c/other.yaml is not there\n" },
	{ LISTEN "tenants: [{ name: a, files: d }, { name: a, files: e }]\n" SITE, F "2:10: error: tenants: two are called \"a\"\n" },
	{ LISTEN "tenants: [{ name: a, files: d }, { name: b, files: d/e }]\n" SITE, F "2:10: error: tenants: a and b share files below /c/d/e\n" },
	{ LISTEN "tenants: [{ name: default, files: d }]\n" SITE, F "2:19: error: name: \"default\" is the administrator's own tenant\n" },
	{ LISTEN "state: &a /x\n" SITE, F "2:8: error: an anchor (&name) is not allowed: write the value out, or put it under `defaults`\n" },
	{ "listen: &a \"127.0.0.1:1\"\nstate: *a\n" SITE, F "1:9: error: an anchor (&name) is not allowed: write the value out, or put it under `defaults`\n" F "2:8: error: an alias (*name) is not allowed: write the value out, or put it under `defaults`\n" },
	{ LISTEN "state: !!str x\n" SITE, F "2:8: error: a tag (!type) is not allowed: each key knows its own type\n" },
	{ LISTEN "<<: { a: b }\n" SITE, F "2:1: error: a merge key (<<) is not allowed: write the values out, or put them under `defaults`\n" },
	{ LISTEN "? [a]\n: b\n" SITE, F "2:3: error: a key must be plain text, not a list or a mapping\n" },
	{ LISTEN "---\na: b\n", F "2:1: error: a second document (---) is not allowed: one file, one document\n" },
	{ "%YAML 1.1\n---\n" LISTEN SITE, F "1:1: error: a directive (%YAML, %TAG) is not allowed\n" },
	{ LISTEN "sites:\n\t- a\n", F "3:1: error: not valid YAML: a tab; YAML is indented with spaces\n" },
	{ LISTEN "sites: [a\n", F "3:1: error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence that begins at line 2\n" },
	{ LISTEN "a: \x01\n", F "2:4: error: not valid YAML: control characters are not allowed\n" },
	{ LISTEN "a: \xff\n", F "2:4: error: not valid YAML: invalid leading UTF-8 octet\n" },
	{ "a: [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]\n", F "1:23: error: nested deeper than 20 levels\n" },
};

static void each_fault_has_its_sentence(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		struct reading reading;

		reading_init(&reading);
		reading_add(&reading, "/c/bouclier.yaml", bads[i].text);
		if (strcmp(reading_do(&reading), bads[i].said) != 0) {
			print_error("said:     %sexpected: %s", buffer_span(&reading.text).at, bads[i].said);
			wrong++;
		}
		assert_int_equal(reading.result, RESULT_REFUSED);
		assert_null(reading.snapshot);
		reading_done(&reading);
	}
	assert_int_equal(wrong, 0);
}

static void all_faults_come_at_once(void **state)
{
	struct reading reading;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, "/c/bouclier.yaml", "listen: 443x\nworkers: 0\ndefaults: { hsts: 1 }\nsites:\n  - name: a.example\n    body: 1\n    routes: [{ path: x, body: 2 }]\n  - name: b.example\n    certificate: /b\n    origins: [http://a, ftp://b]\n");
	reading_do(&reading);
	assert_int_equal(reading.complaints.errors, 9);
	for (size_t i = 1; i < reading.complaints.count; i++)
		assert_true(reading.complaints.list[i].line >= reading.complaints.list[i - 1].line);
	reading_done(&reading);
}

static const char *const whole_text =
	LISTEN "workers: 4\ndefaults: { hsts: 1d, timeouts: { connect: 1s }, headers: { A: b } }\nsites:\n"
	"  - name: a.example\n    hosts: [a.example, \"*.a.example\", \"[::1]\"]\n    certificate: [tls/a.pem, { chain: ../b.pem, key: /k }]\n"
	"    origins: [\"http://10.0.0.1:8080/x\", { url: \"HTTPS://Origin.Example\", weight: 2, backup: true, secret: abcd }]\n"
	"    timeouts: { first_byte: 10s }\n    until: 2026-01-31T08:00:00.5+01:00\n    day: 2028-02-29\n    rate: 10/m\n    allow_from: 10.0.0.0/8\n"
	"    health: { path: /h, status: \"200-399,404\" }\n"
	"    routes:\n      - { path: /api, methods: [GET, POST], timeouts: { connect: 2s }, body: 1KiB }\n      - { path: /api, redirect: /x }\n"
	"      - { path: /api/deep/, allow_from: [], origins: \"http://10.0.0.9\" }\n"
	"  - name: b.example\n    certificate: /b\n    origins: http://10.0.0.2\n"
	"  - name: c.example\n    certificate: /c\n    origins: http://10.0.0.3\n    hosts: \"*.x.a.example\"\n";

static void values_are_read_and_inherited(void **state)
{
	struct reading reading;
	const struct site *a, *b, *c;
	const struct test_pool *pool, *route_pool;
	const struct test_origin *origins;
	const struct route *route;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, "/c/bouclier.yaml", whole_text);
	assert_string_equal(reading_do(&reading), "");
	a = config_find_site(reading.snapshot, SPAN("a.example"));
	b = config_find_site(reading.snapshot, SPAN("b.example."));
	c = config_find_site(reading.snapshot, SPAN("y.x.A.example"));
	assert_ptr_equal(a, config_find_site(reading.snapshot, SPAN("q.r.a.example")));
	assert_ptr_equal(a, config_find_site(reading.snapshot, SPAN("[::1]")));
	assert_ptr_equal(a, config_find_site(reading.snapshot, SPAN("[0:0::0:01]")));
	assert_null(config_find_site(reading.snapshot, SPAN("[::2]")));
	assert_null(config_find_site(reading.snapshot, SPAN("[::1")));
	assert_ptr_equal(a, config_find_site(reading.snapshot, SPAN("x.a.example")));
	assert_null(config_find_site(reading.snapshot, SPAN("xa.example")));
	assert_null(config_find_site(reading.snapshot, SPAN(".a.example")));
	assert_null(config_find_site(reading.snapshot, SPAN("example")));
	assert_null(config_find_site(reading.snapshot, SPAN("")));
	assert_true(span_equal(c->name, SPAN("c.example")));
	pool = a->sections[ROOM_ORIGIN];
	origins = pool->origins.items;
	assert_int_equal(pool->timeouts.connect_ms, 1000);
	assert_int_equal(pool->timeouts.first_byte_ms, 10000);
	assert_true(span_equal(origins[1].url.text, SPAN("https://origin.example:443")));
	assert_true(span_equal(origins[0].url.path, SPAN("/x")));
	assert_int_equal(origins[1].weight, 2);
	assert_int_equal(pool->health->status.count, 2);
	assert_int_equal(pool->health->interval_ms, 5000);
	assert_int_equal(((const struct test_site_edge *)a->sections[ROOM_EDGE])->until_ms, 1769842800500);
	assert_int_equal(((const struct test_site_edge *)a->sections[ROOM_EDGE])->day_ms, 1835395200000);
	assert_int_equal(((const struct test_net *)b->sections[ROOM_NET])->hsts_ms, 86400000);
	assert_ptr_equal(b->sections[ROOM_EDGE], c->sections[ROOM_EDGE]);  /* nothing said: shared */
	assert_ptr_equal(b->routes[0].sections[ROOM_EDGE], c->routes[0].sections[ROOM_EDGE]);
	assert_int_equal(((const struct test_site_edge *)b->sections[ROOM_EDGE])->headers.count, 1);
	assert_int_equal(a->route_count, 4);
	route = config_find_route(a, SPAN("/api/x"));
	assert_true(span_equal(route->path, SPAN("/api")));
	route_pool = route->sections[ROOM_ORIGIN];
	assert_int_equal(route_pool->timeouts.connect_ms, 2000);
	assert_int_equal(route_pool->timeouts.first_byte_ms, 10000);
	assert_ptr_equal(route_pool->origins.items, origins);
	assert_int_equal(((const struct test_route_edge *)route->sections[ROOM_EDGE])->body_bytes, 1024);
	assert_int_equal(((const struct test_route_edge *)route->sections[ROOM_EDGE])->allow_from.count, 1);
	route = config_next_route(a, route, SPAN("/api/x"));
	assert_true(span_equal(((const struct test_route_edge *)route->sections[ROOM_EDGE])->redirect, SPAN("/x")));
	assert_int_equal(((const struct test_route_edge *)route->sections[ROOM_EDGE])->body_bytes, 10737418240);
	assert_true(span_equal(config_next_route(a, route, SPAN("/api/x"))->path, SPAN("/")));
	route = config_find_route(a, SPAN("/api/deep"));
	assert_true(span_equal(route->path, SPAN("/api/deep")));
	assert_int_equal(((const struct test_route_edge *)route->sections[ROOM_EDGE])->allow_from.count, 0);
	assert_true(span_equal(config_find_route(a, SPAN("/apix"))->path, SPAN("/")));
	assert_int_equal(reading.snapshot->file_count, 5);
	assert_true(span_equal(reading.snapshot->files[0].path, SPAN("/c/tls/a.pem")));
	assert_true(span_equal(reading.snapshot->files[1].path, SPAN("/b.pem")));
	assert_int_equal(reading.snapshot->files[1].place.line, 7);
	reading_done(&reading);
}

/* Cut anywhere, a text is read or refused with a sentence, and nothing else happens. */
static void every_prefix_is_answered(void **state)
{
	char *cut = strdup(whole_text);

	(void)state;
	for (size_t len = strlen(whole_text); len-- > 0;) {
		struct reading reading;

		cut[len] = 0;
		reading_init(&reading);
		reading_add(&reading, "/c/bouclier.yaml", cut);
		reading_do(&reading);
		assert_true(reading.result == RESULT_OK || (reading.result == RESULT_REFUSED && reading.complaints.errors > 0));
		reading_done(&reading);
	}
	free(cut);
}

static void add_tenants(struct reading *reading, unsigned version, unsigned broken)
{
	struct buffer text;

	buffer_init(&text, 1 << 20);
	assert_int_equal(buffer_append(&text, SPAN(LISTEN "include: sites.d/*/*.yaml\ntenants:\n")), RESULT_OK);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(buffer_print(&text, "  - { name: t%02u, files: sites.d/t%02u, hosts: \"*.t%02u.example\", certificates: /tls/t%02u, origins: 10.%u.0.0/16 }\n", i, i, i, i, i), RESULT_OK);
	assert_int_equal(config_texts_add(&reading->image, SPAN("/c/bouclier.yaml"), buffer_span(&text)), RESULT_OK);
	for (unsigned i = 0; i < 60; i++) {
		char path[64];

		buffer_reset(&text);
		assert_int_equal(buffer_print(&text, "sites:\n  - name: www.t%02u.example\n    certificate: /tls/t%02u/a.pem\n    origins: http://10.%u.0.%u\n%s", i, i, i, version, i == broken ? "    hosst: x\n" : ""), RESULT_OK);
		snprintf(path, sizeof(path), "/c/sites.d/t%02u/a.yaml", i);
		assert_int_equal(config_texts_add(&reading->image, span_of(path), buffer_span(&text)), RESULT_OK);
	}
	buffer_done(&text);
}

static struct span origin_of(const struct snapshot *snapshot, const char *host)
{
	const struct site *site = config_find_site(snapshot, span_of(host));
	const struct test_pool *pool = site ? site->sections[ROOM_ORIGIN] : NULL;

	return pool ? ((const struct test_origin *)pool->origins.items)->url.text : SPAN_NONE;
}

static void a_broken_tenant_keeps_its_last_good_version(void **state)
{
	struct reading first, second, third, strict;

	(void)state;
	reading_init(&first);
	add_tenants(&first, 1, 99);
	assert_string_equal(reading_do(&first), "");
	reading_init(&second);
	add_tenants(&second, 2, 7);
	second.source.previous = &first.source.given;
	reading_do(&second);
	assert_int_equal(second.result, RESULT_OK);
	assert_int_equal(second.complaints.errors, 0);
	assert_int_equal(second.complaints.count, 2);
	assert_int_equal(second.snapshot->site_count, 60);
	assert_int_equal(second.snapshot->problem_count, 1);
	assert_true(second.snapshot->problems[0].has_previous);
	assert_true(span_equal(second.snapshot->problems[0].tenant, SPAN("t07")));
	assert_true(span_starts(second.complaints.list[0].text, SPAN("tenant t07: unknown key \"hosst\" in a site")));
	for (unsigned i = 0; i < 60; i++) {
		char host[32], origin[32];

		snprintf(host, sizeof(host), "www.t%02u.example", i);
		snprintf(origin, sizeof(origin), "http://10.%u.0.%u:80", i, i == 7 ? 1u : 2u);
		assert_true(span_equal(origin_of(second.snapshot, host), span_of(origin)));
	}
	/* What was given is the last good version of the next reading: the tenant may stay broken. */
	reading_init(&third);
	add_tenants(&third, 3, 7);
	third.source.previous = &second.source.given;
	reading_do(&third);
	assert_true(span_equal(origin_of(third.snapshot, "www.t07.example"), SPAN("http://10.7.0.1:80")));
	assert_true(span_equal(origin_of(third.snapshot, "www.t08.example"), SPAN("http://10.8.0.3:80")));
	reading_done(&third);
	/* The very texts that were given make the same snapshot without a complaint. */
	reading_init(&third);
	third.source.image = &second.source.given;
	assert_string_equal(reading_do(&third), "");
	assert_int_equal(third.snapshot->site_count, 60);
	reading_done(&third);
	/* No last good version: left out, the others start. */
	reading_init(&third);
	add_tenants(&third, 2, 7);
	reading_do(&third);
	assert_int_equal(third.snapshot->site_count, 59);
	assert_false(third.snapshot->problems[0].has_previous);
	assert_null(config_find_site(third.snapshot, SPAN("www.t07.example")));
	reading_done(&third);
	reading_init(&strict);
	add_tenants(&strict, 2, 7);
	strict.source.is_strict = true;
	reading_do(&strict);
	assert_int_equal(strict.result, RESULT_REFUSED);
	assert_int_equal(strict.complaints.errors, 1);
	reading_done(&strict);
	reading_done(&second);
	reading_done(&first);
}

#define NORTH LISTEN "include: d/*.yaml\ntenants: [{ name: north, files: d, hosts: [\"*.n.example\"], certificates: /tls/north, origins: 10.1.0.0/16, ports: [80, 8080] }]\n"

static const struct bad confined[] = {
	{ "sites: [{ name: a.n.example, certificate: /tls/north/a, origins: \"http://10.1.0.1\" }]\n", "" },
	{ "sites: [{ name: a.n.example, tenant: north, certificate: /tls/north/a, origins: \"http://10.1.0.1:8080\" }]\n", "" },
	{ "sites: [{ name: n.example, certificate: /tls/north/a, origins: \"http://10.1.0.1\" }]\n", "1:17: error: tenant north: hosts: \"n.example\" is not granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, hosts: [\"*.example\"], certificate: /tls/north/a, origins: \"http://10.1.0.1\" }]\n", "1:38: error: tenant north: hosts: \"*.example\" is not granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/south/a, origins: \"http://10.1.0.1\" }]\n", "1:43: error: tenant north: certificate: \"/tls/south/a\" is not in a folder granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/north/../south/a, origins: \"http://10.1.0.1\" }]\n", "1:43: error: tenant north: certificate: \"/tls/north/../south/a\" is not in a folder granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/northern/a, origins: \"http://10.1.0.1\" }]\n", "1:43: error: tenant north: certificate: \"/tls/northern/a\" is not in a folder granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/north/a, origins: \"http://10.2.0.1\" }]\n", "1:66: error: tenant north: origins: \"http://10.2.0.1\" is not within the networks granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/north/a, origins: \"http://10.1.0.1:81\" }]\n", "1:66: error: tenant north: origins: \"http://10.1.0.1:81\" is not within the ports granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/north/a, origins: \"http://intranet\" }]\n", "1:66: error: tenant north: origins: found \"http://intranet\", expected an address within the networks granted to tenant north\n" },
	{ "sites: [{ name: a.n.example, certificate: { chain: /tls/north/a, key: fetch }, origins: \"http://10.1.0.1\" }]\n", "1:71: error: tenant north: key: \"fetch\" is for the administrator's own sites, not for those of tenant north (name a file)\n" },
	{ "sites: [{ name: a.n.example, tenant: south, certificate: /tls/north/a, origins: \"http://10.1.0.1\" }]\n", "1:38: error: tenant north: tenant: found \"south\", but this file belongs to tenant north\n" },
	{ "workers: 1\n", "1:1: error: tenant north: workers belongs in the main file: an included file may only contain `sites`\n" },
	{ "sties: []\n", "1:1: error: tenant north: unknown key \"sties\" in an included file, expected one of sites (did you mean sites?)\n" },
	{ "sites: [{ name: a.n.example, certificate: /tls/north/a, origins: \"http://10.1.0.1\" }]\nx: [\n", "3:1: error: tenant north: not valid YAML: did not find expected node content while parsing a flow node that begins at line 3\n" },
};

static void a_tenant_stays_within_its_grants(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(confined) / sizeof(*confined); i++) {
		struct reading reading;
		char said[512] = "";

		reading_init(&reading);
		reading.source.is_strict = true;
		reading_add(&reading, "/c/bouclier.yaml", NORTH);
		reading_add(&reading, "/c/d/x.yaml", confined[i].text);
		if (confined[i].said[0])
			snprintf(said, sizeof(said), "/c/d/x.yaml:%s", confined[i].said);
		assert_string_equal(reading_do(&reading), said);
		reading_done(&reading);
	}
}

static void the_first_tenant_keeps_a_disputed_host(void **state)
{
	struct reading reading;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, "/c/bouclier.yaml", LISTEN "include: [z/*.yaml, a/*.yaml]\ntenants: [{ name: b, files: z, hosts: [\"*.e\"], certificates: /t, origins: 10.0.0.0/8 }, { name: a, files: a, hosts: [\"*.e\"], certificates: /t, origins: 10.0.0.0/8 }]\n");
	reading_add(&reading, "/c/z/1.yaml", "sites: [{ name: x.e, certificate: /t/1, origins: \"http://10.0.0.1\" }]\n");
	reading_add(&reading, "/c/a/1.yaml", "sites: [{ name: y, hosts: x.e, certificate: /t/1, origins: \"http://10.0.0.2\" }]\n");
	assert_string_equal(reading_do(&reading),
	                    "/c/z/1.yaml:1:17: warning: tenant b: hosts: \"x.e\" is already site y's, at /c/a/1.yaml:1\n"
	                    "/c/z: warning: tenant b: its sites are left out, there is no good version of them\n");
	assert_true(span_equal(origin_of(reading.snapshot, "x.e"), SPAN("http://10.0.0.2:80")));
	reading_done(&reading);
}

static void many_sites_are_small_and_quick(void **state)
{
	static const unsigned counts[] = { 1000, 10000 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reading reading;
		struct buffer text;
		uint64_t start;

		buffer_init(&text, 4 << 20);
		assert_int_equal(buffer_append(&text, SPAN(LISTEN "sites:\n")), RESULT_OK);
		for (unsigned j = 0; j < counts[i]; j++)
			assert_int_equal(buffer_print(&text, "  - name: www%u.commune.example\n    certificate: /etc/bouclier/tls/commune%u.pem\n    origins: \"http://10.0.%u.%u:8080\"\n", j, j, j / 250, j % 250), RESULT_OK);
		reading_init(&reading);
		assert_int_equal(config_texts_add(&reading.image, SPAN("/c/bouclier.yaml"), buffer_span(&text)), RESULT_OK);
		start = clock_mono_ns();
		assert_string_equal(reading_do(&reading), "");
		print_message("%u sites: %llu ms, %zu bytes a site\n", counts[i], (unsigned long long)(clock_mono_ns() - start) / 1000000,
		              reading.snapshot->arena.used_bytes / counts[i]);
		assert_int_equal(reading.snapshot->site_count, counts[i]);
		assert_non_null(config_find_site(reading.snapshot, SPAN("www999.commune.example")));
		assert_true(reading.snapshot->arena.used_bytes / counts[i] < 2048);
		reading_done(&reading);
		buffer_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_lines_are_enough),
		cmocka_unit_test(each_fault_has_its_sentence),
		cmocka_unit_test(all_faults_come_at_once),
		cmocka_unit_test(values_are_read_and_inherited),
		cmocka_unit_test(every_prefix_is_answered),
		cmocka_unit_test(a_broken_tenant_keeps_its_last_good_version),
		cmocka_unit_test(a_tenant_stays_within_its_grants),
		cmocka_unit_test(the_first_tenant_keeps_a_disputed_host),
		cmocka_unit_test(many_sites_are_small_and_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
