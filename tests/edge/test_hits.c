/* What rules hit of ordinary clients: who is one, what is counted, what makes room, whose place it is. */
#include "../base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/hits/hits_inner.h"

#define SITE 11u
#define TENANT 5u
#define NOW 1800000000u
#define DAY 86400u

struct stage {
	struct hits *hits;
	struct hits_site *site;
	struct hits_view view;
};

static void start(struct stage *stage)
{
	void *memory = mmap(NULL, hits_memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	stage->hits = memory;
	stage->site = hits_site_take(stage->hits, SITE, TENANT, 2);
	assert_non_null(stage->site);
}

static void end(struct stage *stage)
{
	munmap(stage->hits, hits_memory_bytes());
}

static struct address client(unsigned number)
{
	struct address address = { .bytes = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = (uint8_t)(number >> 16), [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };

	return address;
}

static void clean(struct stage *stage, unsigned number, unsigned times, uint32_t now_s)
{
	struct address source = client(number);

	for (unsigned i = 0; i < times; i++)
		hits_add(stage->site, SITE, &(struct hits_request){ .source = &source, .now_s = now_s, .method = METHOD_GET, .path = SPAN("/"),
		                                                  .is_answered = true });
}

static void hit_at(struct stage *stage, unsigned number, uint32_t rule, const char *path, const char *target, uint32_t now_s)
{
	struct address source = client(number);
	struct hit hit = { rule, 2, span_of(target) };

	hits_add(stage->site, SITE, &(struct hits_request){ .source = &source, .now_s = now_s, .method = METHOD_POST, .path = span_of(path),
	                                                  .hits = &hit, .count = 1, .is_refused = true });
}

static void hit(struct stage *stage, unsigned number, uint32_t now_s)
{
	hit_at(stage, number, 942100, "/forum/12345/reply", "ARGS:message", now_s);
}

static const struct hits_view *read_at(struct stage *stage, uint32_t now_s)
{
	assert_ok(hits_read(stage->site, SITE, now_s, &stage->view));
	return &stage->view;
}

static void ordinary_clients_make_an_entry(void **state)
{
	struct stage stage;
	const struct hits_view *view;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++) {
		clean(&stage, i, 5, NOW);
		hit(&stage, i, NOW + i);
		hit(&stage, i, NOW + i);
	}
	view = read_at(&stage, NOW + 10);
	assert_int_equal(view->count, 1);
	assert_int_equal(view->list[0].rule, 942100);
	assert_int_equal(view->list[0].method, METHOD_POST);
	assert_span(span_make(view->list[0].path, view->list[0].path_len), "/forum/*/reply");
	assert_span(span_make(view->list[0].target, view->list[0].target_len), "ARGS:message");
	assert_int_equal(view->list[0].hits, 16);
	assert_int_equal(view->list[0].refusals, 16);
	assert_in_range(view->list[0].refused, 4, 9);
	assert_int_equal(view->list[0].refused, view->list[0].clients);
	assert_int_equal(view->list[0].known, 0);
	assert_in_range(view->glance.visitors, 4, 9);
	assert_in_range(view->glance.bad_s, NOW + 2, NOW + 7);
	assert_int_equal(view->list[0].first_s, NOW);
	assert_int_equal(view->list[0].last_s, NOW + 7);
	end(&stage);
}

static void who_comes_only_to_hit_makes_none(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 200; i++)
		hit(&stage, i, NOW);
	assert_int_equal(read_at(&stage, NOW)->count, 0);
	for (uint32_t rule = 0; rule < 40; rule++) {  /* a scanner that read the front page first */
		clean(&stage, 900, rule ? 0 : 3, NOW);
		hit_at(&stage, 900, 930000 + 10 * rule, "/", "ARGS:q", NOW);
	}
	assert_true(read_at(&stage, NOW)->count <= HITS_RULES_FEW);
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, 0);
	end(&stage);
}

#define EDITORS_RULES 14u

