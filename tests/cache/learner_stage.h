/* A learner with a clock of the test's own, and visitors of one page. */
#ifndef BOUCLIER_TESTS_CACHE_LEARNER_STAGE_H
#define BOUCLIER_TESTS_CACHE_LEARNER_STAGE_H

#include "../base/check.h"

#include "cache/learner.h"

#define KEY "0000000000000001 https://portal.example/news"

static struct cache_learner *learner;
static uint64_t now;
static bool is_peace;

static inline int begin(void **state)
{
	(void)state;
	learner = cache_learner_new();
	assert_non_null(learner);
	now = 1000000;
	is_peace = true;
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	cache_learner_free(learner);
	return 0;
}

static inline struct learn_visit visit_of(uint64_t source, const char *query)
{
	return (struct learn_visit){ .key = SPAN(KEY), .hash = 77, .site = 1, .party = 5, .source = source, .query = span_of(query), .is_peace = is_peace };
}

static inline enum learn_order ask(uint64_t source, const char *query)
{
	struct learn_visit visit = visit_of(source, query);

	return cache_learner_ask(learner, &visit, now);
}

/* SOURCE asks, and gets the page that SAYS. True: it may be given to others. */
static inline bool see(uint64_t source, const char *query, uint64_t says)
{
	struct learn_visit visit = visit_of(source, query);
	enum learn_order order = cache_learner_ask(learner, &visit, now);
	struct learn_answer answer = { .word = WORD_FIT, .hash = says, .asked_ms = now, .is_bare = !*query || order == LEARN_SHARE };

	return order != LEARN_NOTHING && cache_learner_tell(learner, &visit, &answer, now++);
}

static inline void teach(uint64_t says)
{
	for (uint64_t source = 1; source <= LEARN_SOURCES; source++)
		(void)see(source, "", says);
}

static inline size_t count_learned(void)
{
	size_t learned = 0;

	(void)cache_learner_view(learner, NULL, 0, &learned);
	return learned;
}

static const struct learn_answer fits = { .word = WORD_FIT, .hash = 7, .is_bare = true };

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
