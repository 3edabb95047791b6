/* What would have been done, counted: of days that go by, by many at once, and what is said of it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "edge/observing/observed.h"

#define DAY 86400u
#define START (20000u * (uint64_t)DAY + 100)

static struct observed *table_new(void)
{
	/* Only pages that are touched cost anything. */
	struct observed *observed = calloc(1, sizeof(*observed) + 64);

	assert_non_null(observed);
	return observed;
}

static struct observed_site *site_new(struct observed *observed, uint64_t now_s)
{
	struct observed_site *site = observed_take(observed, 11, 1, 2, now_s);

	assert_non_null(site);
	return site;
}

static void add(struct observed_site *site, enum observed_kind kind, uint64_t source, bool is_known)
{
	observed_add(site, kind, &(struct observed_request){ { source, SOURCE_V4 }, is_known });
}

static void each_site_has_its_own(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *one = observed_take(observed, 11, 1, 2, START), *two = observed_take(observed, 12, 1, 2, START);
	struct observed_view view;

	(void)state;
	assert_true(one && two && one != two);
	assert_null(observed_take(observed, 13, 1, 2, START));  /* the tenant's share */
	assert_non_null(observed_take(observed, 13, 2, 2, START));
	add(one, OBSERVED_BUDGET, 5, false);
	assert_ptr_equal(observed_take(observed, 11, 1, 2, START + DAY), one);
	observed_read(one, START, &view);
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 1);
	observed_keep(observed, (const uint64_t[]){ 12, 13 }, 2);
	one = observed_take(observed, 14, 1, 2, START + DAY);  /* in the place that is free again, and empty */
	observed_read(one, START + DAY, &view);
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 0);
	assert_int_equal(view.since_s, START + DAY);
	free(observed);
}

static void sources_are_counted_once(void **state)
{
	static const unsigned counts[] = { 0, 1, 2, 3, 10, 40, 1000, 100000 };
	struct observed *observed = table_new();

	(void)state;
	for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct observed_site *site = observed_take(observed, i + 1, 1, 100, START);
		unsigned off = counts[i] < 2 ? 0 : counts[i] <= 10 ? 4 : counts[i] <= 40 ? 12 : counts[i] / 3;  /* by chance two may look alike */
		unsigned known = counts[i] < 3 ? counts[i] : 3;
		struct observed_view view;

		for (unsigned n = 0; n < 2 * counts[i]; n++)
			add(site, OBSERVED_FULL, n % counts[i], n % counts[i] < 3);
		observed_read(site, START, &view);
		assert_int_equal(view.kinds[OBSERVED_FULL].requests, 2 * counts[i]);
		assert_in_range(view.kinds[OBSERVED_FULL].sources + off, counts[i], counts[i] + 2 * off);
		assert_in_range(view.kinds[OBSERVED_FULL].known, known > 1 ? known - 1 : known, known);
		assert_int_equal(view.kinds[OBSERVED_BUDGET].requests + view.kinds[OBSERVED_BUDGET].sources, 0);
	}
	free(observed);
}

/* One request a day, of another source each: eight days are told, and no more, however long it goes on; nothing is lost by a clock that is set back. */
static void days_go_by(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *site = site_new(observed, START);
	struct observed_view view;

	(void)state;
	for (unsigned day = 0; day < 30; day++) {
		uint64_t now_s = START + day * (uint64_t)DAY;

		observed_turn(site, now_s);
		observed_turn(site, now_s + 50);
		add(site, OBSERVED_BUDGET, day, false);
		observed_read(site, now_s, &view);
		assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, day < 8 ? day + 1 : 8);
		assert_in_range(view.kinds[OBSERVED_BUDGET].sources + 4, day < 8 ? day + 1 : 8, day < 8 ? day + 6 : 13);
	}
	observed_turn(site, START + 28 * (uint64_t)DAY);
	add(site, OBSERVED_BUDGET, 28, false);
	observed_turn(site, START + 29 * (uint64_t)DAY);
	observed_read(site, START + 29 * (uint64_t)DAY, &view);
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 9);
	observed_read(site, START + 60 * (uint64_t)DAY, &view);  /* nobody came for a month */
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 0);
	free(observed);
}