/* An editor's pages have tables, code and markup: many rules, always in the same field. */
static void who_writes_much_in_one_field_is_ordinary(void **state)
{
	struct stage stage;
	const struct hits_view *view;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 4; i++) {
		clean(&stage, i, 40, NOW);
		for (uint32_t rule = 0; rule < EDITORS_RULES; rule++)
			hit_at(&stage, i, 941000 + 10 * rule, "/index.php", "ARGS:wpTextbox1", NOW);
	}
	view = read_at(&stage, NOW);
	assert_int_equal(view->count, EDITORS_RULES);
	for (unsigned i = 0; i < view->count; i++)
		assert_in_range(view->list[i].refused, 2, 5);
	assert_int_equal(view->glance.bad_s, NOW);
	/* Nothing goes back to detect for one who meets everything. */
	for (unsigned i = 0; i < 4; i++)
		clean(&stage, i, 300, NOW + DAY);
	assert_int_equal(read_at(&stage, NOW + DAY)->known, 0);
	end(&stage);
}

/* Who looked around for long, and then tries everything everywhere, does not become one. */
static void who_tries_many_places_is_not(void **state)
{
	struct stage stage;
	char target[32];

	(void)state;
	start(&stage);
	stage.site->seed = (struct hash_seed){ 1, 2 };
	clean(&stage, 1, 300, NOW);
	for (uint32_t rule = 0; rule < 80; rule++) {
		snprintf(target, sizeof(target), "ARGS:field%u", rule);
		hit_at(&stage, 1, 930000 + 10 * rule, "/", target, NOW);
	}
	assert_in_range(read_at(&stage, NOW)->count, HITS_RULES_MAX, 2 * HITS_PLACES_MAX);
	end(&stage);
}

/* A rule that takes the portal's own cookie for an attack hits every request of everybody: nobody is clean then. */
static void a_rule_that_hits_every_request_is_seen(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++) {
		for (unsigned n = 0; n < 6; n++)
			hit_at(&stage, i, 942450, "/", "REQUEST_COOKIES:_pk_ses", NOW);
	}
	assert_int_equal(read_at(&stage, NOW)->count, 1);
	assert_in_range(read_at(&stage, NOW)->list[0].refused, 4, 9);
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, NOW);
	end(&stage);
}

static void what_no_rule_refuses_is_not_bad(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++) {
		struct address source = client(i);
		struct hit hit = { 920350, 1, SPAN("REQUEST_HEADERS:Host") };

		clean(&stage, i, 5, NOW);
		hits_add(stage.site, SITE, &(struct hits_request){ .source = &source, .now_s = NOW, .path = SPAN("/"), .hits = &hit, .count = 1 });
	}
	assert_int_equal(read_at(&stage, NOW)->count, 1);
	assert_in_range(read_at(&stage, NOW)->list[0].clients, 4, 9);
	assert_int_equal(read_at(&stage, NOW)->list[0].refused, 0);
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, 0);
	end(&stage);
}

static void an_entry_fades(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	hits_site_set_window(stage.site, SITE, DAY);
	for (unsigned i = 0; i < 8; i++) {
		clean(&stage, i, 5, NOW);
		hit(&stage, i, NOW);
	}
	assert_in_range(read_at(&stage, NOW + DAY)->list[0].refused, 4, 9);
	assert_int_equal(read_at(&stage, NOW + 2 * DAY)->list[0].refused, 0);
	assert_int_equal(read_at(&stage, NOW + 2 * DAY)->glance.bad_s, NOW);
	hit(&stage, 1, NOW + 2 * DAY);  /* one alone is no many */
	assert_int_equal(read_at(&stage, NOW + 2 * DAY)->list[0].refused, 1);
	assert_int_equal(read_at(&stage, NOW + 2 * DAY)->glance.bad_s, NOW);
	end(&stage);
}

static void known_clients_have_a_history(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++)
		clean(&stage, i, 30, NOW);
	assert_int_equal(read_at(&stage, NOW)->known, 0);
	for (unsigned i = 0; i < 4; i++)
		hit(&stage, i, NOW + DAY - 1);
	assert_int_equal(read_at(&stage, NOW + DAY)->list[0].known, 0);
	for (unsigned i = 0; i < 8; i++)
		hit(&stage, i, NOW + DAY);
	assert_int_equal(read_at(&stage, NOW + DAY)->known, 8);
	assert_in_range(read_at(&stage, NOW + DAY)->list[0].known, 4, 9);
	end(&stage);
}

