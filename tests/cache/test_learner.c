/* What is learned of pages, with a clock of the test's own: peace, parameters, changes, attacks, and a day of them. */
#include "learner_stage.h"

#include "base/banned.h"

static void say(uint64_t source, const char *query, enum likeness_word word)
{
	struct learn_visit visit = visit_of(source, query);
	struct learn_answer answer = { .word = word, .asked_ms = now, .is_bare = !*query };

	(void)cache_learner_tell(learner, &visit, &answer, now++);
}

static void twenty_sources(void **state)
{
	(void)state;
	assert_int_equal(ask(1, "q=1"), LEARN_NOTHING);
	for (unsigned i = 0; i < 100; i++)
		assert_false(see(1 + i % (LEARN_SOURCES - 1), "", 7));
	assert_int_equal(ask(1, ""), LEARN_WATCH);
	assert_true(see(LEARN_SOURCES, "", 7));
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	assert_int_equal(count_learned(), 1);
}

static void queries_are_ignored_in_an_attack_only(void **state)
{
	(void)state;
	teach(7);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(ask(i, "utm=1"), LEARN_WATCH);
		(void)see(i, "utm=1", 7);
	}
	is_peace = false;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(ask(i, "z=1"), LEARN_SHARE);
}

static void a_parameter_that_matters(void **state)
{
	(void)state;
	teach(7);
	assert_false(see(30, "q=paspoort", 8));
	assert_int_equal(ask(30, ""), LEARN_WATCH);
	is_peace = false;
	assert_int_equal(ask(30, ""), LEARN_WATCH);
	assert_false(see(31, "", 7));  /* it has not changed: it was the parameter */
	assert_int_equal(ask(30, ""), LEARN_NOTHING);
	is_peace = true;
	now += LEARN_PARAMETER_MS - 1000;
	teach(7);
	assert_int_equal(count_learned(), 0);
	now += 1000;
	teach(7);
	assert_int_equal(count_learned(), 1);
}

static void a_parameter_that_came_with_a_change(void **state)
{
	(void)state;
	teach(7);
	now += 100000;
	assert_false(see(30, "utm=1", 8));
	assert_false(see(31, "", 8));
	assert_false(see(32, "", 8));
	assert_true(see(33, "", 8));
	assert_int_equal(ask(30, ""), LEARN_SHARE);
}

static void a_parameter_while_it_is_watched(void **state)
{
	(void)state;
	(void)see(1, "", 7);
	(void)see(2, "q=1", 8);
	teach(7);
	assert_int_equal(ask(3, ""), LEARN_NOTHING);
}

static void changes(void **state)
{
	(void)state;
	teach(7);
	now += 60000;
	assert_false(see(1, "", 8));  /* nobody else has it yet */
	assert_int_equal(ask(2, ""), LEARN_WATCH);
	assert_false(see(1, "", 8));
	assert_false(see(2, "", 8));
	assert_true(see(3, "", 8));
	assert_int_equal(ask(2, ""), LEARN_SHARE);
	now += 60000;
	assert_false(see(1, "", 9));
	assert_false(see(2, "", 8));  /* both at the same time */
	assert_int_equal(ask(2, ""), LEARN_NOTHING);
	now += LEARN_REFUSED_MS;
	assert_int_equal(ask(2, ""), LEARN_WATCH);
}

/* It was asked for before the page changed, and comes behind one that was asked for later. */
static void a_late_answer(void **state)
{
	struct learn_visit visit = visit_of(9, "");
	struct learn_answer late = { .word = WORD_FIT, .hash = 7, .is_bare = true };

	(void)state;
	teach(7);
	now += 60000;
	late.asked_ms = now - 1;
	(void)see(1, "", 8);
	assert_false(cache_learner_tell(learner, &visit, &late, now));
	(void)see(2, "", 8);
	assert_true(see(3, "", 8));
}

static void every_answer_differs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		(void)see(i, "", 100 + i);
	assert_int_equal(ask(9, ""), LEARN_NOTHING);
	now += LEARN_REFUSED_MS;
	for (unsigned i = 0; i < 1000; i++, now += LEARN_STEADY_MS)  /* however slowly */
		assert_false(see(i, "", 100 + i));
	assert_int_equal(count_learned(), 0);
}

