/* What becomes of a source by what it takes: on a clock of the test's own. */
#include "../base/check.h"

#include "guard/source_budget.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)

static const struct source_budget_settings standard = {
	.requests = { 50, 1000 }, .requests_burst = 300, .errors = { 10, 1000 }, .errors_burst = 300, .cost_ms = 8000, .cost_burst_ms = 120000,
	.bytes = 25 << 20, .bytes_burst = 1 << 30, .connections = { 50, 1000 }, .connections_burst = 1000, .handshakes = { 20, 1000 }, .handshakes_burst = 600,
};

struct stage {
	struct source_budgets budgets;
	struct source_entry entry;
	uint64_t now_us;
};

static void stage_start(struct stage *stage)
{
	enum source_budget which;

	*stage = (struct stage){ .now_us = 100 * 3600 * S };
	assert_ok(source_budgets_make(&standard, &stage->budgets, &which));
	entry_begin(&stage->entry, (struct source_key){ 7, SOURCE_V4 }, stage->now_us);
}

static struct budget_verdict ask(struct stage *stage)
{
	entry_advance(&stage->entry, stage->now_us);
	return source_budgets_ask(&stage->budgets, &stage->entry);
}

/* RATE a second for so long: the verdict of the last one. */
static struct budget_verdict come(struct stage *stage, uint64_t rate, uint64_t seconds)
{
	struct budget_verdict verdict = { 0 };

	for (uint64_t i = 0; i < rate * seconds; i++) {
		stage->now_us += S / rate;
		verdict = ask(stage);
	}
	return verdict;
}

static void at_the_rate_for_ever(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 301; i++)
		assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
	assert_int_equal(ask(&stage).level, BUDGET_OVER);
	stage.now_us += 10 * S;
	assert_int_equal(come(&stage, 50, 3600).level, BUDGET_WITHIN);
}

static void worse_and_worse(void **state)
{
	struct stage stage;
	struct budget_verdict verdict;

	(void)state;
	stage_start(&stage);
	assert_int_equal(come(&stage, 100, 9).level, BUDGET_OVER);
	verdict = come(&stage, 100, 5);
	assert_int_equal(verdict.level, BUDGET_TWICE);
	assert_int_equal(verdict.reason, BAN_REQUESTS);
	assert_true(verdict.retry_after_us > S && verdict.retry_after_us < 3 * S);
	stage.now_us += verdict.retry_after_us + 20000;
	assert_int_equal(ask(&stage).level, BUDGET_OVER);
	verdict = come(&stage, 1000, 4);
	assert_int_equal(verdict.level, BUDGET_FAR);
	stage.now_us += 60 * S;
	assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
}

/* Forty citizens behind one address, twelve requests each within ten seconds, and again and again. */
static void citizens_behind_one_address(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	assert_int_equal(come(&stage, 48, 600).level, BUDGET_WITHIN);
	entry_saw_client(&stage.entry, (uint64_t)1 << 48, stage.now_us);
	entry_saw_client(&stage.entry, (uint64_t)2 << 48, stage.now_us);
	assert_int_equal(come(&stage, 190, 600).level, BUDGET_WITHIN);
}

/* What a shared source is refused is not charged: those behind it go on at four times the rate, and it is not banned. */
static void shared_ones_go_on(void **state)
{
	struct stage stage;
	uint64_t passed = 0;

	(void)state;
	stage_start(&stage);
	stage.entry.shared_h = (uint16_t)(stage.now_us / S / 3600 + 1);
	come(&stage, 1000, 60);
	for (unsigned i = 0; i < 60000; i++) {
		struct budget_verdict verdict;

		stage.now_us += 1000;
		verdict = ask(&stage);
		assert_true(verdict.level == BUDGET_OVER || verdict.level == BUDGET_TWICE);
		passed += verdict.level == BUDGET_OVER;
	}
	assert_in_range(passed, 60 * 190, 60 * 210);
}

static void errors_and_time(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 301; i++)
		source_budgets_charge(&stage.budgets, &stage.entry, true, 0, 0);
	assert_int_equal(ask(&stage).level, BUDGET_OVER);
	for (unsigned i = 0; i < 2200; i++)
		source_budgets_charge(&stage.budgets, &stage.entry, true, 0, 0);
	assert_int_equal(ask(&stage).level, BUDGET_FAR);
	assert_int_equal(ask(&stage).reason, BAN_ERRORS);
	stage_start(&stage);
	for (unsigned i = 0; i < 13; i++)  /* an hour each: ten seconds are charged */
		source_budgets_charge(&stage.budgets, &stage.entry, false, 3600 * S, 0);
	assert_int_equal(ask(&stage).level, BUDGET_OVER);
	for (unsigned i = 0; i < 100; i++)
		source_budgets_charge(&stage.budgets, &stage.entry, false, 10 * S, 0);
	assert_int_equal(ask(&stage).level, BUDGET_FAR);
	assert_int_equal(ask(&stage).reason, BAN_COST);
	/* there may be citizens behind it */
	stage.entry.shared_h = (uint16_t)(stage.now_us / S / 3600 + 1);
	assert_int_equal(ask(&stage).level, BUDGET_TWICE);
}

/* 25 MiB a second for ever; more is served after others, much more later; but nobody is banned for it, and one request is one burst at most. */
static void bytes(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 3600; i++) {
		stage.now_us += S;
		assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
		source_budgets_charge(&stage.budgets, &stage.entry, false, 0, 24 << 20);
	}
	assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
	source_budgets_charge(&stage.budgets, &stage.entry, false, 0, (uint64_t)1 << 50);
	source_budgets_charge(&stage.budgets, &stage.entry, false, 0, SOURCE_BYTES_UNIT - 1);
	assert_int_equal(ask(&stage).level, BUDGET_OVER);
	for (unsigned i = 0; i < 100; i++)
		source_budgets_charge(&stage.budgets, &stage.entry, false, 0, (uint64_t)1 << 50);
	assert_int_equal(ask(&stage).level, BUDGET_TWICE);
	stage.now_us += 400 * S;
	assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
}

