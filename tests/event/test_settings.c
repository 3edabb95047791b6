#include "stage.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines_per_second), cmocka_unit_test(the_table_fits_its_struct) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
