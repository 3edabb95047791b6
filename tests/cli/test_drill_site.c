/* What of a site goes into a drill's configuration: what protects; nothing that names another machine, a file, or a person. */
#include "../base/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/write_file.h"
#include "cli/drill/ground.h"
#include "cli/drill/site.h"
#include "cli/loaded.h"
#include "cli/wiring.h"

/* Whatever names somebody has ELSEWHERE in it, or 198.51.100. */
static const char everything[] =
	"listen: [\"198.51.100.1:443\"]\n"
	"redirect_http: [\"198.51.100.1:80\"]\n"
	"trusted_proxies: [\"198.51.100.0/24\"]\n"
	"management: [\"198.51.100.0/24\"]\n"
	"workers: 16\n"
	"state: /elsewhere/state\n"
	"countries: /elsewhere/database\n"
	"admin: { socket: /elsewhere/admin.sock }\n"
	"source_budgets: { requests: 77/s }\n"
	"sites:\n"
	"  - name: elsewhere.example\n"
	"    hosts: [elsewhere.example, other.elsewhere.example]\n"
	"    certificate: /elsewhere/site.pem\n"
	"    acme: /elsewhere/acme\n"
	"    tls: { client_certificate: { mode: require, ca: /elsewhere/ca.pem } }\n"
	"    origins:\n"
	"      - { url: \"http://198.51.100.7:8080\", host: host.elsewhere, auth: { header_secret: elsewhere } }\n"
	"      - { url: \"https://elsewhere.example\", sni: sni.elsewhere, ca: /elsewhere/origin.pem }\n"
	"    health: { path: /elsewhere }\n"
	"    sticky_cookie: elsewhere\n"
	"    allowlist: [{ networks: [\"198.51.100.0/25\"], reason: elsewhere }]\n"
	"    denylist: [{ networks: [\"198.51.100.128/25\"], reason: elsewhere }]\n"
	"    allow_from: [\"198.51.100.0/24\"]\n"
	"    maintenance: true\n"
	"    contact: elsewhere\n"
	"    guard: observe\n"
	"    headers: { request: { set: { X-Elsewhere: elsewhere } } }\n"
	"    rate_limits: [{ path: /login, limit: 13/m }]\n"
	"    level_floor: elevated\n"
	"    challenge: always\n"
	"    concurrency: { floor: 6, queue: 99 }\n"
	"    priority_routes: [/urgences]\n"
	"    timeouts: { head: 7s }\n"
	"    cache: { mode: declared, object: 1MiB }\n"
	"    waf: { mode: block, paranoia_level: 2, clamd: \"198.51.100.9:3310\", audit_log: all, exclusions: [{ rule: \"942100\", path: /elsewhere, reason: elsewhere }] }\n"
	"    routes:\n"
	"      - { path: /elsewhere, origins: [\"http://198.51.100.8\"] }\n"
	"      - { path: /moved, redirect: \"https://elsewhere.example/\" }\n";

/* Its configuration, written by the drill, in TEXT. */
static void carry(const char *yaml, struct drill_settings *settings, struct drill_ground *ground, struct buffer *text)
{
	struct complaints complaints;
	struct config_source source;
	struct snapshot *snapshot = NULL;
	const struct site *site;
	char path[] = "/tmp/test-drill-site-XXXXXX";

	assert_int_equal(close(mkstemp(path)), 0);
	write_file(path, yaml);
	complaints_init(&complaints);
	assert_ok(config_source_init(&source, span_of(path)));
	assert_ok(config_read(&source, wiring_sections(), &complaints, &snapshot));
	site = drill_site_find(snapshot, SPAN("other.elsewhere.EXAMPLE"));
	assert_non_null(site);
	assert_ptr_equal(site, drill_site_find(snapshot, SPAN_NONE));
	*settings = drill_settings_of(snapshot, site);
	assert_ok(ground_init(ground));
	buffer_init(text, 1u << 20);
	assert_ok(drill_site_write(snapshot, site, ground, text));
	snapshot_drop(snapshot);
	config_source_done(&source);
	complaints_done(&complaints);
	unlink(path);
}

