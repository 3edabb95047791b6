/* With which kinds of visitors, of which networks, and in which codings a page is shared. */
#include "learner_stage.h"

#include "base/banned.h"

static void a_kind_that_was_not_seen(void **state)
{
	struct learn_visit french = visit_of(99, "");

	(void)state;
	teach(7);
	french.kind.language = 5;
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_WATCH);
	french.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_NOTHING);
	french.is_peace = true;
	assert_true(cache_learner_tell(learner, &french, &fits, now));
	french.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_SHARE);
}

/* Whoever says nothing is no exception: the portal may answer him in a language of its own. */
static void who_names_no_language(void **state)
{
	struct learn_visit dutch = visit_of(1, ""), any = visit_of(99, "");

	(void)state;
	dutch.kind.language = 5;
	for (dutch.source = 1; dutch.source <= LEARN_SOURCES; dutch.source++)
		(void)cache_learner_tell(learner, &dutch, &fits, now);
	any.is_peace = dutch.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &dutch, now), LEARN_SHARE);
	assert_int_equal(cache_learner_ask(learner, &any, now), LEARN_NOTHING);
}

/* However many kinds one network makes up, those of others stay. */
static void kinds_that_are_made_up(void **state)
{
	struct learn_visit visit = visit_of(99, "");

	(void)state;
	teach(7);
	visit.network = 2;
	assert_true(cache_learner_tell(learner, &visit, &fits, now));
	for (uint32_t i = 1; i <= 10 * LEARN_KINDS; i++, now++) {
		visit.kind.accept = i;
		assert_true(cache_learner_tell(learner, &visit, &fits, now));
	}
	visit.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &visit, now), LEARN_SHARE);
	visit.kind.accept = 0;
	assert_int_equal(cache_learner_ask(learner, &visit, now), LEARN_SHARE);
}

/* What was the same for every language says two things now. */
static void a_kind_from_which_a_change_parts(void **state)
{
	struct learn_visit french = visit_of(99, "");
	struct learn_answer answer = fits;

	(void)state;
	french.kind.language = 5;
	teach(7);
	(void)cache_learner_tell(learner, &french, &answer, now);
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_SHARE);
	now += 60000;
	for (uint64_t source = 1; source <= 1 + LEARN_CONFIRMING; source++)
		(void)see(source, "", 8);
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_WATCH);
	answer.hash = 9;
	answer.asked_ms = now;
	assert_false(cache_learner_tell(learner, &french, &answer, now));
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	french.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &french, now), LEARN_NOTHING);
}

/* A robot alone saw a change, and the page changed again before others came. */
static void a_change_that_one_kind_alone_saw(void **state)
{
	struct learn_visit robot = visit_of(99, "");
	struct learn_answer answer = fits;

	(void)state;
	robot.kind.agent = AGENT_ROBOT;
	teach(7);
	(void)cache_learner_tell(learner, &robot, &answer, now);
	now += 60000;
	answer.hash = 8;
	answer.asked_ms = now;
	(void)cache_learner_tell(learner, &robot, &answer, now);
	now += LEARN_STALE_MS - 1;
	(void)see(1, "", 9);
	assert_int_equal(count_learned(), 1);
	(void)see(1, "", 9);
	assert_int_equal(count_learned(), 0);
	teach(9);
	assert_int_equal(ask(1, ""), LEARN_SHARE);
}

static void a_change_in_an_attack_after_another(void **state)
{
	struct learn_visit robot = visit_of(99, "");
	struct learn_answer answer = fits;

	(void)state;
	robot.kind.agent = AGENT_ROBOT;
	teach(7);
	(void)cache_learner_tell(learner, &robot, &answer, now);
	is_peace = robot.is_peace = false;
	now += 60000;
	answer.hash = 8;
	answer.asked_ms = now;
	for (robot.source = 1; robot.source <= 1 + LEARN_CONFIRMING; robot.source++)
		(void)cache_learner_tell(learner, &robot, &answer, now);
	now += 60000;
	assert_false(see(1, "", 9));
	assert_false(see(2, "", 9));
	assert_true(see(3, "", 9));
}

static void kinds_are_looked_at_again(void **state)
{
	(void)state;
	teach(7);
	now += LEARN_PROOF_MS;
	assert_int_equal(ask(1, ""), LEARN_WATCH);
	is_peace = false;
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	is_peace = true;
	assert_true(see(1, "", 7));
	assert_int_equal(ask(1, ""), LEARN_SHARE);
}

/* Workers look at the clock once a turn: another's may be a little behind. */
static void a_clock_that_is_behind(void **state)
{
	(void)state;
	teach(7);
	now--;
	assert_true(see(1, "", 7));
	now -= 2;
	assert_int_equal(ask(1, ""), LEARN_SHARE);
	now += 60000;
	assert_false(see(1, "", 8));
	now -= 2;
	assert_false(see(2, "", 9));  /* at once another: no change */
	assert_int_equal(count_learned(), 0);
}