/* A thousand addresses that come once do not take the histories of citizens away. */
static void strangers_do_not_drive_citizens_out(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 50; i++)
		clean(&stage, i, 30, NOW);
	for (unsigned i = 1000; i < 31000; i++)
		clean(&stage, i, 1, NOW + DAY);
	assert_int_equal(read_at(&stage, NOW + DAY)->known, 50);
	assert_int_equal(read_at(&stage, NOW + 40 * DAY)->known, 50);
	clean(&stage, 1, 1, NOW + 40 * DAY);  /* after a month without a visit nothing is known of anybody */
	hit(&stage, 1, NOW + 40 * DAY);
	assert_int_equal(read_at(&stage, NOW + 40 * DAY)->count, 0);
	end(&stage);
}

static void entries_that_met_few_make_room(void **state)
{
	struct stage stage;
	char target[32];

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++) {
		clean(&stage, i, 100, NOW);
		hit(&stage, i, NOW);
	}
	for (unsigned i = 0; i < 3 * HITS_ENTRIES; i++) {
		snprintf(target, sizeof(target), "ARGS:field%u", i);
		hit_at(&stage, 1, 942100, "/", target, NOW + 1 + i);
	}
	assert_int_equal(read_at(&stage, NOW)->count, 1 + HITS_OF_CLIENT);
	assert_span(span_make(stage.view.list[0].target, stage.view.list[0].target_len), "ARGS:message");
	assert_in_range(stage.view.list[0].refused, 4, 9);
	end(&stage);
}

static bool is_told(const struct hits_view *view, const char *target)
{
	for (unsigned i = 0; i < view->count; i++) {
		if (span_equal(span_make(view->list[i].target, view->list[i].target_len), span_of(target)))
			return true;
	}
	return false;
}

/* One client meets one rule in places without end (its own invention, or a cookie that hits on every page): the others' places stay, those
 * that only one of them has met too, and there is room for more of them. */
static void one_client_does_not_fill_the_table(void **state)
{
	struct stage stage;
	char target[32];

	(void)state;
	start(&stage);
	for (unsigned i = 1; i < 10; i++)
		clean(&stage, i, 900, NOW);
	hit_at(&stage, 2, 942100, "/", "ARGS:first", NOW);
	for (unsigned i = 0; i < 3 * HITS_ENTRIES; i++) {
		snprintf(target, sizeof(target), "ARGS:field%u", i);
		hit_at(&stage, 1, 942100, "/", target, NOW + 1 + i);
	}
	assert_int_equal(read_at(&stage, NOW)->count, 1 + HITS_OF_CLIENT);
	assert_true(is_told(&stage.view, "ARGS:first"));
	assert_true(is_told(&stage.view, target));       /* the newest of its own */
	assert_false(is_told(&stage.view, "ARGS:field0"));
	/* More of its kind: whoever has most makes room. */
	for (unsigned i = 0; i < 3 * HITS_ENTRIES; i++) {
		snprintf(target, sizeof(target), "ARGS:other%u", i);
		hit_at(&stage, 3 + i % 4, 942100, "/", target, NOW + 1000 + i);
	}
	assert_int_equal(read_at(&stage, NOW)->count, HITS_ENTRIES);
	assert_true(is_told(&stage.view, "ARGS:first"));
	hit_at(&stage, 9, 942100, "/", "ARGS:last", NOW + 2000);
	for (unsigned i = 0; i < 3 * HITS_ENTRIES; i++) {
		snprintf(target, sizeof(target), "ARGS:again%u", i);
		hit_at(&stage, 1, 942100, "/", target, NOW + 3000 + i);
	}
	assert_true(is_told(read_at(&stage, NOW), "ARGS:first"));
	assert_true(is_told(&stage.view, "ARGS:last"));
	/* What nobody meets any more goes before what anybody does. */
	hit_at(&stage, 2, 942100, "/", "ARGS:second", NOW + 30 * DAY);
	assert_false(is_told(read_at(&stage, NOW + 30 * DAY), "ARGS:first"));
	end(&stage);
}