static void nobody_else_is_named(void **state)
{
	struct drill_settings settings;
	struct drill_ground ground;
	struct buffer text;
	struct span rest, line;
	unsigned urls = 0;

	(void)state;
	carry(everything, &settings, &ground, &text);
	rest = buffer_span(&text);
	assert_false(span_contains_nocase(rest, SPAN("elsewhere")));
	assert_false(span_contains(rest, SPAN("198.51.100")));
	while (rest.len) {
		line = span_cut(&rest, '\n');
		urls += span_contains(line, SPAN("://"));
		assert_true(!span_contains(line, SPAN("://")) || span_contains(line, SPAN("http://127.0.0.1:")));
	}
	assert_int_equal(urls, 1);
	assert_true(settings.has_partners && settings.leaves_routes && settings.has_source_limits && !settings.leaves_rules && !settings.has_guard);
	buffer_done(&text);
	ground_done(&ground);
}

static void what_protects_comes_along(void **state)
{
	static const char *const lines[] = { "\n    challenge: always\n", "\n      mode: block\n", "\n      paranoia_level: 2\n", "\n    level_floor: elevated\n", "\n    guard: on\n",
		                             "\n      floor: 6\n", "\n      queue: 99\n", "\n      head: 7s\n", "\n  requests: 77/s\n", "/urgences", "13/m",
		                             "\n      mode: declared\n", "\nworkers: 4\n", "127.96.0.0/16", "\n  - name: drill.bouclier.invalid\n",
		                             "\nlog:\n  requests: errors\n  rate: 10/s\n", "\n  disk: 32MiB\n  audit_disk: 1MiB\n" };
	struct drill_settings settings;
	struct drill_ground ground;
	struct snapshot *again = NULL;
	struct complaints complaints;
	struct config_source source;
	struct buffer text;

	(void)state;
	carry(everything, &settings, &ground, &text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (!span_contains(buffer_span(&text), span_of(lines[i])))
			fail_msg("no \"%s\" in\n%.*s", lines[i], SPAN_ARG(buffer_span(&text)));
	}
	/* It can be run as it is. */
	assert_ok(ground_write_config(&ground, buffer_span(&text)));
	complaints_init(&complaints);
	assert_ok(config_source_init(&source, span_of(ground.config)));
	assert_ok(config_read(&source, wiring_sections(), &complaints, &again));
	assert_int_equal(complaints.errors, 0);
	assert_int_equal(again->site_count, 1);
	snapshot_drop(again);
	config_source_done(&source);
	complaints_done(&complaints);
	buffer_done(&text);
	ground_done(&ground);
	assert_int_equal(access(ground.config, F_OK), -1);
}

static void rules_of_its_own_stay_behind(void **state)
{
	static const char yaml[] = "listen: [{ address: \"127.0.0.1:8080\", tls: false }]\nsites:\n  - name: elsewhere.example\n    hosts: [other.elsewhere.example]\n"
		                   "    origins: [\"http://198.51.100.7\"]\n    challenge: off\n    concurrency: { mode: off, patience: 5s }\n"
		                   "    waf: { mode: block, ruleset: /elsewhere/own.conf }\nsource_budgets: off\n";
	struct drill_settings settings;
	struct drill_ground ground;
	struct buffer text;

	(void)state;
	carry(yaml, &settings, &ground, &text);
	assert_false(span_contains_nocase(buffer_span(&text), SPAN("elsewhere")));
	assert_false(span_contains(buffer_span(&text), SPAN("mode: block")));
	assert_true(settings.leaves_rules && !settings.leaves_routes && !settings.has_partners && !settings.has_source_limits);
	assert_true(settings.has_guard);
	assert_false(settings.has_challenge || settings.has_admission || settings.has_budgets || settings.has_patience);
	buffer_done(&text);
	ground_done(&ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_else_is_named),
		cmocka_unit_test(what_protects_comes_along),
		cmocka_unit_test(rules_of_its_own_stay_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
