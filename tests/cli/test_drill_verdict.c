/* From what was counted to what is said: the verdict by table, and both ways to tell it. */
#include "../base/check.h"

#include <string.h>

#include "cli/drill/report.h"

static const struct drill_settings usual = { .has_guard = true, .has_challenge = true, .has_admission = true, .has_budgets = true, .has_patience = true };

/* Everybody served, on a machine that had time. */
static struct drill_tally all_well(void)
{
	struct drill_tally tally = { .turns = 1000, .acts = { .calm_ms = 5000, .attack_ms = 10000, .after_ms = 5000 } };

	for (unsigned kind = 0; kind < CITIZEN_PARTNER; kind++) {
		for (unsigned window = 0; window < WINDOW_COUNT; window++)
			tally.pages[kind][window] = (struct drill_pages){ .asked = 100, .in_time = 100 };
	}
	return tally;
}

static void verdicts(void **state)
{
	static const struct {
		enum drill_window window;
		unsigned asked, in_time;
		enum drill_verdict_kind expected;
	} rows[] = {
		{ WINDOW_CALM, 100, 95, VERDICT_REACHABLE }, { WINDOW_CALM, 100, 94, VERDICT_CALM }, { WINDOW_ONSET, 100, 80, VERDICT_REACHABLE },
		{ WINDOW_ONSET, 100, 79, VERDICT_UNREACHABLE }, { WINDOW_ATTACK, 100, 95, VERDICT_REACHABLE }, { WINDOW_ATTACK, 100, 94, VERDICT_UNREACHABLE },
		{ WINDOW_AFTER, 100, 95, VERDICT_REACHABLE }, { WINDOW_AFTER, 100, 94, VERDICT_UNREACHABLE }, { WINDOW_ATTACK, 5, 0, VERDICT_UNREACHABLE },
		{ WINDOW_ATTACK, 4, 0, VERDICT_REACHABLE },  /* too few to say */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct drill_tally tally = all_well();
		struct drill_verdict verdict;

		tally.pages[CITIZEN_NO_SCRIPT][rows[i].window] = (struct drill_pages){ .asked = rows[i].asked, .in_time = rows[i].in_time };
		drill_verdict_make(&tally, &usual, &verdict);
		assert_int_equal(verdict.kind, rows[i].expected);
		assert_int_equal(verdict.is_harmed[CITIZEN_NO_SCRIPT], rows[i].expected != VERDICT_REACHABLE);
		assert_false(verdict.is_harmed[CITIZEN_SCRIPT]);
		assert_int_equal(verdict.advice_count, rows[i].expected != VERDICT_REACHABLE);  /* nothing is switched off: where else to look */
	}
}

static void a_machine_without_time_says_nothing(void **state)
{
	struct drill_tally tally = all_well(), empty = { .turns = 1000 }, stuck = all_well();
	struct drill_verdict verdict;

	(void)state;
	tally.late_turns = 50;
	drill_verdict_make(&tally, &usual, &verdict);
	assert_int_equal(verdict.kind, VERDICT_REACHABLE);
	tally.late_turns = 51;
	drill_verdict_make(&tally, &usual, &verdict);
	assert_int_equal(verdict.kind, VERDICT_UNKNOWN);
	assert_int_equal(verdict.advice_count, 0);
	drill_verdict_make(&empty, &usual, &verdict);
	assert_int_equal(verdict.kind, VERDICT_UNKNOWN);
	/* Nobody got so far as to begin a page later in the attack: that is its doing. */
	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++) {
		stuck.pages[kind][WINDOW_ONSET] = (struct drill_pages){ .asked = 8 };
		stuck.pages[kind][WINDOW_ATTACK] = stuck.pages[kind][WINDOW_AFTER] = (struct drill_pages){ 0 };
	}
	drill_verdict_make(&stuck, &usual, &verdict);
	assert_int_equal(verdict.kind, VERDICT_UNREACHABLE);
}

static void what_is_off_is_told(void **state)
{
	struct drill_tally tally = all_well();
	struct drill_settings settings = { .has_source_limits = true };
	struct drill_verdict verdict;

	(void)state;
	drill_verdict_make(&tally, &settings, &verdict);
	assert_int_equal(verdict.kind, VERDICT_REACHABLE);
	assert_string_equal(verdict.text, "With guard: on, your portal would have stayed reachable.");
	assert_int_equal(verdict.advice_count, 5);  /* limits do nobody any harm */
	tally.pages[CITIZEN_SHARED][WINDOW_CALM].in_time = 40;
	drill_verdict_make(&tally, &settings, &verdict);
	assert_int_equal(verdict.kind, VERDICT_CALM);
	assert_string_equal(verdict.text, "Not even without an attack do these settings serve everybody in time.");
	assert_int_equal(verdict.advice_count, 6);
	assert_non_null(strstr(verdict.advice[0], "guard: observe"));
	assert_non_null(strstr(verdict.advice[1], "challenge: off"));
	assert_non_null(strstr(verdict.advice[2], "concurrency: off"));
	assert_non_null(strstr(verdict.advice[3], "source_budgets: off"));
	assert_non_null(strstr(verdict.advice[4], "patience"));
	assert_non_null(strstr(verdict.advice[5], "rate_limits"));
}