/* Nobody has come since, so no other day has begun: it is told for seven days more, and then not. */
static void a_day_is_told_for_a_week(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *site = site_new(observed, START);
	struct observed_view view;

	(void)state;
	add(site, OBSERVED_BUDGET, 1, false);
	observed_read(site, START + 7 * (uint64_t)DAY, &view);
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 1);
	observed_read(site, START + 8 * (uint64_t)DAY, &view);
	assert_int_equal(view.kinds[OBSERVED_BUDGET].requests, 0);
	free(observed);
}

/* Who is asked to prove himself, waits or would be banned is served. */
static void who_is_not_refused_is_not_counted_with_them(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *site = site_new(observed, START);
	struct observed_view view;

	(void)state;
	add(site, OBSERVED_ALL, 1, true);
	add(site, OBSERVED_CHALLENGED, 2, true);
	add(site, OBSERVED_QUEUE, 3, true);
	add(site, OBSERVED_BAN, 4, true);
	observed_read(site, START, &view);
	assert_int_equal(view.refused_known, 0);
	add(site, OBSERVED_HELD_OFF, 5, true);
	observed_read(site, START, &view);
	assert_int_equal(view.refused_known, 1);
	free(observed);
}

/* Whom one kind refuses and whom another does are two, and who meets both is one; on whichever day. */
static void the_refused_are_counted_together(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *site = site_new(observed, START);
	struct observed_view view;

	(void)state;
	add(site, OBSERVED_BUDGET, 1, true);
	add(site, OBSERVED_BANNED, 1, true);
	for (uint64_t known = 100; known < 140; known++)
		add(site, known % 2 ? OBSERVED_RATE_LIMIT : OBSERVED_FULL, known, true);
	add(site, OBSERVED_CHALLENGED, 3, true);
	add(site, OBSERVED_FULL, 4, false);
	observed_turn(site, START + DAY);
	add(site, OBSERVED_BUDGET, 1, true);
	observed_read(site, START + DAY, &view);
	assert_in_range(view.refused_known, 31, 51);
	assert_in_range(view.kinds[OBSERVED_FULL].known, 12, 26);
	observed_read(site, START + 60 * (uint64_t)DAY, &view);
	assert_int_equal(view.refused_known, 0);
	free(observed);
}

static void *count(void *context)
{
	for (unsigned i = 0; i < 20000; i++)
		add(context, OBSERVED_FULL, i % 7, true);
	return NULL;
}

static void many_count_at_once(void **state)
{
	struct observed *observed = table_new();
	struct observed_site *site = site_new(observed, START);
	struct observed_view view;
	pthread_t threads[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, site), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	observed_read(site, START, &view);
	assert_int_equal(view.kinds[OBSERVED_FULL].requests, 80000);
	assert_in_range(view.kinds[OBSERVED_FULL].known, 4, 8);
	free(observed);
}

