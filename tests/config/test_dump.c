#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jansson.h>

#include "config/dump.h"
#include "reading.h"

static const char *const texts[] = {
	MINIMAL,
	"listen: [\"127.0.0.1:8443\", { address: \"[::1]:80\", tls: false, h2c: true }]\nworkers: 4\n"
	"tenants: { name: north, files: d, hosts: \"*.n\", ports: [1, 2] }\n"
	"defaults: { hsts: 1d, timeouts: { connect: 1s }, headers: { A: b, B: \"*:\\\" #\\\\ -\", C: \"\" } }\nsites:\n"
	"  - name: \"#:a\\\\b\"\n    hosts: [a.example, \"*.a.example\", \"[::1]\"]\n    certificate: [tls/a.pem, { chain: ../b.pem, key: \"/k k\" }]\n"
	"    origins: [\"http://10.0.0.1:8080/x\", { url: \"HTTPS://Origin.Example\", weight: 2, backup: true, secret: abcd }]\n"
	"    timeouts: { first_byte: 10s }\n    until: 2026-01-31T08:00:00.5+01:00\n    day: 9999-12-31\n    rate: 10/m\n    allow_from: [10.0.0.0/8, \"2001:db8::/32\"]\n"
	"    health: { path: /h, status: \"200-399,404\" }\n"
	"    routes:\n      - { path: /api, methods: [GET, POST], timeouts: { connect: 2s }, body: 1KiB }\n      - { path: /api, redirect: \"true\" }\n"
	"      - { path: /api/deep/, allow_from: [], origins: \"http://10.0.0.9\", body: 0, health: { path: /x } }\n"
	"  - name: b.example\n    tenant: north\n    certificate: /b\n    origins: http://10.0.0.2\n    body: 1500B\n    body_rate: 3MiB/s\n    until: 9999-12-31T23:59:59.999Z\n",
};

static void dump(const char *text, enum dump_format format, struct buffer *out)
{
	struct reading reading;

	reading_init(&reading);
	reading.source.path = SPAN("/c/sub/../bouclier.yaml");
	reading_add(&reading, "/c/sub/../bouclier.yaml", text);
	reading_do(&reading);
	if (reading.complaints.count)
		print_error("%.*s\nin\n%s\n", SPAN_ARG(buffer_span(&reading.text)), text);
	assert_int_equal(reading.result, RESULT_OK);
	assert_int_equal(config_dump(reading.snapshot, test_sections, format, out), RESULT_OK);
	assert_int_equal(buffer_append_byte(out, 0), RESULT_OK);
	reading_done(&reading);
}

static void a_dump_reads_back_as_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (enum dump_format format = DUMP_JSON; format <= DUMP_YAML; format++) {
			struct buffer first, again;

			buffer_init(&first, 1 << 20);
			buffer_init(&again, 1 << 20);
			dump(texts[i], format, &first);
			dump(buffer_span(&first).at, format, &again);  /* JSON is YAML too */
			assert_string_equal(buffer_span(&first).at, buffer_span(&again).at);
			assert_null(strstr(buffer_span(&first).at, "abcd"));
			buffer_done(&first);
			buffer_done(&again);
		}
	}
}

static void a_dump_shows_defaults(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	dump(MINIMAL, DUMP_YAML, &out);
	assert_string_equal(buffer_span(&out).at,
		"workers: auto\nstate: /var/lib/bouclier\nlisten:\n  - address: 127.0.0.1:8443\n    tls: true\n    h2c: false\n"
		"tenants: []\nsites:\n  - name: www.commune.example\n    tenant: default\n    hosts:\n      - www.commune.example\n"
		"    certificate:\n      - chain: /etc/bouclier/tls/commune.pem\n    hsts: 0\n    origins:\n"
		"      - url: http://10.0.0.11:8080\n        weight: 1\n        backup: false\n    balance: round_robin\n"
		"    timeouts:\n      connect: 3s\n      first_byte: 1m\n    body: 10GiB\n    body_rate: 500B/s\n    maintenance: false\n"
		"    headers: {}\n    allow_from: []\n");
	buffer_done(&out);
}

