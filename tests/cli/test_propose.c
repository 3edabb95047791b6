/* What becomes one proposal, what one for a kind of rules, and what is told to go on watching. */
#include "../waf/ruleset_reading.h"  /* first: it has an assert_span of its own for who has cmocka */

#include "../base/check.h"

#include <string.h>

#include "cli/admin/said.h"
#include "cli/admin/watch.h"

#define DAY_S 86400u
#define NOW 1800000000u

struct row {
	uint32_t rule;
	const char *kind, *path, *parameter;
	unsigned refused;
	bool is_excused;
	const char *why;
	bool is_cut;
};

#define ROWS_MAX 16u

/* What rules a site has: some of each kind, one of two kinds, one that refuses nothing, and one that is of none. */
#define RULE(id, tag) "SecRule ARGS \"@rx x\" \"id:" id ",phase:2,deny,tag:'" tag "'\"\n"
static const char rules_text[] =
	RULE("941100", "attack-xss") RULE("941110", "attack-xss") RULE("941160", "attack-xss") RULE("941200", "attack-xss")
	RULE("942100", "attack-sqli") RULE("942190", "attack-sqli") RULE("942360", "attack-sqli")
	RULE("930100", "attack-lfi',tag:'attack-xss") "SecRule ARGS \"@rx x\" \"id:932100,phase:2,pass,tag:'attack-rce'\"\n" RULE("920271", "attack-protocol");

struct site_of_rules {
	struct reading reading;
	struct waf_rules *rules;
	struct edge_waf waf;
	struct edge_settings settings;
	struct edge_route route;
	struct site shown;
	struct edge_site site;
};

/* A site whose file has the COUNT exclusions of SAID. */
static void site_start(struct site_of_rules *it, struct waf_exclusion_settings *said, unsigned count)
{
	memset(it, 0, sizeof(*it));
	reading_of(&it->reading, span_of(rules_text));
	assert_ok(it->reading.result);
	assert_ok(waf_rules_new(it->reading.ruleset, &it->reading.complaints, &it->rules));
	it->reading.ruleset = NULL;
	it->waf.rules = it->rules;
	it->settings.waf.exclusions = (struct list_value){ .items = said, .count = count };
	it->route = (struct edge_route){ .settings = &it->settings, .waf = &it->waf };
	it->shown.route_count = 1;
	it->site = (struct edge_site){ .site = &it->shown, .routes = &it->route };
}

static void site_end(struct site_of_rules *it)
{
	waf_rules_free(it->rules);
	reading_done(&it->reading);
}

struct desk {
	struct hits_told told[ROWS_MAX];
	struct proposal list[ROWS_MAX];
	struct buffer yaml;
	char text[8192];
};

/* MANY as of `--visitors`; SITE's file and rules. */
static const char *write_rows_at(struct desk *desk, const struct edge_site *site, const struct row *rows, unsigned count, unsigned many)
{
	memset(desk, 0, sizeof(*desk));
	for (unsigned i = 0; i < count; i++) {
		desk->told[i] = (struct hits_told){ .rule = rows[i].rule, .refused = rows[i].refused, .first_s = NOW + i * DAY_S, .last_s = NOW + (i + 1) * DAY_S };
		desk->list[i] = (struct proposal){ .told = &desk->told[i], .rule = { .id = rows[i].rule }, .is_wanted = rows[i].refused >= many, .why = rows[i].why,
			                           .exclusion = { .rule = rows[i].rule, .path = span_of(rows[i].path), .is_exact = !rows[i].is_cut, .method = SPAN("POST"),
			                                          .parameter = span_of(rows[i].parameter) },
			                           .is_excused = rows[i].is_excused, .kind = span_of(rows[i].kind) };
	}
	buffer_init(&desk->yaml, sizeof(desk->text) - 1);
	assert_ok(propose_write(site, desk->list, count, NOW * INT64_C(1000), &desk->yaml));
	if (buffer_len(&desk->yaml))
		memcpy(desk->text, buffer_span(&desk->yaml).at, buffer_len(&desk->yaml));
	buffer_done(&desk->yaml);
	return desk->text;
}