static void what_is_not_for_everybody(void **state)
{
	(void)state;
	teach(7);
	is_peace = false;
	say(1, "", WORD_NONE);
	say(1, "", WORD_ELSEWHERE);
	say(1, "", WORD_GONE);
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	say(1, "", WORD_UNFIT);
	assert_int_equal(ask(1, ""), LEARN_NOTHING);
	is_peace = true;
	now += LEARN_REFUSED_MS;
	teach(7);
	say(1, "", WORD_NONE);
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	say(1, "", WORD_GONE);
	assert_int_equal(ask(1, ""), LEARN_WATCH);
	teach(7);
	assert_int_equal(count_learned(), 1);
	say(1, "", WORD_ELSEWHERE);
	assert_int_equal(count_learned(), 0);
}

static void frozen_above_normal(void **state)
{
	(void)state;
	is_peace = false;
	teach(7);
	assert_int_equal(count_learned(), 0);
	is_peace = true;
	teach(7);
	is_peace = false;
	now += 60000;
	assert_true(see(1, "", 7));
	assert_int_equal(ask(3, "q=1"), LEARN_SHARE);
	assert_false(see(1, "", 8));  /* who fetches it does not bring it to all */
	assert_false(see(1, "", 8));
	assert_int_equal(ask(3, "q=1"), LEARN_SHARE);  /* one after the other asks for the page alone, until enough have seen it */
	assert_false(see(2, "", 8));
	assert_true(see(3, "", 8));
}

/* An attack begins between a change and those who see it too: the page is shared again, and not at the origin's cost for all of it. */
static void confirmed_in_an_attack(void **state)
{
	(void)state;
	teach(7);
	now += 60000;
	(void)see(1, "", 8);
	assert_int_equal(ask(2, ""), LEARN_WATCH);
	is_peace = false;
	assert_int_equal(ask(2, ""), LEARN_SHARE);
	(void)see(2, "", 8);
	assert_true(see(3, "", 8));
}

static size_t purge(enum purge_kind kind, const char *text, uint64_t site)
{
	struct cache_purge what = { .site = site, .kind = kind, .text = span_of(text) };

	return cache_learner_purge(learner, &what);
}

static void purged(void **state)
{
	uint64_t site;

	(void)state;
	memcpy(&site, "\0\0\0\0\0\0\0\1", sizeof(site));
	teach(7);
	assert_int_equal(purge(PURGE_ADDRESS, "/new", site), 0);
	assert_int_equal(purge(PURGE_TAG, "news", site), 0);
	assert_int_equal(purge(PURGE_ADDRESS, "/news", site + 1), 0);
	assert_int_equal(purge(PURGE_ADDRESS, "/news", site), 1);
	teach(7);
	assert_int_equal(purge(PURGE_PREFIX, "https://portal.example/", site), 1);
	assert_int_equal(count_learned(), 0);
}

static bool serves_nobody(const void *context, uint64_t party)
{
	return party == *(const uint64_t *)context;
}

static void a_tenant_leaves(void **state)
{
	uint64_t party = 5;

	(void)state;
	teach(7);
	cache_learner_leave(learner, serves_nobody, &party);
	assert_int_equal(count_learned(), 1);
	party = 6;
	cache_learner_leave(learner, serves_nobody, &party);
	assert_int_equal(count_learned(), 0);
}

static struct learn_visit page_of(char text[LEARN_KEY_MAX], uint64_t number, uint64_t party)
{
	size_t len = (size_t)snprintf(text, LEARN_KEY_MAX, "0000000000000001 https://portal.example/%llu", (unsigned long long)number);

	return (struct learn_visit){ .key = span_make(text, len), .hash = hash_u64(number), .site = 1, .party = party, .source = number, .is_peace = true };
}

