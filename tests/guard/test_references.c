/* References of refusals: found for hours, pushed out by their own kind first, and never half written. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/references.h"

#include "base/banned.h"

static struct references *memory_new(void)
{
	struct references *references = calloc(1, sizeof(*references));

	assert_non_null(references);
	assert_false(references_are_there(references));
	assert_ok(references_init(references, (struct hash_seed){ 1, 2 }));
	assert_true(references_are_there(references));
	return references;
}

static void add(struct references *references, uint64_t number, uint64_t source, uint16_t client, uint64_t at_ms)
{
	references_add(references, &(struct reference){ { number, ~number }, source, 9, at_ms, client, SOURCE_V4, 3 });
}

static bool is_known(struct references *references, uint64_t number, uint64_t now_ms)
{
	uint64_t id[2] = { number, ~number };
	struct reference out;

	return references_find(references, id, now_ms, &out) == RESULT_OK;
}

static void found_for_hours(void **state)
{
	struct references *references = memory_new();
	struct reference out;

	(void)state;
	add(references, 77, 0xc6336407, 5, 1000);
	assert_ok(references_find(references, (uint64_t[]){ 77, ~(uint64_t)77 }, 1000, &out));
	assert_true(out.source == 0xc6336407 && out.site == 9 && out.at_ms == 1000 && out.kind == SOURCE_V4 && out.why == 3);
	assert_true(is_known(references, 77, 1000 + REFERENCE_LIFETIME_S * 1000));
	assert_false(is_known(references, 77, 1001 + REFERENCE_LIFETIME_S * 1000));
	/* half of it is none of it */
	assert_result(references_find(references, (uint64_t[]){ 77, 0 }, 1000, &out), RESULT_NOT_FOUND);
	assert_result(references_find(references, (uint64_t[]){ 0, ~(uint64_t)77 }, 1000, &out), RESULT_NOT_FOUND);
	/* a free place is no reference of zeros */
	assert_result(references_find(references, (uint64_t[]){ 0, 0 }, 1000, &out), RESULT_NOT_FOUND);
	free(references);
}

/* A machine behind a citizen's address, however fast, pushes out its own; and so does a source whose every request is another client's. */
static void who_asks_often_pushes_out_his_own(void **state)
{
	struct references *references = memory_new();

	(void)state;
	add(references, 1, 500, 5, 1000);
	for (uint64_t i = 0; i < 100000; i++)
		add(references, 1000 + i, 500, 6, 1001 + i);
	assert_true(is_known(references, 1, 200000));
	assert_true(is_known(references, 1000 + 99999, 200000));
	assert_true(is_known(references, 1000 + 100000 - REFERENCES_OF_CLIENT, 200000));
	assert_false(is_known(references, 1000 + 99999 - REFERENCES_OF_CLIENT, 200000));
	add(references, 2, 501, 5, 1000);
	for (uint64_t i = 0; i < 100000; i++)
		add(references, 200000 + i, 502 + i % 4000, (uint16_t)i, 1001 + i);
	assert_true(is_known(references, 1, 200000));
	assert_true(is_known(references, 2, 200000));
	free(references);
}

/* Who has a /48 has 65,536 sources, and a small part of the places. */
static void a_wide_network_has_a_small_part(void **state)
{
	struct references *references = memory_new();
	unsigned known = 0, left = 0;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++)
		add(references, 1 + i, 1 + i, 1, 1000);
	for (uint64_t i = 0; i < 200000; i++)
		references_add(references, &(struct reference){ { 10000 + i, ~(10000 + i) }, 0x20010db800010000u + i % 65536, 9, 1001, (uint16_t)i, SOURCE_V6, 3 });
	for (uint32_t i = 0; i < 3000; i++)
		known += is_known(references, 1 + i, 1001);
	for (unsigned i = 0; i < REFERENCE_BUCKETS; i++) {
		for (unsigned k = 0; k < REFERENCE_PLACES; k++)
			left += references->buckets[i][k].kind == SOURCE_V6;
	}
	assert_true(left > 0 && left <= REFERENCE_BUCKETS_OF_WIDE * REFERENCE_PLACES);
	assert_true(known > 3000 - REFERENCE_BUCKETS_OF_WIDE * 8);
	free(references);
}

/* More sources than there are places: the newest are known, and the oldest are not. */
static void the_oldest_goes(void **state)
{
	struct references *references = memory_new();
	unsigned known = 0, old = 0;

	(void)state;
	for (uint32_t i = 0; i < 3 * REFERENCES_MAX; i++)
		add(references, 1 + i, 1 + i, 1, 1 + i);
	for (uint32_t i = 0; i < 200; i++) {
		known += is_known(references, 3 * REFERENCES_MAX - i, 4 * REFERENCES_MAX);
		old += is_known(references, 1 + i, 4 * REFERENCES_MAX);
	}
	assert_int_equal(known, 200);
	assert_int_equal(old, 0);
	free(references);
}

static void what_is_too_old_is_swept(void **state)
{
	struct references *references = memory_new();
	uint32_t cursor = 0;
	unsigned left = 0;

	(void)state;
	add(references, 1, 500, 5, 1000);
	add(references, 2, 501, 5, 2000);
	references_sweep(references, &cursor, REFERENCE_BUCKETS / 2, 1001 + REFERENCE_LIFETIME_S * 1000);
	assert_int_equal(cursor, REFERENCE_BUCKETS / 2);
	references_sweep(references, &cursor, REFERENCE_BUCKETS, 1001 + REFERENCE_LIFETIME_S * 1000);
	for (unsigned i = 0; i < REFERENCE_BUCKETS; i++) {
		for (unsigned k = 0; k < REFERENCE_PLACES; k++)
			left += references->buckets[i][k].source != 0;
	}
	assert_int_equal(left, 1);
	assert_true(is_known(references, 2, 2000));
	free(references);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_for_hours), cmocka_unit_test(who_asks_often_pushes_out_his_own), cmocka_unit_test(the_oldest_goes), cmocka_unit_test(a_wide_network_has_a_small_part),
		cmocka_unit_test(what_is_too_old_is_swept),
	};

	return cmocka_run_group_tests_name("guard/references", tests, NULL, NULL);
}