static const char *write_rows(struct desk *desk, const struct row *rows, unsigned count, unsigned many)
{
	struct site_of_rules it;

	site_start(&it, NULL, 0);
	write_rows_at(desk, &it.site, rows, count, many);
	site_end(&it);
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
		{ .rule = 942100, .kind = "attack-sqli", .path = "/", .parameter = "q", .refused = 3 },
		{ .rule = 942190, .kind = "attack-sqli", .path = "/", .parameter = "q", .refused = 1 },
		{ .rule = 941100, .kind = "attack-xss", .path = "/", .parameter = "other", .refused = 5 },
		{ .rule = 942100, .kind = "attack-sqli", .path = "/", .parameter = "q", .refused = 3 },  /* its name */
		{ .rule = 942360, .kind = "attack-sqli", .path = "/", .parameter = "q", .refused = 9, .why = "masked" },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 5, 3);

	(void)state;
	assert_string_equal(text, "waf:\n  exclusions:\n"
	                          "    - rule: 942100\n      path: \"/\"\n      exact: true\n      method: \"POST\"\n      parameter: \"q\"\n"
	                          "      reason: \"3 ordinary visitors were taken for attackers here, 2027-01-15 to 2027-01-16; TO FILL IN: who checked it\"\n"
	                          "    - rule: 941100\n      path: \"/\"\n      exact: true\n      method: \"POST\"\n      parameter: \"other\"\n"
	                          "      reason: \"5 ordinary visitors were taken for attackers here, 2027-01-17 to 2027-01-18; TO FILL IN: who checked it\"\n");
	text = write_rows(&desk, rows, 2, 1);
	assert_int_equal(times(text, "rule: 942"), 2);
	assert_int_equal(times(text, "1 ordinary visitor was taken for an attacker here, "), 1);
	assert_string_equal(write_rows(&desk, rows, 5, 10), "");
}

/* Three rules about text in one field, all but one of the same kind: that kind is excused, and of the other this rule alone. */
static void many_of_one_kind_are_proposed_by_kind(void **state)
{
	static const struct row rows[] = {
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 941160, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 7 },
		{ .rule = 942190, .kind = "attack-sqli", .path = "/wiki", .parameter = "page", .refused = 4 },
		{ .rule = 942100, .kind = "attack-sqli", .path = "/wiki", .parameter = "text", .refused = 4 },
		{ .rule = 941110, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 920271, .kind = "", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "title", .refused = 3 },
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki/", .parameter = "page", .refused = 3 },
	};
	struct desk desk;
	const char *text = write_rows(&desk, rows, 8, 3);

	(void)state;
	assert_int_equal(times(text, "- rule: "), 6);
	assert_int_equal(times(text, "- rule: attack-xss\n      path: \"/wiki\"\n      exact: true\n      method: \"POST\"\n      parameter: \"page\"\n"
	                             "      reason: \"7 ordinary visitors were taken for attackers here by 3 rules, 2027-01-15 to 2027-01-20;"), 1);
	assert_int_equal(times(text, "- rule: attack-sqli\n"), 0);
	assert_int_equal(times(text, "- rule: 942190\n") + times(text, "- rule: 942100\n"), 2);  /* one of them in another field */
	assert_int_equal(times(text, "- rule: 941100\n"), 2);   /* another parameter, another path */
	assert_int_equal(times(text, "- rule: 920271\n"), 1);   /* of no kind that text looks like */
	/* What is left is said once, above the kind: not what is gone with it by another tag, nor what refuses nothing anyway. */
	assert_int_equal(times(text, "waf:\n  exclusions:\n    # left watching this field: attack-sqli (but 942190), and all rules of no such kind\n    - rule: attack-xss\n"), 1);
	assert_int_equal(times(text, "#"), 1);
	/* Two of it and one of another are enough, too; two are not. */
	assert_int_equal(times(write_rows(&desk, rows, 3, 3), "- rule: attack-xss\n"), 1);
	assert_int_equal(times(desk.text, "- rule: 942190\n"), 1);
	assert_int_equal(times(write_rows(&desk, rows, 2, 3), "attack-"), 0);
	assert_int_equal(times(desk.text, "- rule: 941"), 2);
}