/* However many pages are asked for once, and whosever: what is learned stays. */
static void a_flood_of_pages(void **state)
{
	const struct learn_answer answer = { .word = WORD_FIT, .hash = 3, .is_bare = true };
	char text[LEARN_KEY_MAX];

	(void)state;
	teach(7);
	for (uint64_t i = 0; i < 20 * LEARN_PAGES; i++) {
		struct learn_visit visit = page_of(text, i, 5 + i % 2);

		visit.network = (uint32_t)i;
		(void)cache_learner_tell(learner, &visit, &answer, now++);
	}
	assert_int_equal(ask(1, ""), LEARN_SHARE);
}

/* One network asks for thousands of pages, and teaches them too: those that citizens are about to teach stay, and so does room for more. */
static void a_flood_of_pages_of_one_network(void **state)
{
	const struct learn_answer answer = { .word = WORD_FIT, .hash = 3, .is_bare = true };
	char text[LEARN_KEY_MAX];
	size_t before;

	(void)state;
	for (uint64_t source = 1; source < LEARN_SOURCES; source++)
		(void)see(source, "", 7);
	for (uint64_t i = 0; i < 20 * LEARN_PAGES; i++) {
		struct learn_visit visit = page_of(text, i, 5);

		visit.network = 9;
		for (visit.source = 1; visit.source <= LEARN_SOURCES; visit.source++)
			(void)cache_learner_tell(learner, &visit, &answer, now);
		now++;
	}
	assert_true(see(LEARN_SOURCES, "", 7));
	before = count_learned();
	assert_in_range(before, 1, LEARN_PAGES / LEARN_WAYS * LEARN_BEGUN + 1);
	for (uint64_t i = 0; i < 100; i++) {
		struct learn_visit visit = page_of(text, 1000000 + i, 5);

		visit.network = 4;
		for (visit.source = 1; visit.source <= LEARN_SOURCES; visit.source++)
			(void)cache_learner_tell(learner, &visit, &answer, now);
	}
	assert_int_equal(count_learned(), before + 100);
}

static void what_is_shown(void **state)
{
	const struct learn_answer answer = { .word = WORD_FIT, .hash = 3, .is_bare = true };
	struct learn_view list[3];
	char text[LEARN_KEY_MAX];
	size_t learned = 0;

	(void)state;
	for (uint64_t page = 0; page < 6; page++) {
		struct learn_visit visit = page_of(text, page, 5);

		for (visit.source = 0; visit.source < LEARN_SOURCES; visit.source++)
			(void)cache_learner_tell(learner, &visit, &answer, now);
		for (uint64_t i = 0; i < page * 5 % 6; i++)  /* 0 5 4 3 2 1 times */
			assert_int_equal(cache_learner_ask(learner, &visit, now), LEARN_SHARE);
	}
	assert_int_equal(cache_learner_view(learner, list, 3, &learned), 3);
	assert_int_equal(learned, 6);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(list[i].shared, 5 - i);
	assert_true(span_equal(span_make(list[0].url, list[0].url_len), SPAN("https://portal.example/1")));
}

static void long_addresses(void **state)
{
	char text[LEARN_KEY_MAX + 1];
	struct learn_visit visit = visit_of(1, "");

	(void)state;
	memset(text, 'a', sizeof(text));
	visit.key = span_make(text, sizeof(text));
	assert_int_equal(cache_learner_ask(learner, &visit, now), LEARN_NOTHING);
	assert_false(cache_learner_tell(learner, &visit, &(struct learn_answer){ .word = WORD_FIT, .hash = 1, .is_bare = true }, now));
	visit.key.len--;
	assert_int_equal(cache_learner_ask(learner, &visit, now), LEARN_WATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(twenty_sources), EACH(queries_are_ignored_in_an_attack_only), EACH(a_flood_of_pages_of_one_network),
		EACH(a_parameter_that_matters), EACH(a_parameter_that_came_with_a_change), EACH(a_parameter_while_it_is_watched), EACH(changes),
		EACH(a_late_answer), EACH(every_answer_differs), EACH(what_is_not_for_everybody), EACH(frozen_above_normal), EACH(confirmed_in_an_attack),
		EACH(purged), EACH(a_tenant_leaves), EACH(a_flood_of_pages), EACH(what_is_shown), EACH(long_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