static void json_is_json(void **state)
{
	json_t *root, *site;
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	dump(texts[1], DUMP_JSON, &out);
	root = json_loads(buffer_span(&out).at, 0, NULL);
	assert_non_null(root);
	site = json_array_get(json_object_get(root, "sites"), 0);
	assert_string_equal(json_string_value(json_object_get(site, "name")), "#:a\\b");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(site, "origins"), 1), "secret")), "***");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(site, "origins"), 1), "weight")), 2);
	json_decref(root);
	buffer_done(&out);
}

static void the_schema_is_json_and_knows_every_key(void **state)
{
	json_t *root, *site, *top;
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	assert_int_equal(config_schema(test_sections, &out), RESULT_OK);
	root = json_loadb(buffer_span(&out).at, buffer_len(&out), 0, NULL);
	assert_non_null(root);
	top = json_object_get(root, "properties");
	site = json_object_get(json_object_get(root, "$defs"), "site");
	for (const struct config_section *section = test_sections; section->table; section++) {
		json_t *scope = section->scope == SCOPE_TOP ? root : json_object_get(json_object_get(root, "$defs"), section->scope == SCOPE_SITE ? "site" : "route");

		for (const struct key *key = section->table->keys; key->name; key++)
			assert_non_null(json_object_get(json_object_get(scope, "properties"), key->name));
	}
	assert_non_null(json_object_get(top, "tenants"));
	assert_non_null(json_object_get(json_object_get(site, "properties"), "routes"));
	assert_int_equal(json_array_size(json_object_get(site, "required")), 3);
	assert_null(json_object_get(json_object_get(json_object_get(json_object_get(root, "$defs"), "defaults"), "properties"), "name"));
	json_decref(root);
	buffer_done(&out);
}

/* What an editor shows of a key: as the manual has it, limits and units included. */
static void the_schema_says_what_may_stand_there(void **state)
{
	static const struct { const char *scope, *key, *note, *text; } table[] = {
		{ NULL, "workers", "x-value", "a number from 1 to 1024 or auto" },
		{ NULL, "workers", "x-default", "auto" },
		{ "site", "body", "x-value", "a size with its unit (B, KiB, MiB or GiB)" },
		{ "site", "body", "x-default", "10GiB" },
		{ "site", "origins", "x-value", "a mapping, or a URL (http://host:port or https://host:port), or a list of them" },
	};
	struct buffer out;
	json_t *root;

	(void)state;
	buffer_init(&out, 1 << 20);
	assert_int_equal(config_schema(test_sections, &out), RESULT_OK);
	root = json_loadb(buffer_span(&out).at, buffer_len(&out), 0, NULL);
	assert_non_null(root);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *scope = table[i].scope ? json_object_get(json_object_get(root, "$defs"), table[i].scope) : root;
		json_t *key = json_object_get(json_object_get(scope, "properties"), table[i].key);

		assert_string_equal(json_string_value(json_object_get(key, table[i].note)), table[i].text);
	}
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(json_object_get(root, "properties"), "workers"), "x-words"), 0)), "auto");
	json_decref(root);
	buffer_done(&out);
}

static void the_manual_has_every_key(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	assert_int_equal(config_manual(test_sections, &out), RESULT_OK);
	for (const struct config_section *section = test_sections; section->table; section++) {
		for (const struct key *key = section->table->keys; key->name; key++) {
			char line[64];

			snprintf(line, sizeof(line), ".It Ic %s\n", key->name);
			assert_true(span_contains(buffer_span(&out), span_of(line)));
		}
	}
	assert_true(span_contains(buffer_span(&out), SPAN("\nDefault: 10GiB\n")));
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_reads_back_as_itself),
		cmocka_unit_test(a_dump_shows_defaults),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(the_schema_is_json_and_knows_every_key),
		cmocka_unit_test(the_schema_says_what_may_stand_there),
		cmocka_unit_test(the_manual_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
