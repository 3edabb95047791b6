/* Sources without memory of their own: each has its rate, a flood is held to its own, and nobody foretells who shares a word. */
#include "../base/check.h"

#include <string.h>

#include "packet/kernel/sample.h"
#include "packet/kernel/sketch.h"

#include "base/banned.h"

#define SECOND 1000000000ull

static const struct packet_budget budget = { SECOND / 100, SECOND / 10 };  /* 100 a second, 11 at once */
static __u64 words[PACKET_SKETCH];

static bool take(packet_source source, uint64_t seed, uint64_t now)
{
	struct sketch_places places = sketch_places_of(source, seed);

	return sketch_take(&words[places.one], &words[places.other], &budget, now);
}

static int empty(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	return 0;
}

static void a_source_has_its_rate(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		taken += take(0xc6336407, 1, SECOND);
	assert_int_equal(taken, 11);
	assert_true(take(0xc6336407, 1, 2 * SECOND));
}

/* 2,000 sources in steps of one, as a flood from a network, each once: all pass; and again at once, all of their words half full. */
static void neighbours_do_not_share(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (int round = 0; round < 5; round++)
		for (uint32_t i = 0; i < 2000; i++)
			refused += !take(0x0a000000 + i, 1, SECOND);
	assert_int_equal(refused, 0);
}

/* One source floods: another is refused only if both of its words are the flood's. */
static void a_flood_is_held_to_its_own_words(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		take(0xc6336407, 1, SECOND);
	for (uint32_t i = 0; i < 20000; i++)
		refused += !take(0x0b000000 + i * 977, 1, SECOND);
	assert_int_equal(refused, 0);
}

/* A million invented ones in a second have no more than the table's words allow. */
static void invented_sources_share_what_there_is(void **state)
{
	struct draws draws = { 3 };
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		taken += take(draw(&draws), 1, SECOND + (uint64_t)i * 1000);
	assert_true(taken <= PACKET_SKETCH * 111u);
	for (int i = 0; i < 12 * 1000000; i++)
		take(draw(&draws), 1, 2 * SECOND);
	taken = 0;
	for (int i = 0; i < 100000; i++)
		taken += take(draw(&draws), 1, 2 * SECOND);
	assert_true(taken < 1000);
}

static void another_seed_is_another_table(void **state)
{
	struct draws draws = { 5 };
	unsigned same = 0, bits = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		packet_source source = draw(&draws), other = source ^ 1ull << draw_below(&draws, 64);
		struct sketch_places one = sketch_places_of(source, 1), two = sketch_places_of(source, 2), near = sketch_places_of(other, 1);

		assert_true(one.one < PACKET_SKETCH && one.other < PACKET_SKETCH);
		same += one.one == two.one;
		bits += (unsigned)__builtin_popcount(one.one ^ near.one);
	}
	assert_true(same < 10);
	assert_in_range(bits, 10000 * 7, 10000 * 9);  /* half of 16 */
}

static void the_first_of_each_second_are_told(void **state)
{
	struct packet_sample sample = { 0 };
	unsigned told = 0;

	(void)state;
	for (uint64_t now = 0; now < 10ull << 30; now += 1000000)
		told += sample_take(&sample, PACKET_EVENTS_S, now + (3ull << 30));
	assert_int_equal(told, 10 * PACKET_EVENTS_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_source_has_its_rate, empty),
		cmocka_unit_test_setup(neighbours_do_not_share, empty),
		cmocka_unit_test_setup(a_flood_is_held_to_its_own_words, empty),
		cmocka_unit_test_setup(invented_sources_share_what_there_is, empty),
		cmocka_unit_test(another_seed_is_another_table),
		cmocka_unit_test(the_first_of_each_second_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