/* Twenty colleagues of one network, and a stranger: the portal may know them by their addresses. */
static void networks(void **state)
{
	struct learn_visit colleague = visit_of(1, ""), stranger = visit_of(99, "");

	(void)state;
	colleague.network = 1;
	stranger.network = LEARN_NETWORKS + 1;
	for (colleague.source = 1; colleague.source <= LEARN_SOURCES; colleague.source++)
		(void)cache_learner_tell(learner, &colleague, &fits, now);
	assert_int_equal(cache_learner_ask(learner, &colleague, now), LEARN_SHARE);
	for (uint32_t network = 2; network <= LEARN_NETWORKS; network++) {
		stranger.is_peace = false;
		assert_int_equal(cache_learner_ask(learner, &stranger, now), LEARN_NOTHING);
		stranger.is_peace = true;
		assert_int_equal(cache_learner_ask(learner, &stranger, now), LEARN_WATCH);
		colleague.network = network;
		(void)cache_learner_tell(learner, &colleague, &fits, now);
	}
	assert_int_equal(cache_learner_ask(learner, &stranger, now), LEARN_WATCH);
	stranger.is_peace = false;
	assert_int_equal(cache_learner_ask(learner, &stranger, now), LEARN_SHARE);
}

/* -- codings -- */

static bool see_coded(uint64_t source, const char *query, const char *coding, uint64_t says)
{
	struct learn_visit visit = visit_of(source, query);
	struct learn_answer answer = { .word = WORD_FIT, .coding = span_of(coding), .hash = says, .asked_ms = now, .is_bare = !*query };

	return cache_learner_tell(learner, &visit, &answer, now++);
}

static void teach_coded(void)
{
	for (uint64_t source = 1; source <= LEARN_SOURCES; source++)
		(void)see_coded(source, "", "gzip", 7);
}

static void a_coding_that_comes_late(void **state)
{
	(void)state;
	teach_coded();
	is_peace = false;
	assert_false(see_coded(50, "", "", 17));
	assert_false(see_coded(50, "", "", 17));
	assert_false(see_coded(51, "", "", 17));
	assert_true(see_coded(1, "", "gzip", 7));
	assert_true(see_coded(52, "", "", 17));
	assert_true(see_coded(50, "", "", 17));
}

/* One robot without gzip sees first that the page has changed, and nobody like it comes for an hour. */
static void a_change_that_a_rare_coding_shows(void **state)
{
	(void)state;
	teach_coded();
	for (uint64_t source = 50; source <= 50 + LEARN_CONFIRMING; source++)
		(void)see_coded(source, "", "", 17);
	now += 60000;
	assert_false(see_coded(50, "", "", 18));
	is_peace = false;
	assert_false(see_coded(1, "", "gzip", 8));
	assert_false(see_coded(2, "", "gzip", 8));
	assert_true(see_coded(3, "", "gzip", 8));
	assert_true(see_coded(4, "", "gzip", 8));
	assert_false(see_coded(51, "", "", 18));
	assert_true(see_coded(52, "", "", 18));
}

/* What the other coding says was not the page's: two at the same time. */
static void a_change_that_one_coding_alone_shows(void **state)
{
	(void)state;
	teach_coded();
	(void)see_coded(50, "", "", 17);
	now += 60000;
	(void)see_coded(50, "", "", 18);
	assert_false(see_coded(1, "", "gzip", 7));
	assert_int_equal(ask(1, ""), LEARN_NOTHING);
}

static void a_doubt_of_a_rare_coding(void **state)
{
	(void)state;
	teach_coded();
	for (uint64_t source = 50; source <= 50 + LEARN_CONFIRMING; source++)
		(void)see_coded(source, "", "", 17);
	now += 60000;
	(void)see_coded(50, "q=1", "", 18);
	assert_int_equal(ask(1, ""), LEARN_WATCH);
	assert_false(see_coded(1, "", "gzip", 8));  /* it has changed: it may have been that */
	assert_false(see_coded(2, "", "gzip", 8));
	assert_true(see_coded(3, "", "gzip", 8));
	now += 60000;
	for (uint64_t source = 50; source <= 50 + LEARN_CONFIRMING; source++)
		(void)see_coded(source, "", "", 18);
	(void)see_coded(50, "q=1", "", 19);
	assert_false(see_coded(1, "", "gzip", 8));  /* it has not */
	assert_int_equal(ask(1, ""), LEARN_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_kind_that_was_not_seen), EACH(who_names_no_language), EACH(kinds_that_are_made_up), EACH(a_kind_from_which_a_change_parts),
		EACH(a_change_that_one_kind_alone_saw), EACH(a_change_in_an_attack_after_another), EACH(kinds_are_looked_at_again), EACH(a_clock_that_is_behind), EACH(networks),
		EACH(a_coding_that_comes_late), EACH(a_change_that_a_rare_coding_shows), EACH(a_change_that_one_coding_alone_shows),
		EACH(a_doubt_of_a_rare_coding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