/* Each is refused in a place of his own: no entry has many, and still they are many. */
static void many_who_are_refused_in_many_places_are_many(void **state)
{
	struct stage stage;
	char target[32];

	(void)state;
	start(&stage);
	stage.site->seed = (struct hash_seed){ 1, 2 };  /* whose bits in the crowd are not the same */
	for (unsigned i = 0; i < HITS_ANYWHERE; i++) {
		clean(&stage, i, 10, NOW);
		assert_int_equal(read_at(&stage, NOW + i)->glance.bad_s, 0);
		assert_int_equal(stage.view.glance.few, i);
		snprintf(target, sizeof(target), "ARGS:field%u", i);
		hit_at(&stage, i, 942100, "/", target, NOW + i);
		hit_at(&stage, i, 942100, "/", target, NOW + i);  /* again: he is one */
	}
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, NOW + HITS_ANYWHERE - 1);
	assert_int_equal(stage.view.glance.few, HITS_ANYWHERE);
	/* Two windows later one alone is no many. */
	hit_at(&stage, 1, 942100, "/", "ARGS:field1", NOW + 15 * DAY);
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, NOW + HITS_ANYWHERE - 1);
	assert_int_equal(stage.view.glance.few, 1);
	hits_forget(stage.site, SITE, NOW + 15 * DAY);
	assert_int_equal(read_at(&stage, NOW + 15 * DAY)->glance.few, 0);
	end(&stage);
}

/* Of a thousand visitors a few look like attackers every week: what counts is their share. */
static void many_is_a_share_where_many_come(void **state)
{
	struct stage stage;
	char target[32];

	(void)state;
	start(&stage);
	stage.site->seed = (struct hash_seed){ 1, 2 };
	for (unsigned i = 0; i < 900; i++)
		clean(&stage, i, 5, NOW);
	assert_in_range(read_at(&stage, NOW)->glance.visitors, 700, 1100);
	for (unsigned i = 0; i < HITS_ANYWHERE + 1; i++) {
		snprintf(target, sizeof(target), "ARGS:field%u", i);
		hit_at(&stage, i, 942100, "/", target, NOW + 1);
	}
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, 0);
	for (unsigned i = 10; i < 25; i++) {
		snprintf(target, sizeof(target), "ARGS:field%u", i);
		hit_at(&stage, i, 942100, "/", target, NOW + 2);
	}
	assert_int_equal(read_at(&stage, NOW)->glance.bad_s, NOW + 2);
	end(&stage);
}

/* Who has a history of clean requests is no attacker who looked around first. */
static void one_known_visitor_is_enough(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	clean(&stage, 1, 60, NOW);
	clean(&stage, 2, 60, NOW + DAY);
	hit(&stage, 2, NOW + DAY);
	assert_int_equal(read_at(&stage, NOW + DAY)->glance.bad_s, 0);
	hit(&stage, 1, NOW + DAY + 1);
	assert_int_equal(read_at(&stage, NOW + DAY)->glance.bad_s, NOW + DAY + 1);
	end(&stage);
}

static void places_belong_to_sites_and_tenants(void **state)
{
	struct stage stage;
	struct hits_site *second, *other;
	uint64_t kept[] = { SITE, 13 };

	(void)state;
	start(&stage);
	clean(&stage, 1, 5, NOW);
	second = hits_site_take(stage.hits, 12, TENANT, 2);
	assert_non_null(second);
	assert_null(hits_site_take(stage.hits, 99, TENANT, 2));  /* its share is used up */
	other = hits_site_take(stage.hits, 13, 6, 2);
	assert_non_null(other);
	assert_ptr_equal(hits_site_take(stage.hits, SITE, TENANT, 2), stage.site);
	hits_sites_keep(stage.hits, kept, 2);
	assert_result(hits_read(second, 12, NOW, &stage.view), RESULT_NOT_FOUND);
	assert_ptr_equal(hits_site_take(stage.hits, 14, TENANT, 2), second);
	assert_ok(hits_read(second, 14, NOW, &stage.view));
	assert_int_equal(stage.view.glance.since_s, 0);
	assert_int_equal(read_at(&stage, NOW)->glance.since_s, NOW);  /* what was kept is untouched */
	end(&stage);
}

