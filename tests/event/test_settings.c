#include "stage.h"

#include "config/read.h"

static void lines_per_second(void **state)
{
	static const struct { int64_t count, per_ms; unsigned want; } cases[] = {
		{ 1000, 1000, 1000 }, { 600, 60000, 10 }, { 1, 3600000, 1 }, { 0, 1000, 1 }, { 5, 0, 5 },
		{ INT64_MAX, 1000, 1000000 }, { 2000000, 1000, 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(log_lines_per_second(&(struct log_settings){ .rate = { cases[i].count, cases[i].per_ms } }), cases[i].want);
}

/* What a table says of the struct it fills: every key inside it, told to a person, and none over another. */
static void check_table(const struct key_table *table)
{
	size_t end = 0;

	for (const struct key *key = table->keys; key->name; key++) {
		assert_true(key->offset >= end && key->offset < table->size);
		end = key->offset + 1;
		assert_true(key->help && key->help[strlen(key->help) - 1] == '.');
		if (key->type == KEY_MAP) {
			assert_true(key->offset + key->table->size <= table->size);
			check_table(key->table);
			continue;
		}
		assert_non_null(key->fallback);
		assert_true((key->type == KEY_CHOICE) == (key->choices != NULL));
		for (size_t i = 0; key->choices && strcmp(key->choices[i], key->fallback) != 0; i++)
			assert_non_null(key->choices[i + 1]);
	}
}

static void the_table_fits_its_struct(void **state)
{
	struct event_settings settings = { .log = { .keep_ms = 7 } };
	struct snapshot snapshot = { .sections[ROOM_EVENT] = &settings };

	(void)state;
	assert_true(event_section.room == ROOM_EVENT && event_section.scope == SCOPE_TOP);
	assert_int_equal(event_section.table->size, sizeof(struct event_settings));
	check_table(event_section.table);
	assert_int_equal(event_settings_of(&snapshot)->keep_ms, 7);
}

#define BEGINNING "sites: []\n"

/* What YAML gives, or the complaints of it. */
static void read_yaml(const char *yaml, struct log_settings *out, char complaint[512])
{
	struct config_section own[] = { event_section, { .table = NULL } };
	struct config_texts image;
	struct config_source source = { 0 };
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	struct buffer text;

	config_texts_init(&image);
	complaints_init(&complaints);
	buffer_init(&text, 1 << 16);
	assert_int_equal(config_source_init(&source, SPAN("/c/bouclier.yaml")), RESULT_OK);
	source.image = &image;
	assert_int_equal(config_texts_add(&image, SPAN("/c/bouclier.yaml"), span_of(yaml)), RESULT_OK);
	complaint[0] = 0;
	if (config_read(&source, own, &complaints, &snapshot) == RESULT_OK) {
		*out = *event_settings_of(snapshot);
	} else {
		assert_int_equal(complaints_write(&complaints, &text), RESULT_OK);
		snprintf(complaint, 512, "%.*s", SPAN_ARG(buffer_span(&text)));
	}
	snapshot_drop(snapshot);
	config_source_done(&source);
	complaints_done(&complaints);
	config_texts_done(&image);
	buffer_done(&text);
}

static void from_yaml(void **state)
{
	struct log_settings settings;
	char complaint[512];

	(void)state;
	read_yaml(BEGINNING, &settings, complaint);
	assert_string_equal(complaint, "");
	assert_true(settings.requests == LOG_ALL && log_lines_per_second(&settings) == 1000 && settings.fsync_ms == 1000);
	assert_true(settings.client_ip.allowed == LOG_ADDRESS_TRUNCATED && settings.client_ip.refused == LOG_ADDRESS_FULL);
	assert_true(settings.keep_ms == 30ll * 86400000 && settings.disk_bytes == 1 << 30);
	read_yaml(BEGINNING "log: { requests: errors, rate: 600/m, client_ip: { allowed: keyed }, keep: 180d, disk: 64MiB, fsync: 100ms }\n",
	          &settings, complaint);
	assert_string_equal(complaint, "");
	assert_true(settings.requests == LOG_ERRORS && log_lines_per_second(&settings) == 10 && settings.fsync_ms == 100);
	assert_true(settings.client_ip.allowed == LOG_ADDRESS_KEYED && settings.client_ip.refused == LOG_ADDRESS_FULL);
	assert_true(settings.keep_ms == 180ll * 86400000 && settings.disk_bytes == 64 << 20);
}

static void what_the_yaml_may_not_say(void **state)
{
	static const char *const bad[] = { "requests: some", "rate: 1000", "rate: 0/s", "client_ip: full", "client_ip: { allowed: none }",
		                           "keep: 1m", "disk: 1MiB", "disk: 1000", "fsync: 1ms", "fsync: 2m", "keeps: 1d" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct log_settings settings;
		char yaml[256], complaint[512];

		snprintf(yaml, sizeof(yaml), BEGINNING "log: { %s }\n", bad[i]);
		read_yaml(yaml, &settings, complaint);
		if (!strstr(complaint, "/c/bouclier.yaml:2:"))
			fail_msg("%s: %s", bad[i], complaint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines_per_second), cmocka_unit_test(the_table_fits_its_struct),
		cmocka_unit_test(from_yaml), cmocka_unit_test(what_the_yaml_may_not_say) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