/* A rule may meet a parameter's name and its value: three places in the list are not three rules. */
static void one_rule_of_each_kind_is_no_kind(void **state)
{
	static const struct row rows[] = {
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 942190, .kind = "attack-sqli", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 930100, .kind = "attack-lfi", .path = "/wiki", .parameter = "page", .refused = 3 },
	};
	struct desk desk;

	(void)state;
	assert_int_equal(times(write_rows(&desk, rows, 3, 3), "- rule: 9"), 3);
	assert_int_equal(times(desk.text, "attack-"), 0);
}

static void the_same_rule_is_one(void **state)
{
	static const struct row rows[] = {
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 941160, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
	};
	struct desk desk;

	(void)state;
	assert_int_equal(times(write_rows(&desk, rows, 3, 3), "- rule: 941"), 2);
}

static void what_the_file_has_counts_and_is_not_written(void **state)
{
	static const struct row rows[] = {
		{ .rule = 941100, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3, .is_excused = true },
		{ .rule = 941160, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3, .is_excused = true },
		{ .rule = 941110, .kind = "attack-xss", .path = "/wiki", .parameter = "page", .refused = 3 },
	};
	struct waf_exclusion_settings said[] = {
		{ .rule = SPAN("941160"), .path = SPAN("/wiki"), .parameter = SPAN("page") }, { .rule = SPAN("942100"), .path = SPAN("/wiki"), .exact = true },
		{ .rule = SPAN("attack-lfi"), .path = SPAN("/wiki/"), .exact = true },
	};
	struct desk desk;
	struct site_of_rules it;
	const char *text;

	(void)state;
	site_start(&it, said, 3);
	text = write_rows_at(&desk, &it.site, rows, 3, 3);
	assert_int_equal(times(text, "- rule: "), 1);
	assert_int_equal(times(text, "# left watching this field: attack-sqli (but 942100), and all"), 1);
	assert_int_equal(times(text, "- rule: attack-xss\n"), 1);
	said[1].rule = SPAN("attack-sqli");  /* the file has the whole kind */
	text = write_rows_at(&desk, &it.site, rows, 3, 3);
	assert_int_equal(times(text, "# left watching this field: and all rules of no such kind"), 0);
	assert_int_equal(times(text, "# left watching this field: all rules of no such kind"), 1);
	said[1].until_ms = 1000;             /* that was long ago */
	assert_int_equal(times(write_rows_at(&desk, &it.site, rows, 3, 3), "field: attack-sqli, and all"), 1);
	site_end(&it);
}

/* The front page is a place like any other; a path that may be any page is none for a kind, nor is what is below one that was cut. */
static void where_there_are_no_kinds(void **state)
{
	static const struct {
		const char *path;
		bool is_cut, has_kind;
	} places[] = { { "/", false, true }, { "/", true, false }, { "/*", false, false }, { "/*/*", false, false }, { "/*/", false, false }, { "/a/*", false, true },
		       { "/a/b", true, true } };
	struct desk desk;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct row rows[] = {
			{ .rule = 941100, .kind = "attack-xss", .path = places[i].path, .parameter = "s", .refused = 3, .is_cut = places[i].is_cut },
			{ .rule = 941160, .kind = "attack-xss", .path = places[i].path, .parameter = "s", .refused = 3, .is_cut = places[i].is_cut },
			{ .rule = 941110, .kind = "attack-xss", .path = places[i].path, .parameter = "s", .refused = 3, .is_cut = places[i].is_cut },
		};
		const char *text = write_rows(&desk, rows, 3, 3);

		assert_int_equal(times(text, "- rule: attack-xss\n"), places[i].has_kind);
		assert_int_equal(times(text, "- rule: 941"), places[i].has_kind ? 0 : 3);
		assert_int_equal(times(text, "exact: true\n"), places[i].is_cut ? 0 : places[i].has_kind ? 1 : 3);
	}
}

