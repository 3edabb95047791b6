/* Sites that a person closed: until when, for whom not, how many, and what their requests are told. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/request.h"

#include "base/banned.h"

#define NOW_MS ((uint64_t)1800000000000)

static struct maintenances *list_new(void)
{
	struct maintenances *all = calloc(1, sizeof(*all));

	assert_non_null(all);
	return all;
}

static struct maintenance wish_of(uint64_t site, uint64_t for_ms)
{
	return (struct maintenance){ .site = site, .until_ms = NOW_MS + for_ms };
}

static void begins_and_ends(void **state)
{
	struct maintenances *all = list_new();
	struct maintenance wish = wish_of(7, 5000), out;

	(void)state;
	assert_false(maintenance_find(NULL, 7, NOW_MS, &out));
	assert_false(maintenance_find(all, 7, NOW_MS, &out));
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_true(maintenance_find(all, 7, NOW_MS + 4999, &out));
	assert_false(maintenance_find(all, 7, NOW_MS + 5000, &out));
	assert_false(maintenance_find(all, 8, NOW_MS, &out));
	assert_false(maintenance_find(all, 0, NOW_MS, &out));
	/* said again: the new end, at another place, and the first is free */
	wish.until_ms = NOW_MS + 9000;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_true(all->used == 2 && all->sites[0] == 0 && all->sites[1] == 7);
	assert_true(maintenance_find(all, 7, NOW_MS + 8000, &out));
	assert_ok(maintenance_end(all, 7, NOW_MS, &out));
	assert_true(out.until_ms == NOW_MS + 9000);
	assert_false(maintenance_find(all, 7, NOW_MS, &out));
	assert_result(maintenance_end(all, 7, NOW_MS, &out), RESULT_NOT_FOUND);
	free(all);
}

static void what_is_over_is_told_once(void **state)
{
	struct maintenances *all = list_new();
	struct maintenance wish = wish_of(7, 5000), out;

	(void)state;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	wish = wish_of(8, 9000);
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_false(maintenance_take_over(all, NOW_MS + 4999, &out));
	assert_true(maintenance_take_over(all, NOW_MS + 5000, &out));
	assert_int_equal(out.site, 7);
	assert_false(maintenance_take_over(all, NOW_MS + 5000, &out));
	assert_true(maintenance_find(all, 8, NOW_MS + 5000, &out));
	free(all);
}

static void full_until_one_is_over(void **state)
{
	struct maintenances *all = list_new();
	struct maintenance wish, out;

	(void)state;
	for (uint64_t site = 1; site <= MAINTENANCES_MAX; site++) {
		wish = wish_of(site, site == 100 ? 1000 : 5000);
		assert_ok(maintenance_begin(all, &wish, NOW_MS));
	}
	wish = wish_of(5000, 5000);
	assert_result(maintenance_begin(all, &wish, NOW_MS), RESULT_LIMIT);
	wish = wish_of(3, 6000);
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	wish = wish_of(5000, 5000);
	assert_ok(maintenance_begin(all, &wish, NOW_MS + 1000));
	assert_true(maintenance_find(all, 5000, NOW_MS + 1000, &out));
	assert_true(maintenance_find(all, MAINTENANCES_MAX, NOW_MS + 1000, &out));
	free(all);
}

/* Whoever said it again died when that was written, and before what was said first was free; or, earlier, while it was written. */
static void said_again_and_dead(void **state)
{
	struct maintenances *all = list_new(), first;
	struct maintenance wish = wish_of(7, 5000), out;

	(void)state;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	first = *all;
	wish.until_ms = NOW_MS + 9000;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	all->list[0] = first.list[0];
	all->sites[0] = first.sites[0];
	assert_true(maintenance_find(all, 7, NOW_MS + 8000, &out));
	assert_false(maintenance_take_over(all, NOW_MS + 5000, &out));  /* it is not over */
	assert_int_equal(all->sites[0], 0);
	assert_true(maintenance_find(all, 7, NOW_MS + 8000, &out));
	all->list[0] = first.list[0];
	all->sites[0] = first.sites[0];
	all->versions[1] |= 1;
	all->sites[1] = 0;
	assert_true(maintenance_find(all, 7, NOW_MS, &out) && out.until_ms == NOW_MS + 5000);
	assert_false(maintenance_take_over(all, NOW_MS, &out));
	assert_true(maintenance_find(all, 7, NOW_MS, &out));
	all->list[1] = all->list[0];
	all->sites[1] = 7;
	assert_ok(maintenance_end(all, 7, NOW_MS, &out));
	assert_false(maintenance_find(all, 7, NOW_MS, &out));
	free(all);
}

