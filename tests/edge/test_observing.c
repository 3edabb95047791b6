/* A request whose site only observes: what would be done to it is noted once, and counted when it is over. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/observing/observed.h"
#include "edge/observing/observing.h"

#include "base/banned.h"

#define NOW_S 1800000000u
#define KEY 11u

struct stage {
	struct worker worker;
	struct edge_common common;
	struct connection connection;
	struct edge_site site;
	struct plan plan;
	struct request request;
	struct observed *observed;
};

static bool is_bypassed(struct edge_common *common, uint64_t site, uint64_t now_ms)
{
	(void)common;
	(void)now_ms;
	return site == KEY;
}

static void stage_start(struct stage *stage)
{
	*stage = (struct stage){ .site = { .key = KEY, .observes = true }, .observed = calloc(1, sizeof(struct observed) + 64) };
	assert_non_null(stage->observed);
	stage->site.observed = observed_take(stage->observed, KEY, 1, 2, NOW_S);
	assert_non_null(stage->site.observed);
	stage->plan = (struct plan){ .sites = &stage->site, .site_count = 1, .observes = true };
	stage->common.is_bypassed = is_bypassed;
	stage->worker.common = &stage->common;
	stage->connection.worker = &stage->worker;
	stage->request = (struct request){ .connection = &stage->connection, .site = &stage->site };
}

static struct observed_view end(struct stage *stage)
{
	struct observed_view view;

	observed_read(stage->site.observed ? stage->site.observed : &stage->observed->sites[0], NOW_S, &view);
	free(stage->observed);
	return view;
}

static void the_first_decision_counts(void **state)
{
	struct stage stage;
	struct observed_view view;

	(void)state;
	stage_start(&stage);
	assert_true(observe(&stage.request, DECISION_QUEUE, REASON_NONE));
	assert_false(would_be_over(&stage.request));  /* who waits is served */
	stage.request.would = (struct would){ 0 };
	assert_true(observe(&stage.request, DECISION_LIMIT, REASON_RATE_LIMIT));
	assert_true(would_be_over(&stage.request));
	assert_true(observe(&stage.request, DECISION_LIMIT, REASON_QUEUE_FULL));
	assert_int_equal(stage.request.would.reason, REASON_RATE_LIMIT);
	stage.request.caller.is_known = true;
	observed_of_request(&stage.request);
	view = end(&stage);
	assert_int_equal(view.kinds[OBSERVED_ALL].requests, 1);
	assert_int_equal(view.kinds[OBSERVED_ALL].known, 1);
	assert_int_equal(view.kinds[OBSERVED_RATE_LIMIT].requests, 1);
	assert_int_equal(view.kinds[OBSERVED_RATE_LIMIT].known, 1);
	assert_int_equal(view.kinds[OBSERVED_FULL].requests, 0);
}

static void who_is_left_alone_is_counted_with_all(void **state)
{
	struct stage stage;
	struct observed_view view;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 3; i++)
		observed_of_request(&stage.request);
	view = end(&stage);
	assert_int_equal(view.kinds[OBSERVED_ALL].requests, 3);
	assert_int_equal(view.kinds[OBSERVED_ALL].known, 0);
	for (unsigned kind = OBSERVED_ALL + 1; kind < OBSERVED_KINDS; kind++)
		assert_int_equal(view.kinds[kind].requests, 0);
}

/* Nothing is decided of those, or the site acts: what is done is done. */
static void who_is_not_counted(void **state)
{
	struct stage stage;
	struct observed_view view;

	(void)state;
	stage_start(&stage);
	stage.common.bypasses = 1;
	observed_of_request(&stage.request);
	stage.common.bypasses = 0;
	stage.connection.probe = 1;
	observed_of_request(&stage.request);
	stage.connection.probe = 0;
	stage.site.observes = false;
	assert_false(observe(&stage.request, DECISION_LIMIT, REASON_BUDGET));
	assert_int_equal(stage.request.would.decision, DECISION_ALLOW);
	observed_of_request(&stage.request);
	stage.request.site = NULL;
	assert_false(observe(&stage.request, DECISION_LIMIT, REASON_BUDGET));
	observed_of_request(&stage.request);
	view = end(&stage);
	for (unsigned kind = 0; kind < OBSERVED_KINDS; kind++)
		assert_int_equal(view.kinds[kind].requests, 0);
}

static void a_site_without_a_place_is_not_counted(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	stage.site.observed = NULL;
	assert_true(observe(&stage.request, DECISION_LIMIT, REASON_BUDGET));
	observed_of_request(&stage.request);
	observed_ban(&stage.request);
	assert_int_equal(end(&stage).kinds[OBSERVED_ALL].requests, 0);
}

/* Before anybody has said what he wants: by the site that he names. */
static void who_comes_in(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	assert_true(observing_counts(&stage.plan, KEY) && observing_lets_in(&stage.plan, KEY));
	assert_false(observing_counts(&stage.plan, KEY + 1) || observing_lets_in(&stage.plan, KEY + 1));
	stage.plan.has_tenants = true;  /* those of other tenants are others */
	assert_true(observing_counts(&stage.plan, KEY));
	assert_false(observing_lets_in(&stage.plan, KEY));
	stage.site.observes = stage.plan.has_tenants = false;
	assert_false(observing_counts(&stage.plan, KEY) || observing_lets_in(&stage.plan, KEY));
	(void)end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_decision_counts), cmocka_unit_test(who_is_left_alone_is_counted_with_all), cmocka_unit_test(who_is_not_counted),
		cmocka_unit_test(a_site_without_a_place_is_not_counted), cmocka_unit_test(who_comes_in),
	};

	return cmocka_run_group_tests_name("edge/observing", tests, NULL, NULL);
}