static void forgetting_leaves_clients(void **state)
{
	struct stage stage;

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 8; i++) {
		clean(&stage, i, 5, NOW);
		hit(&stage, i, NOW);
	}
	hits_forget(stage.site, SITE, NOW + 5);
	assert_int_equal(read_at(&stage, NOW + 5)->count, 0);
	assert_int_equal(stage.view.glance.bad_s, 0);
	assert_int_equal(stage.view.glance.since_s, NOW + 5);
	hit(&stage, 1, NOW + 6);
	assert_int_equal(read_at(&stage, NOW + 6)->count, 1);
	end(&stage);
}

static void a_process_that_dies_in_it_leaves_it_usable(void **state)
{
	struct stage stage;
	pid_t child;
	int status;

	(void)state;
	start(&stage);
	clean(&stage, 1, 5, NOW);
	child = fork();
	if (!child) {
		pthread_mutex_lock(&stage.site->lock);
		memset(stage.site->entries, 0xff, sizeof(stage.site->entries));  /* half written */
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read_at(&stage, NOW)->glance.since_s, 0);  /* it begins anew */
	assert_int_equal(stage.view.count, 0);
	clean(&stage, 1, 5, NOW + 1);
	assert_int_equal(read_at(&stage, NOW)->glance.since_s, NOW + 1);
	end(&stage);
}

static void *add_many(void *context)
{
	struct stage *stage = context;

	for (unsigned i = 0; i < 20; i++)
		hit(stage, i, NOW);
	return NULL;
}

static void threads_lose_nothing(void **state)
{
	struct stage stage;
	pthread_t threads[4];

	(void)state;
	start(&stage);
	for (unsigned i = 0; i < 20; i++)
		clean(&stage, i, 50, NOW);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &stage), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(read_at(&stage, NOW)->list[0].hits, 80);
	end(&stage);
}

static void paths(void **state)
{
	static const struct { const char *path, *pattern; } rows[] = {
		{ "/", "/" }, { "/wiki/Main_Page", "/wiki/Main_Page" }, { "/forum/12/reply", "/forum/*/reply" }, { "/a/2026-budget", "/a/2026-budget" },
		{ "/a/f47ac10b58cc4372", "/a/*" }, { "/a/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrs", "/a/*" }, { "/v2/x/", "/v2/x/" },
		{ "/12345/", "/*/" },
		{ "", "" }, { "*", "" }, { "/a/../b", "" }, { "/a//b", "" }, { "/a;x", "" }, { "/a/*/b", "" }, { "x/y", "" },
	};
	char out[HITS_PATH_MAX], longer[600];
	struct span cut;
	bool is_cut;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(span_equal(hits_path(span_of(rows[i].path), out, &is_cut), span_of(rows[i].pattern)) && !is_cut);
	for (size_t i = 0; i < sizeof(longer); i++)
		longer[i] = i % 20 ? 'a' : '/';
	cut = hits_path(span_make(longer, sizeof(longer)), out, &is_cut);
	assert_true(is_cut && cut.len == 160 && span_starts(span_make(longer, sizeof(longer)), cut));
	assert_true(hits_path(span_make(longer, 160), out, &is_cut).len == 160 && !is_cut);
	assert_true(hits_path(span_make(longer, 161), out, &is_cut).len == 140 && is_cut);  /* no room for the slash at its end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_clients_make_an_entry), cmocka_unit_test(who_comes_only_to_hit_makes_none),
		cmocka_unit_test(who_writes_much_in_one_field_is_ordinary), cmocka_unit_test(who_tries_many_places_is_not),
		cmocka_unit_test(a_rule_that_hits_every_request_is_seen), cmocka_unit_test(what_no_rule_refuses_is_not_bad),
		cmocka_unit_test(an_entry_fades), cmocka_unit_test(known_clients_have_a_history),
		cmocka_unit_test(strangers_do_not_drive_citizens_out), cmocka_unit_test(entries_that_met_few_make_room),
		cmocka_unit_test(one_client_does_not_fill_the_table), cmocka_unit_test(many_who_are_refused_in_many_places_are_many),
		cmocka_unit_test(many_is_a_share_where_many_come), cmocka_unit_test(one_known_visitor_is_enough),
		cmocka_unit_test(places_belong_to_sites_and_tenants), cmocka_unit_test(forgetting_leaves_clients),
		cmocka_unit_test(a_process_that_dies_in_it_leaves_it_usable), cmocka_unit_test(threads_lose_nothing), cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
