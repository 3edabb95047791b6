/* One rule that goes back to detect in one place: who must be refused for it, what limits it, how it ends. */
#include "../base/check.h"

#include <string.h>
#include <sys/mman.h>

#include "edge/hits/hits.h"
#include "edge/hits/retreat.h"

#define SITE 11u
#define NOW 1800000000u
#define DAY 86400u

struct stage {
	struct hits *hits;
	struct hits_site *site;
	struct retreat out[RETREATS_MAX];
	const char *path;            /* where they come; NULL: "/form" */
	bool is_stubborn;            /* the route's rules do not retreat */
};

static void start(struct stage *stage)
{
	void *memory = mmap(NULL, hits_memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	*stage = (struct stage){ .hits = memory };
	stage->site = hits_site_take(stage->hits, SITE, 1, 1);
	assert_non_null(stage->site);
}

static void end(struct stage *stage)
{
	munmap(stage->hits, hits_memory_bytes());
}

static void come(struct stage *stage, unsigned number, const struct hit *hit, uint32_t now_s)
{
	struct address source = { .bytes = { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };

	hits_add(stage->site, SITE, &(struct hits_request){ .source = &source, .now_s = now_s, .method = METHOD_POST, .path = span_of(stage->path ? stage->path : "/form"),
	                                                  .may_retreat = !stage->is_stubborn, .hits = hit, .count = hit != NULL, .is_refused = hit != NULL, .is_answered = !hit });
}

/* COUNT visitors with a history that begins AGO before NOW. */
static void visit(struct stage *stage, unsigned first, unsigned count, uint32_t ago)
{
	for (unsigned i = first; i < first + count; i++) {
		for (unsigned n = 0; n < 40; n++)
			come(stage, i, NULL, NOW - ago);
	}
}

static void refuse(struct stage *stage, unsigned first, unsigned count, uint32_t rule, uint32_t now_s)
{
	struct hit hit = { rule, 2, SPAN("ARGS:text") };

	for (unsigned i = first; i < first + count; i++)
		come(stage, i, &hit, now_s);
}

static bool may_all_but_protocol(void *context, uint32_t rule, enum method method, struct span path)
{
	(void)context;
	if (method == METHOD_POST && span_equal(path, SPAN("/stubborn")))
		return false;
	return rule < 920000 || rule > 922999;
}

static const struct retreat_judge judge = { NULL, may_all_but_protocol };

static unsigned look(struct stage *stage, uint32_t now_s)
{
	return retreat_look(stage->site, SITE, now_s, &judge, stage->out);
}

static unsigned at(struct stage *stage, enum method method, const char *path, uint32_t now_s)
{
	struct waf_retreat targets[RETREATS_MAX];
	char texts[RETREATS_MAX * HITS_TARGET_MAX];

	return retreat_of_request(stage->site, SITE, method, span_of(path), now_s, targets, texts);
}

static void known_visitors_bring_it_about(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 30, 2 * DAY);
	refuse(&stage, 0, 8, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	refuse(&stage, 8, 22, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 1);
	assert_int_equal(stage.out[0].rule, 942100);
	assert_int_equal(look(&stage, NOW), 0);
	assert_true(retreat_is_any(stage.site));
	assert_int_equal(at(&stage, METHOD_POST, "/form", NOW), 1);
	assert_int_equal(at(&stage, METHOD_GET, "/form", NOW), 0);  /* the rest of the site is in block */
	assert_int_equal(at(&stage, METHOD_POST, "/other", NOW), 0);
	assert_int_equal(at(&stage, METHOD_POST, "/x/../form", NOW), 0);
	assert_int_equal(at(&stage, METHOD_POST, "/form", NOW + RETREAT_S), 0);
	assert_int_equal(retreat_expire(stage.site, SITE, NOW + RETREAT_S, stage.out), 1);
	assert_false(retreat_is_any(stage.site));
	end(&stage);
}

/* A thousand addresses without a history, be they as clean as they like today, bring nothing about. */
static void strangers_do_not(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 1000, 3600);
	refuse(&stage, 0, 1000, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	assert_false(retreat_is_any(stage.site));
	end(&stage);
}

/* Of a large portal's visitors a few dozen are not enough: one in RETREAT_SHARE of those who are known. */
static void a_large_portal_wants_more(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 1200, 2 * DAY);
	refuse(&stage, 0, 30, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	refuse(&stage, 0, 100, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 1);
	end(&stage);
}

static void rules_about_the_protocol_never(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 40, 2 * DAY);
	refuse(&stage, 0, 40, 921110, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	end(&stage);
}

static void no_more_than_some_a_day(void **state)
{
	struct stage stage;
	unsigned all = 0;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 6; i++) {  /* each rule has visitors of its own: who hits many rules is no ordinary client */
		visit(&stage, 40 * i, 40, 2 * DAY);
		refuse(&stage, 40 * i, 40, 942100 + 10 * i, NOW);
		all += look(&stage, NOW + i);
	}
	assert_int_equal(all, RETREAT_A_DAY);
	end(&stage);
}

static void what_a_person_enforced_stays(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 80, 2 * DAY);
	assert_false(retreat_enforce(stage.site, SITE, NOW, 942100));
	refuse(&stage, 0, 40, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 1);
	assert_true(retreat_enforce(stage.site, SITE, NOW, 942100));
	assert_int_equal(at(&stage, METHOD_POST, "/form", NOW), 0);
	assert_false(retreat_is_any(stage.site));
	refuse(&stage, 40, 40, 942100, NOW + 5);
	assert_int_equal(look(&stage, NOW + 5), 0);
	assert_int_equal(retreat_expire(stage.site, SITE, NOW + ENFORCED_S, stage.out), 0);  /* no news: it was in block all the time */
	assert_int_equal(retreat_list(stage.site, SITE, stage.out), 0);
	end(&stage);
}

/* Neither is a retreat where the route takes none: by what it said when it refused, or by what it says now. */
static void a_stubborn_route_has_none(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	visit(&stage, 0, 60, 2 * DAY);
	stage.is_stubborn = true;
	refuse(&stage, 0, 60, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	stage.is_stubborn = false;
	stage.path = "/stubborn";
	refuse(&stage, 0, 60, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 0);
	stage.path = "/other";
	refuse(&stage, 0, 60, 942100, NOW);
	assert_int_equal(look(&stage, NOW), 1);  /* which brings an alarm, and still no retreat of the first */
	assert_int_equal(at(&stage, METHOD_POST, "/form", NOW) + at(&stage, METHOD_POST, "/stubborn", NOW), 0);
	assert_int_equal(at(&stage, METHOD_POST, "/other", NOW), 1);
	end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_visitors_bring_it_about), cmocka_unit_test(strangers_do_not), cmocka_unit_test(a_large_portal_wants_more),
		cmocka_unit_test(rules_about_the_protocol_never), cmocka_unit_test(no_more_than_some_a_day), cmocka_unit_test(what_a_person_enforced_stays),
		cmocka_unit_test(a_stubborn_route_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