static void each_decision_has_a_kind(void **state)
{
	static const struct { enum decision decision; enum reason reason; enum observed_kind kind; } rows[] = {
		{ DECISION_BLOCK, REASON_BANNED, OBSERVED_BANNED }, { DECISION_LIMIT, REASON_RATE_LIMIT, OBSERVED_RATE_LIMIT },
		{ DECISION_LIMIT, REASON_BUDGET, OBSERVED_BUDGET }, { DECISION_LIMIT, REASON_CONNECTIONS, OBSERVED_CONNECTIONS },
		{ DECISION_LIMIT, REASON_QUEUE_FULL, OBSERVED_FULL }, { DECISION_LIMIT, REASON_CHALLENGED, OBSERVED_HELD_OFF },
		{ DECISION_CHALLENGE, REASON_CHALLENGED, OBSERVED_CHALLENGED }, { DECISION_QUEUE, REASON_NONE, OBSERVED_QUEUE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(observed_kind_of(rows[i].decision, rows[i].reason), rows[i].kind);
		assert_int_equal(observed_is_refusal(rows[i].kind), rows[i].decision == DECISION_BLOCK || rows[i].decision == DECISION_LIMIT);
	}
	assert_false(observed_is_refusal(OBSERVED_BAN) || observed_is_refusal(OBSERVED_ALL));
}

static void what_is_said(void **state)
{
	static const struct { uint32_t for_s; unsigned citizens, refused_known; uint64_t refused; enum observed_verdict verdict; const char *says; } rows[] = {
		{ 3 * 3600, 10, 0, 0, OBSERVED_TOO_EARLY, "Too early to tell: it observes for 3 hours" },
		{ 3 * 3600, 10, 0, 5, OBSERVED_TOO_EARLY, "Too early to tell" },
		{ 3 * 3600, 10, 1, 5, OBSERVED_UNSAFE, "Not safe to turn on yet: 1 of 10 known citizens would have been refused, most of them for queue-full" },
		{ DAY - 1, 10, 0, 0, OBSERVED_TOO_EARLY, "it observes for 23 hours" },
		{ DAY, 10, 0, 0, OBSERVED_SAFE, "so far" },
		{ 7 * DAY - 1, 0, 0, 0, OBSERVED_SAFE, "so far, and a week says more." },
		{ 7 * DAY, 0, 0, 0, OBSERVED_SAFE, "in the last week." },
		{ 2 * DAY, 0, 0, 0, OBSERVED_SAFE, "Safe to turn on: nobody would have been refused so far, and a week says more." },
		{ 8 * DAY, 0, 0, 0, OBSERVED_SAFE, "Safe to turn on: nobody would have been refused in the last week." },
		{ 8 * DAY, 900, 0, 70000, OBSERVED_SAFE, "Safe to turn on: 70000 requests would have been refused, and of 900 known citizens nobody in the last week." },
		{ 8 * DAY, 4000, 3, 9, OBSERVED_SAFE, "fewer than one in a thousand" },
		{ 8 * DAY, 4000, 4, 9, OBSERVED_UNSAFE, "4 of 4000 known" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct observed_view view = { .since_s = START, .refused_known = rows[i].refused_known };
		char text[OBSERVED_SAYS_MAX];

		view.kinds[OBSERVED_ALL].known = rows[i].citizens;
		view.kinds[OBSERVED_FULL] = (struct observed_total){ rows[i].refused, 5, rows[i].refused_known > 1 ? 2 : rows[i].refused_known };  /* others met other kinds */
		view.kinds[OBSERVED_CHALLENGED] = (struct observed_total){ 99, 99, 99 };  /* asked, not refused */
		assert_int_equal(observed_say(&view, START + rows[i].for_s, text), rows[i].verdict);
		if (!strstr(text, rows[i].says))
			fail_msg("found \"%s\", expected \"%s\"", text, rows[i].says);
	}
}

/* Of the kinds that refuse, the one that met most known citizens; before it has begun, by a clock that was set back, it is too early. */
static void which_is_said_to_be_worst(void **state)
{
	struct observed_view view = { .since_s = START, .refused_known = 9 };
	char text[OBSERVED_SAYS_MAX];

	(void)state;
	view.kinds[OBSERVED_ALL].known = 10;
	view.kinds[OBSERVED_BANNED].known = 2;
	view.kinds[OBSERVED_BUDGET].known = 7;
	view.kinds[OBSERVED_HELD_OFF].known = 6;
	view.kinds[OBSERVED_QUEUE].known = 10;  /* kept waiting, not refused */
	assert_int_equal(observed_say(&view, START + 8 * (uint64_t)DAY, text), OBSERVED_UNSAFE);
	assert_non_null(strstr(text, "9 of 10 known citizens would have been refused, most of them for budget"));
	view = (struct observed_view){ .since_s = START };
	assert_int_equal(observed_say(&view, START - 5, text), OBSERVED_TOO_EARLY);
	assert_non_null(strstr(text, "for 0 hours"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_site_has_its_own),
		cmocka_unit_test(sources_are_counted_once),
		cmocka_unit_test(days_go_by),
		cmocka_unit_test(a_day_is_told_for_a_week), cmocka_unit_test(who_is_not_refused_is_not_counted_with_them),
		cmocka_unit_test(the_refused_are_counted_together),
		cmocka_unit_test(many_count_at_once),
		cmocka_unit_test(each_decision_has_a_kind),
		cmocka_unit_test(what_is_said), cmocka_unit_test(which_is_said_to_be_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
