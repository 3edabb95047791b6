/* What becomes one proposal, and what one for a kind of rules. */
#include "../base/check.h"

#include <string.h>

#include "cli/admin/propose.h"

#define DAY_S 86400u
#define NOW 1800000000u

struct row {
	uint32_t rule;
	const char *kind, *path, *parameter;
	unsigned refused;
	bool is_excused;
	const char *why;
};

#define ROWS_MAX 16u

struct desk {
	struct hits_told told[ROWS_MAX];
	struct proposal list[ROWS_MAX];
	struct buffer yaml;
	char text[8192];
};

/* MANY as of `--visitors`. */
static const char *write_rows(struct desk *desk, const struct row *rows, unsigned count, unsigned many)
{
	memset(desk, 0, sizeof(*desk));
	for (unsigned i = 0; i < count; i++) {
		desk->told[i] = (struct hits_told){ .rule = rows[i].rule, .refused = rows[i].refused, .first_s = NOW + i * DAY_S, .last_s = NOW + (i + 1) * DAY_S };
		desk->list[i] = (struct proposal){ .told = &desk->told[i], .rule = { .id = rows[i].rule }, .is_wanted = rows[i].refused >= many, .why = rows[i].why,
			                           .exclusion = { .rule = rows[i].rule, .path = span_of(rows[i].path), .method = SPAN("POST"),
			                                          .parameter = span_of(rows[i].parameter) },
			                           .is_excused = rows[i].is_excused, .kind = span_of(rows[i].kind) };
	}
	buffer_init(&desk->yaml, sizeof(desk->text) - 1);
	assert_ok(propose_write(desk->list, count, &desk->yaml));
	if (buffer_len(&desk->yaml))
		memcpy(desk->text, buffer_span(&desk->yaml).at, buffer_len(&desk->yaml));
	buffer_done(&desk->yaml);
	return desk->text;
}

static unsigned times(const char *text, const char *word)
{
	unsigned found = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		found++;
	return found;
}

static void few_rules_are_proposed_each(void **state)
{
	static const struct row rows[] = {
		{ 942100, "attack-sqli", "/", "q", 3, false, NULL }, { 942190, "attack-sqli", "/", "q", 1, false, NULL },
		{ 941100, "attack-xss", "/", "other", 5, false, NULL }, { 942100, "attack-sqli", "/", "q", 3, false, NULL },  /* its name */
		{ 942360, "attack-sqli", "/", "q", 9, false, "masked" },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 5, 3);

	(void)state;
	assert_string_equal(text, "waf:\n  exclusions:\n"
	                          "    - rule: 942100\n      path: \"/\"\n      method: \"POST\"\n      parameter: \"q\"\n"
	                          "      reason: \"3 ordinary visitors were taken for attackers here, 2027-01-15 to 2027-01-16; TO FILL IN: who checked it\"\n"
	                          "    - rule: 941100\n      path: \"/\"\n      method: \"POST\"\n      parameter: \"other\"\n"
	                          "      reason: \"5 ordinary visitors were taken for attackers here, 2027-01-17 to 2027-01-18; TO FILL IN: who checked it\"\n");
	text = write_rows(&desk, rows, 2, 1);
	assert_int_equal(times(text, "rule: 942"), 2);
	assert_int_equal(times(text, "1 ordinary visitor was taken for an attacker here, "), 1);
	assert_string_equal(write_rows(&desk, rows, 5, 10), "");
}

static void many_in_one_field_are_proposed_by_kind(void **state)
{
	static const struct row rows[] = {
		{ 941100, "attack-xss", "/wiki", "page", 3, false, NULL }, { 941160, "attack-xss", "/wiki", "page", 7, false, NULL },
		{ 942190, "attack-sqli", "/wiki", "page", 4, false, NULL }, { 920271, "", "/wiki", "page", 3, false, NULL },
		{ 941100, "attack-xss", "/wiki", "title", 3, false, NULL }, { 941100, "attack-xss", "/", "page", 3, false, NULL },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 6, 3);

	(void)state;
	assert_int_equal(times(text, "- rule: "), 5);
	assert_int_equal(times(text, "- rule: attack-xss\n      path: \"/wiki\"\n      method: \"POST\"\n      parameter: \"page\"\n"
	                             "      reason: \"7 ordinary visitors were taken for attackers here by 2 rules, 2027-01-15 to 2027-01-17;"), 1);
	assert_int_equal(times(text, "- rule: attack-sqli\n"), 1);
	assert_int_equal(times(text, "- rule: 941100\n"), 2);   /* another parameter, another path */
	assert_int_equal(times(text, "- rule: 920271\n"), 1);   /* of no kind that text looks like */
}

static void what_the_file_has_counts_and_is_not_written(void **state)
{
	static const struct row rows[] = {
		{ 941100, "attack-xss", "/wiki", "page", 3, true, NULL }, { 941160, "attack-xss", "/wiki", "page", 3, true, NULL },
		{ 942190, "attack-sqli", "/wiki", "page", 3, false, NULL },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 3, 3);

	(void)state;
	assert_int_equal(times(text, "- rule: "), 1);
	assert_int_equal(times(text, "- rule: attack-sqli\n"), 1);
}

/* Nor a whole site: a path holds for all below it. */
static void everywhere_is_no_place_for_kinds(void **state)
{
	static const struct row rows[] = {
		{ 941100, "attack-xss", "/", "s", 3, false, NULL }, { 941160, "attack-xss", "/", "s", 3, false, NULL },
		{ 942190, "attack-sqli", "/", "s", 3, false, NULL }, { 941100, "attack-xss", "/*/*", "s", 3, false, NULL },
		{ 941160, "attack-xss", "/*/*", "s", 3, false, NULL }, { 942190, "attack-sqli", "/*/*", "s", 3, false, NULL },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 6, 3);

	(void)state;
	assert_int_equal(times(text, "- rule: 94"), 6);
	assert_int_equal(times(text, "attack-"), 0);
}

/* Never a whole request from a kind of attack. */
static void a_request_as_a_whole_is_excused_from_rules_alone(void **state)
{
	static const struct row rows[] = {
		{ 941100, "attack-xss", "/", "", 3, false, NULL }, { 941160, "attack-xss", "/", "", 3, false, NULL },
		{ 942190, "attack-sqli", "/", "", 3, false, NULL }, { 942100, "attack-sqli", "/", "", 3, false, NULL },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 4, 3);

	(void)state;
	assert_int_equal(times(text, "- rule: 94"), 4);
	assert_int_equal(times(text, "attack-"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_rules_are_proposed_each), cmocka_unit_test(many_in_one_field_are_proposed_by_kind),
		cmocka_unit_test(what_the_file_has_counts_and_is_not_written), cmocka_unit_test(everywhere_is_no_place_for_kinds),
		cmocka_unit_test(a_request_as_a_whole_is_excused_from_rules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
