/* Which changes take a second person. */
#include "../base/check.h"
#include "hub/change/eyes.h"

#define SITE "sites:\n- name: www.a.example\n  origins: [http://127.0.0.1:1]\n"
#define EXCLUDED SITE "  waf:\n    mode: block\n    exclusions:\n    - {rule: 942100, path: /search}\n"
#define DENIED "denylist:\n- {countries: [BE], reason: flood, until: 2027-01-31T00:00:00Z}\n- {networks: [192.0.2.0/24]}\n" SITE

struct row {
	const char *before, *after;
	bool are_needed;
};

static const struct row rows[] = {
	/* What the author may do alone. */
	{ SITE, SITE "# a comment\n", false },
	{ SITE, SITE "  waf: {mode: block}\n", false },
	{ SITE, "sites:\n- {name: www.a.example, origins: ['http://127.0.0.1:2']}\n", false },
	{ SITE, SITE "- {name: www.b.example, origins: ['http://127.0.0.1:2']}\n", false },
	{ EXCLUDED, EXCLUDED "- {name: www.b.example, origins: ['http://127.0.0.1:2']}\n", false },
	{ EXCLUDED, SITE "  waf:\n    mode: detect\n    exclusions: [{rule: 942100, path: \"/search\"}]\n", false },
	{ DENIED, DENIED "  paranoia: 1\n", false },
	{ "denylist: [{networks: [192.0.2.0/24]}]\n", "denylist: [{networks: [192.0.3.0/24]}]\n", false },
	/* Rules by country: their being there, their countries, their end, their own part; not the rules beside them. */
	{ SITE, DENIED, true },
	{ DENIED, SITE, true },
	{ DENIED, "denylist:\n- {countries: [BE], reason: flood, until: 2028-01-31T00:00:00Z}\n- {networks: [192.0.2.0/24]}\n" SITE, true },
	{ DENIED, "denylist:\n- {countries: [BE, NL], reason: flood, until: 2027-01-31T00:00:00Z}\n- {networks: [192.0.2.0/24]}\n" SITE, true },
	{ DENIED, "allowlist:\n- {countries: [BE], reason: flood, until: 2027-01-31T00:00:00Z}\n- {networks: [192.0.2.0/24]}\n" SITE, true },
	{ DENIED, "denylist:\n- {countries: [BE], reason: flood, until: 2027-01-31T00:00:00Z}\n- {networks: [192.0.9.0/24]}\n" SITE, false },
	{ SITE, SITE "  denylist: [{countries: [BE], reason: x, until: 2027-01-31T00:00:00Z}]\n", true },
	/* Exclusions: also the same one at another site, or in a route. */
	{ SITE, EXCLUDED, true },
	{ EXCLUDED, SITE, true },
	{ EXCLUDED, "sites:\n- name: www.b.example\n  origins: [http://127.0.0.1:1]\n  waf:\n    mode: block\n    exclusions:\n    - {rule: 942100, path: /search}\n", true },
	{ EXCLUDED, SITE "  waf:\n    mode: block\n    exclusions:\n    - {rule: 942100, path: /}\n", true },
	{ SITE, SITE "  routes: [{path: /a, waf: {exclusions: [{rule: 1}]}}]\n", true },
	{ SITE "  routes: [{path: /a, waf: {exclusions: [{rule: 1}]}}]\n", SITE "  routes: [{path: /b, waf: {exclusions: [{rule: 1}]}}]\n", true },
	/* Retention, raw capture, and what says who may or which files count. */
	{ SITE, SITE "log: {keep: 1d}\n", true },
	{ SITE "hub: {keep: {events: 180d}}\n", SITE "hub: {keep: {events: 1d}}\n", true },
	{ SITE, SITE "  waf: {audit_log: all}\n", true },
	{ SITE, SITE "hub: {listen: '0.0.0.0:80'}\n", true },
	{ SITE, SITE "admin: {mode: '0666'}\n", true },
	{ SITE, "include: [other.yaml]\n" SITE, true },
	{ SITE, "tenants: [{name: a, files: [a.yaml]}]\n" SITE, true },
	/* What cannot be told apart. */
	{ SITE, "sites: [\n", true },
	{ SITE, "sites: &a [1]\nmore: *a\n", true },
	{ "sites: [\n", SITE, true },
	{ SITE, SITE "sites: []\n", true },
	{ SITE, "", false },
	{ EXCLUDED, "", true },
};

static void each_row(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (eyes_are_needed(span_of(rows[i].before), span_of(rows[i].after)) != rows[i].are_needed)
			fail_msg("row %zu: %s -> %s", i, rows[i].before, rows[i].after);
		if (eyes_are_needed(span_of(rows[i].after), span_of(rows[i].before)) != rows[i].are_needed)
			fail_msg("row %zu, the other way", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