/* Connections a second that are let in, of RATE that come. */
static unsigned admitted(struct stage *stage, unsigned rate, unsigned seconds, bool is_tls)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rate * seconds; i++) {
		stage->now_us += S / rate;
		entry_advance(&stage->entry, stage->now_us);
		if (!source_budgets_admit(&stage->budgets, &stage->entry, is_tls))
			continue;
		count++;
		if (is_tls)
			source_budgets_shake_hands(&stage->budgets, &stage->entry);
	}
	return count / seconds;
}

static void connections_and_handshakes(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	/* Forty browsers behind one address, that nobody has seen yet, with six connections each: at once, and again ten seconds later. */
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned n = 0; n < 240; n++) {
			assert_true(source_budgets_admit(&stage.budgets, &stage.entry, true));
			source_budgets_shake_hands(&stage.budgets, &stage.entry);
		}
		stage.now_us += 10 * S;
		entry_advance(&stage.entry, stage.now_us);
	}
	admitted(&stage, 1000, 60, false);
	assert_in_range(admitted(&stage, 1000, 60, false), 49, 51);  /* it goes on, at its rate */
	stage_start(&stage);
	for (unsigned i = 0; i < 20; i++) {  /* a site that has no place for them */
		assert_true(source_budgets_admit(&stage.budgets, &stage.entry, false));
		source_budgets_turn_away(&stage.budgets, &stage.entry);
	}
	assert_false(source_budgets_admit(&stage.budgets, &stage.entry, false));
	stage.now_us += S;
	entry_advance(&stage.entry, stage.now_us);
	assert_true(source_budgets_admit(&stage.budgets, &stage.entry, false));
	stage_start(&stage);
	admitted(&stage, 1000, 60, true);
	assert_in_range(admitted(&stage, 1000, 60, true), 19, 21);
	stage.entry.shared_h = (uint16_t)(stage.now_us / S / 3600 + 1);
	admitted(&stage, 1000, 60, true);
	assert_in_range(admitted(&stage, 1000, 60, true), 78, 82);
	/* A moment later it may come again; and it was never closer to a ban than anybody. */
	assert_int_equal(ask(&stage).level, BUDGET_WITHIN);
	stage.budgets.is_on = false;
	assert_int_equal(admitted(&stage, 10000, 2, true), 10000);
}

/* Those who were under way already when a site had no place for them: a second later their source may come to other sites. */
static void turned_away_at_once(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 240; i++)
		assert_true(source_budgets_admit(&stage.budgets, &stage.entry, false));
	for (unsigned i = 0; i < 240; i++)
		source_budgets_turn_away(&stage.budgets, &stage.entry);
	assert_false(source_budgets_admit(&stage.budgets, &stage.entry, false));
	stage.now_us += S;
	entry_advance(&stage.entry, stage.now_us);
	assert_true(source_budgets_admit(&stage.budgets, &stage.entry, false));
	for (unsigned i = 0; i < 3; i++) {
		stage_start(&stage);
		stage.entry.is_known = i == 0;
		stage.entry.shared_h = i == 1 ? (uint16_t)(stage.now_us / S / 3600 + 1) : 0;
		stage.entry.token_h = i == 2 ? (uint16_t)(stage.now_us / S / 3600 + 1) : 0;
		for (unsigned n = 0; n < 240; n++)
			source_budgets_turn_away(&stage.budgets, &stage.entry);
		assert_int_equal(stage.entry.owed_us[BUDGET_CONNECTIONS], 0);
	}
}

static void off(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	stage.budgets.is_on = false;
	assert_int_equal(come(&stage, 10000, 10).level, BUDGET_WITHIN);
}

static void what_takes_too_long_to_earn(void **state)
{
	struct source_budget_settings settings = standard;
	struct source_budgets budgets;
	enum source_budget which;

	(void)state;
	settings.errors_burst = 4001;
	assert_result(source_budgets_make(&settings, &budgets, &which), RESULT_LIMIT);
	assert_string_equal(source_budget_key(which), "errors_burst");
	settings.errors_burst = 4000;
	settings.handshakes_burst = 8001;
	assert_result(source_budgets_make(&settings, &budgets, &which), RESULT_LIMIT);
	assert_string_equal(source_budget_key(which), "handshakes_burst");
	settings.handshakes_burst = 8000;
	settings.bytes = SOURCE_BYTES_UNIT;
	settings.bytes_burst = 401 * SOURCE_BYTES_UNIT;
	assert_result(source_budgets_make(&settings, &budgets, &which), RESULT_LIMIT);
	assert_string_equal(source_budget_key(which), "bytes_burst");
	settings.bytes_burst = 400 * SOURCE_BYTES_UNIT;
	assert_ok(source_budgets_make(&settings, &budgets, &which));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_rate_for_ever), cmocka_unit_test(worse_and_worse), cmocka_unit_test(citizens_behind_one_address),
		cmocka_unit_test(shared_ones_go_on), cmocka_unit_test(errors_and_time),
		cmocka_unit_test(bytes), cmocka_unit_test(connections_and_handshakes), cmocka_unit_test(turned_away_at_once), cmocka_unit_test(off), cmocka_unit_test(what_takes_too_long_to_earn),
	};

	return cmocka_run_group_tests_name("guard/source_budget", tests, NULL, NULL);
}