/* The place of a dead writer is one for somebody else, at once. */
static void full_but_for_a_dead_one(void **state)
{
	struct maintenances *all = list_new();
	struct maintenance wish, out;

	(void)state;
	for (uint64_t site = 1; site <= MAINTENANCES_MAX; site++) {
		wish = wish_of(site, 5000);
		assert_ok(maintenance_begin(all, &wish, NOW_MS));
	}
	all->versions[9] |= 1;
	wish = wish_of(5000, 5000);
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_true(maintenance_find(all, 5000, NOW_MS, &out) && !maintenance_find(all, 10, NOW_MS, &out));
	wish = wish_of(3, 9000);  /* where it is, there being no other place */
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_true(maintenance_find(all, 3, NOW_MS + 8000, &out));
	free(all);
}

/* Whoever wrote it died: closed, without a word, until its place is found; then that serves again. */
static void half_written(void **state)
{
	struct maintenances *all = list_new();
	struct maintenance wish = wish_of(7, 5000), out;

	(void)state;
	wish.allow_count = 1;
	wish.message_len = 5;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	all->versions[0] |= 1;
	assert_true(maintenance_find(all, 7, NOW_MS, &out));
	assert_true(out.site == 7 && out.until_ms > NOW_MS && !out.allow_count && !out.message_len);
	assert_false(maintenance_find(all, 8, NOW_MS, &out));
	assert_false(maintenance_take_over(all, NOW_MS, &out));
	assert_false(maintenance_find(all, 7, NOW_MS, &out));
	assert_int_equal(all->sites[0], 0);
	wish.site = 8;
	assert_ok(maintenance_begin(all, &wish, NOW_MS));
	assert_int_equal(all->used, 1);
	assert_true(maintenance_find(all, 8, NOW_MS, &out));
	/* it died while it ended: a person ends it */
	all->versions[0] |= 1;
	assert_ok(maintenance_end(all, 8, NOW_MS, &out));
	assert_false(maintenance_find(all, 8, NOW_MS, &out));
	free(all);
}

/* -- requests -- */

struct scene {
	struct request request;
	struct edge_settings settings;
	struct edge_route route;
	struct edge_site site;
	struct edge_common common;
	struct worker worker;
	struct connection connection;
	struct maintenances *all;
};

static struct scene *scene_new(const char *from)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	arena_init(&scene->request.arena, 1 << 20, 4096);
	scene->all = list_new();
	scene->common.maintenances = scene->all;
	scene->worker.common = &scene->common;
	scene->connection.worker = &scene->worker;
	scene->route.settings = &scene->settings;
	scene->settings.maintenance_retry_ms = 90000;
	scene->site.key = 7;
	scene->request.connection = &scene->connection;
	scene->request.route = &scene->route;
	scene->request.site = &scene->site;
	scene->request.wall_ns = NOW_MS * 1000000;
	assert_ok(address_read(span_of(from), &scene->request.source));
	return scene;
}

static void scene_done(struct scene *scene)
{
	arena_done(&scene->request.arena);
	free(scene->all);
	free(scene);
}

static void who_goes_on(void **state)
{
	static const struct { const char *from; bool is_closed; } table[] = {
		{ "192.0.2.9", false }, { "192.0.3.9", true }, { "2001:db8::1", false }, { "2001:db9::1", true }, { "::ffff:192.0.2.9", false },
	};
	struct maintenance wish = wish_of(7, 5500);

	(void)state;
	wish.allow_count = 2;
	assert_ok(network_read(SPAN("192.0.2.0/24"), &wish.allow[0]));
	assert_ok(network_read(SPAN("2001:db8::/32"), &wish.allow[1]));
	wish.message_len = 5;
	memcpy(wish.message, "Hello", 5);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct scene *scene = scene_new(table[i].from);

		assert_false(maintenance_meets(&scene->request));
		assert_ok(maintenance_begin(scene->all, &wish, NOW_MS));
		assert_int_equal(maintenance_meets(&scene->request), table[i].is_closed);
		if (table[i].is_closed) {
			assert_int_equal(scene->request.retry_s, 6);
			assert_span(scene->request.notice, "Hello");
		}
		scene_done(scene);
	}
}

/* What the file says of the route is said of everybody, until the file says otherwise. */
static void the_file_closes_for_all(void **state)
{
	struct scene *scene = scene_new("192.0.2.9");

	(void)state;
	scene->settings.maintenance = true;
	assert_true(maintenance_meets(&scene->request));
	assert_int_equal(scene->request.retry_s, 90);
	assert_int_equal(scene->request.notice.len, 0);
	scene->settings.maintenance = false;
	scene->common.maintenances = NULL;  /* no memory: nobody is kept out */
	assert_false(maintenance_meets(&scene->request));
	scene_done(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_and_ends), cmocka_unit_test(what_is_over_is_told_once), cmocka_unit_test(full_until_one_is_over),
		cmocka_unit_test(said_again_and_dead), cmocka_unit_test(full_but_for_a_dead_one), cmocka_unit_test(half_written), cmocka_unit_test(who_goes_on), cmocka_unit_test(the_file_closes_for_all),
	};

	return cmocka_run_group_tests_name("edge/maintenance", tests, NULL, NULL);
}