static void windows(void **state)
{
	const struct drill_acts acts = { .begin_ms = 1000, .calm_ms = 5000, .attack_ms = 10000, .after_ms = 5000 }, none = { .calm_ms = 5000 };

	(void)state;
	assert_int_equal(drill_window_at(&none, 99999), WINDOW_CALM);
	assert_int_equal(drill_window_at(&acts, 1000), WINDOW_CALM);
	assert_int_equal(drill_window_at(&acts, 5999), WINDOW_CALM);
	assert_int_equal(drill_window_at(&acts, 6000), WINDOW_ONSET);
	assert_int_equal(drill_window_at(&acts, 8999), WINDOW_ONSET);
	assert_int_equal(drill_window_at(&acts, 9000), WINDOW_ATTACK);
	assert_int_equal(drill_window_at(&acts, 15999), WINDOW_ATTACK);
	assert_int_equal(drill_window_at(&acts, 16000), WINDOW_AFTER);
	assert_int_equal(drill_window_at(&acts, UINT64_MAX), WINDOW_AFTER);
}

struct telling {
	struct drill_tally tally;
	struct drill_settings settings;
	struct drill_verdict verdict;
	struct json *shield;
	struct buffer text;
	struct drill_report report;
};

static void telling_init(struct telling *it)
{
	it->tally = all_well();
	it->settings = usual;
	it->tally.pages[CITIZEN_SCRIPT][WINDOW_ATTACK] = (struct drill_pages){ .asked = 200, .in_time = 50, .kept = 7, .challenged = 9 };
	it->tally.attacks[ATTACK_POST] = (struct drill_attack){ .sent = 1600, .served = 3, .refused = 1590, .broken = 7, .late = 11 };
	it->tally.work[0][WINDOW_ATTACK] = (struct drill_work){ .pages = 75, .ms = 3000 };
	it->tally.work[1][WINDOW_ATTACK] = (struct drill_work){ .pages = 25, .ms = 1000 };
	it->settings.leaves_routes = true;
	it->settings.has_guard = false;
	drill_verdict_make(&it->tally, &it->settings, &it->verdict);
	assert_ok(json_read(SPAN("{\"decisions\":{\"challenge\":2000,\"limit\":300,\"queue\":21,\"drop\":4}}"), &it->shield));
	buffer_init(&it->text, 1u << 16);
	it->report = (struct drill_report){ .site = SPAN("www.commune.example\033[2J"), .rate = 400, .tally = &it->tally, .settings = &it->settings,
		                            .verdict = &it->verdict, .shield = it->shield };
}

static void telling_done(struct telling *it)
{
	buffer_done(&it->text);
	json_drop(it->shield);
}

static void a_table(void **state)
{
	static const char *const lines[] = {
		"A drill of www.commune.example?[2J: 400 requests a second for 10 s, against a portal that makes 100 pages a second, on this machine only\n",
		"with JavaScript           100 %  100/100   100 %  100/100    25 %  50/200    100 %  100/100   \n",
		"forms with random words         1600         3        1590         7        11\n",
		"asked 2000 requests to prove themselves first; turned away 321 that were too many; blocked or dropped 4\n",
		"gave citizens 7 pages from its cache; before 9 of their pages they were asked\n",
		"had 25.0 % of its time taken by attackers, from the third second on (25 pages for them, 75 for citizens)\n",
		"Played with guard: on. The site only observes now (guard: observe), and turns nothing away.\n",
		"Left out: what routes of the site say otherwise than the site itself.\n",
		"\nYour portal would not have stayed reachable for everybody.\n- guard: observe. The site only observes: ",
	};
	struct telling it;
	struct page page = { .out = &it.text };

	(void)state;
	telling_init(&it);
	report_print(&page, &it.report);
	assert_ok(page.result);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (!span_contains(buffer_span(&it.text), span_of(lines[i])))
			fail_msg("no line \"%s\" in\n%.*s", lines[i], SPAN_ARG(buffer_span(&it.text)));
	}
	assert_false(span_contains(buffer_span(&it.text), SPAN("partners")));  /* nobody of them came */
	assert_false(span_contains(buffer_span(&it.text), SPAN("\033")));
	telling_done(&it);
}

static void for_programs(void **state)
{
	struct telling it;
	struct json_writer writer;
	struct json *root;
	const struct json *script, *verdict;

	(void)state;
	telling_init(&it);
	json_writer_init(&writer, &it.text);
	report_write(&writer, &it.report);
	assert_ok(writer.result);
	assert_ok(json_read(buffer_span(&it.text), &root));
	script = json_find(json_find(root, "citizens"), "script");
	verdict = json_find(root, "verdict");
	assert_true(json_number_of(json_find(json_find(script, "attack"), "in_time")) == 50 && json_bool_of(json_find(script, "harmed")));
	assert_int_equal(json_length(json_find(root, "citizens")), CITIZEN_KINDS - 1);
	assert_true(json_number_of(json_find(json_find(json_find(root, "attacks"), "post"), "turned_away")) == 1590);
	assert_true(json_number_of(json_find(json_find(root, "decisions"), "challenge")) == 2000);
	assert_true(json_number_of(json_find(json_find(json_find(root, "portal"), "attack"), "attackers_ms")) == 1000);
	assert_true(json_bool_of(json_find(root, "observes")));
	assert_false(json_bool_of(json_find(verdict, "ok")));
	assert_span(json_text_of(json_find(verdict, "name")), "unreachable");
	assert_int_equal(json_length(json_find(verdict, "advice")), 1);
	json_drop(root);
	telling_done(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),      cmocka_unit_test(a_machine_without_time_says_nothing), cmocka_unit_test(what_is_off_is_told),
		cmocka_unit_test(windows),       cmocka_unit_test(a_table),                             cmocka_unit_test(for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