/* What a file says of a place, and what not. */
static void what_is_said_of_a_place(void **state)
{
	static const struct {
		struct waf_exclusion_settings said;
		struct exclusion place;
		bool holds;
	} rows[] = {
#define WIKI .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/wiki")
#define PLACE(text) { .path = SPAN_INIT(text), .is_exact = true, .parameter = SPAN_INIT("page") }
#define BELOW(text) { .path = SPAN_INIT(text), .parameter = SPAN_INIT("page") }
		{ { WIKI }, PLACE("/wiki"), true }, { { WIKI }, PLACE("/wiki/"), true }, { { WIKI }, PLACE("/wiki/a"), true }, { { WIKI }, BELOW("/wiki"), true },
		{ { WIKI }, PLACE("/wikis"), false }, { { WIKI }, PLACE("/"), false },
		{ { WIKI, .exact = true }, PLACE("/wiki"), true }, { { WIKI, .exact = true }, PLACE("/wiki/"), false },
		{ { WIKI, .exact = true }, PLACE("/wiki/a"), false }, { { WIKI, .exact = true }, BELOW("/wiki"), false },
		{ { WIKI, .exact = true, .parameter = SPAN_INIT("PAGE") }, PLACE("/wiki"), true },
		{ { WIKI, .exact = true, .parameter = SPAN_INIT("pages") }, PLACE("/wiki"), false },
		{ { .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/"), .exact = true }, PLACE("/"), true },
		{ { .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/"), .exact = true }, PLACE("/wiki"), false },
		{ { .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/wiki/"), .exact = true }, PLACE("/wiki/"), true },
		{ { .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/*"), .exact = true }, PLACE("/wiki"), true },
		{ { .rule = SPAN_INIT("941100"), .path = SPAN_INIT("/wiki"), .exact = true }, PLACE("/*"), false },
		{ { .rule = SPAN_INIT("941101") }, PLACE("/wiki"), false }, { { .rule = SPAN_INIT("941100") }, PLACE("/wiki"), true },
	};
	struct site_of_rules it;
	struct said said;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct waf_exclusion_settings one = rows[i].said;

		site_start(&it, &one, 1);
		said_in(&it.site, &rows[i].place, NOW * INT64_C(1000), &said);
		if (said_rule(&said, 941100, NULL) != rows[i].holds)
			fail_msg("row %zu", i);
		site_end(&it);
	}
}

/* Never a whole request from a kind of attack. */
static void a_request_as_a_whole_is_excused_from_rules_alone(void **state)
{
	static const struct row rows[] = {
		{ .rule = 941100, .kind = "attack-xss", .path = "/a", .parameter = "", .refused = 3 },
		{ .rule = 941160, .kind = "attack-xss", .path = "/a", .parameter = "", .refused = 3 },
		{ .rule = 941110, .kind = "attack-xss", .path = "/a", .parameter = "", .refused = 3 },
		{ .rule = 942100, .kind = "attack-sqli", .path = "/a", .parameter = "", .refused = 3 },
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
		cmocka_unit_test(few_rules_are_proposed_each), cmocka_unit_test(many_of_one_kind_are_proposed_by_kind),
		cmocka_unit_test(one_rule_of_each_kind_is_no_kind), cmocka_unit_test(the_same_rule_is_one), cmocka_unit_test(what_the_file_has_counts_and_is_not_written),
		cmocka_unit_test(where_there_are_no_kinds), cmocka_unit_test(what_is_said_of_a_place),
		cmocka_unit_test(a_request_as_a_whole_is_excused_from_rules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
