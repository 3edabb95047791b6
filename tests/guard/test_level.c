/* The level of a site by simulation: days of citizens, and what befalls them. A simulated day takes milliseconds. */
#include <math.h>

#include "base/check.h"
#include "base/hash.h"
#include "guard/level.h"

#define DAY_S 86400u

struct town {
	struct level_state state;
	uint64_t second, draws;
	unsigned moves;
	struct level_move last;
};

static double draw_share(struct town *town)
{
	town->draws += 0x9e3779b97f4a7c15u;
	return (double)(hash_u64(town->draws) >> 11) / 9007199254740992.0;
}

/* Five at night, forty at noon, and what chance makes of it. */
static struct level_sample citizens(struct town *town)
{
	double day = (double)(town->second % DAY_S) / DAY_S, rate = 22 - 18 * cos(day * 2 * 3.14159265) + 8 * draw_share(town);
	struct level_sample sample = { .measures = { [LEVEL_OF_REQUESTS] = rate, [LEVEL_OF_STRANGERS] = rate / 20,
		[LEVEL_OF_MISSES] = draw_share(town), [LEVEL_OF_LATENCY] = 40000 + 30000 * draw_share(town) } };

	sample.shapes[0] = (uint32_t)(rate * 0.3);
	sample.shapes[4] = (uint32_t)(rate * 0.6);
	sample.shapes[1] = (uint32_t)(rate * 0.1);
	return sample;
}

static void flood(struct level_sample *sample, double rate, double strangers)
{
	sample->measures[LEVEL_OF_REQUESTS] += rate;
	sample->measures[LEVEL_OF_STRANGERS] += strangers;
	sample->measures[LEVEL_OF_LATENCY] = 4e6;
	sample->shapes[1] += (uint32_t)rate;
	sample->refused += (uint32_t)(rate / 2);
}

static void tick(struct town *town, const struct level_sample *sample)
{
	struct level_move move;

	town->second++;
	if (level_learn(&town->state, sample, &move)) {
		town->moves++;
		town->last = move;
	}
}

static void live(struct town *town, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		struct level_sample sample = citizens(town);

		tick(town, &sample);
	}
}

static void attack(struct town *town, unsigned seconds, double rate, double strangers)
{
	for (unsigned i = 0; i < seconds; i++) {
		struct level_sample sample = citizens(town);

		flood(&sample, rate, strangers);
		tick(town, &sample);
	}
}

static struct town *town_new(void)
{
	static struct town town;

	town = (struct town){ 0 };
	level_init(&town.state, LEVEL_NORMAL);
	return &town;
}

/* A week of citizens, and of a site that was never seen before. */
static void calm_days_move_nothing(void **unused)
{
	struct town *town = town_new();

	(void)unused;
	live(town, 7 * DAY_S);
	assert_int_equal(town->moves, 0);
}

/* Nobody came at night, or ever; then many come at once, and the portal bears it. */
static void the_first_citizens_are_no_attack(void **unused)
{
	(void)unused;
	for (unsigned idle_s = 0; idle_s <= DAY_S; idle_s += DAY_S / 2) {
		struct town *town = town_new();

		for (unsigned i = 0; i < idle_s; i++)
			tick(town, &(struct level_sample){ 0 });
		for (unsigned i = 0; i < 60; i++) {
			double rate = i < 4 ? 100 * (i + 1) : 400;
			struct level_sample sample = { .measures = { [LEVEL_OF_REQUESTS] = rate, [LEVEL_OF_STRANGERS] = i < 10 ? 40 : 8 } };

			sample.shapes[4] = (uint32_t)rate;
			tick(town, &sample);
		}
		assert_int_equal(town->moves, 0);
		attack(town, 3, 2400, 900);
		assert_int_equal(town->state.level, LEVEL_ATTACK);
	}
}

/* From its first second on, without anything learned; and after a day. */
static void a_flood_is_seen_within_three_seconds(void **unused)
{
	(void)unused;
	for (unsigned calm_s = 0; calm_s <= DAY_S; calm_s += DAY_S / 2) {
		struct town *town = town_new();

		live(town, calm_s);
		attack(town, 3, 2000, 900);
		assert_int_equal(town->state.level, LEVEL_ATTACK);
		assert_true(town->last.reasons & 1u << LEVEL_OF_REQUESTS);
		assert_true(town->last.reasons & LEVEL_FOR_PRESSURE);
	}
}

/* 4,000 sources at one request every two seconds: new ones come for two seconds only, and stay. */
static void low_and_slow_is_seen(void **unused)
{
	struct town *town = town_new();

	(void)unused;
	live(town, DAY_S);
	attack(town, 2, 2000, 2000);
	attack(town, 1, 2000, 0);
	assert_int_equal(town->state.level, LEVEL_ATTACK);
}

/* An hour of a flood is not what is usual after it. */
static void a_flood_teaches_nothing(void **unused)
{
	struct town *town = town_new();
	struct level_state before;

	(void)unused;
	live(town, DAY_S);
	before = town->state;
	attack(town, 3600, 2000, 100);
	for (unsigned i = 0; i < LEVEL_OF_COUNT; i++) {
		assert_true(town->state.baselines[i].usual <= before.baselines[i].usual * 1.001 + 0.001);
		assert_true(town->state.baselines[i].most <= before.baselines[i].most * 1.001 + 0.001);
	}
	live(town, 600);
	assert_int_equal(town->state.level, LEVEL_NORMAL);
	attack(town, 3, 2000, 100);
	assert_int_equal(town->state.level, LEVEL_ATTACK);
}

/* A step at a time; and each wave within the hour holds it up for longer, not for ever. */
static void it_comes_down_slowly(void **unused)
{
	struct town *town = town_new();
	unsigned last_s = 0;

	(void)unused;
	live(town, DAY_S);
	for (unsigned wave = 0; wave < 8; wave++) {
		unsigned down_s = 0;

		attack(town, 10, 2000, 900);
		assert_int_equal(town->state.level, LEVEL_ATTACK);
		for (; town->state.level != LEVEL_NORMAL; down_s++)
			live(town, 1);
		assert_true(down_s >= 2 * LEVEL_DOWN_S && down_s >= last_s && down_s <= 2 * LEVEL_DOWN_MOST_S + 10);
		assert_true(wave == 0 || last_s >= 2 * LEVEL_DOWN_MOST_S || down_s > last_s);
		last_s = down_s;
	}
}

/* A level that comes and goes with each second would be worse than none. */
static void it_does_not_flutter(void **unused)
{
	struct town *town = town_new();

	(void)unused;
	live(town, DAY_S);
	for (unsigned i = 0; i < 300; i++) {
		attack(town, 1, 2000, 900);
		live(town, 1);
	}
	assert_true(town->moves <= 3);
}

/* Three times the citizens, well served: an election. After an hour that is how things are. */
static void more_citizens_are_no_attack(void **unused)
{
	struct town *town = town_new();

	(void)unused;
	live(town, DAY_S / 2);
	for (unsigned i = 0; i < 2 * 3600 + 600; i++) {
		struct level_sample sample = citizens(town);

		for (unsigned k = 0; k < LEVEL_SHAPES; k++)
			sample.shapes[k] *= 3;
		sample.measures[LEVEL_OF_REQUESTS] *= 3;
		sample.measures[LEVEL_OF_STRANGERS] = 45;
		tick(town, &sample);
		assert_true(town->state.level != LEVEL_ATTACK);
	}
	assert_int_equal(town->state.level, LEVEL_NORMAL);
}

static void the_administrators_floor(void **unused)
{
	struct town *town = town_new();
	struct level_move move;

	(void)unused;
	assert_true(level_set_least(&town->state, LEVEL_ELEVATED, &move));
	assert_int_equal(move.to, LEVEL_ELEVATED);
	live(town, 7200);
	assert_int_equal(town->state.level, LEVEL_ELEVATED);
	assert_true(town->state.samples > 7000);  /* calm teaches there too */
	/* a person may go above it, not below */
	assert_false(level_force(&town->state, LEVEL_NORMAL, &move));
	assert_true(level_force(&town->state, LEVEL_ATTACK, &move));
	level_release(&town->state);
	live(town, LEVEL_DOWN_S + 2);
	assert_int_equal(town->state.level, LEVEL_ELEVATED);
	assert_int_equal(town->state.reasons, LEVEL_FOR_FLOOR);
	/* what only the floor held up comes down with it */
	assert_true(level_set_least(&town->state, LEVEL_NORMAL, &move));
	assert_int_equal(move.to, LEVEL_NORMAL);
	assert_int_equal(town->state.reasons, 0);
	assert_false(level_set_least(&town->state, LEVEL_NORMAL, &move));
}

/* A floor that comes is above what a person said; one that goes leaves an attack an attack. */
static void a_floor_in_the_middle(void **unused)
{
	struct town *town = town_new();
	struct level_move move;

	(void)unused;
	live(town, 3600);
	assert_false(level_force(&town->state, LEVEL_NORMAL, &move));
	assert_true(level_set_least(&town->state, LEVEL_ELEVATED, &move));
	assert_int_equal(move.reasons, LEVEL_FOR_FLOOR);
	/* said before it or under it, it holds again as soon as the floor lets it */
	assert_true(level_set_least(&town->state, LEVEL_NORMAL, &move));
	assert_true(move.to == LEVEL_NORMAL && move.reasons == LEVEL_FOR_PERSON);
	assert_true(level_set_least(&town->state, LEVEL_ATTACK, &move));
	assert_false(level_force(&town->state, LEVEL_NORMAL, &move));
	assert_true(level_set_least(&town->state, LEVEL_ELEVATED, &move));
	assert_true(move.to == LEVEL_ELEVATED && move.reasons == LEVEL_FOR_FLOOR);
	assert_false(level_set_least(&town->state, LEVEL_ELEVATED, &move));
	assert_true(level_force(&town->state, LEVEL_ATTACK, &move));
	assert_false(level_set_least(&town->state, LEVEL_NORMAL, &move));
	assert_int_equal(town->state.level, LEVEL_ATTACK);
	assert_true(level_force(&town->state, LEVEL_NORMAL, &move));
	assert_true(level_set_least(&town->state, LEVEL_ELEVATED, &move));
	level_release(&town->state);
	attack(town, 10, 2000, 900);
	assert_int_equal(town->state.level, LEVEL_ATTACK);
	assert_false(level_set_least(&town->state, LEVEL_NORMAL, &move));
	assert_int_equal(town->state.level, LEVEL_ATTACK);
	assert_true(town->state.reasons & LEVEL_FOR_PRESSURE || town->state.reasons & 1u << LEVEL_OF_REQUESTS);
}

static void a_persons_word(void **unused)
{
	struct town *town = town_new();
	struct level_move move;

	(void)unused;
	live(town, 3600);
	assert_true(level_force(&town->state, LEVEL_ATTACK, &move));
	assert_int_equal(move.reasons, LEVEL_FOR_PERSON);
	live(town, 3600);
	assert_int_equal(town->state.level, LEVEL_ATTACK);
	level_release(&town->state);
	live(town, 3 * LEVEL_DOWN_S);
	assert_int_equal(town->state.level, LEVEL_NORMAL);
	assert_true(level_force(&town->state, LEVEL_NORMAL, &move) == false);
	attack(town, 60, 2000, 900);
	assert_int_equal(town->state.level, LEVEL_NORMAL);
	level_release(&town->state);
	attack(town, 3, 2000, 900);
	assert_int_equal(town->state.level, LEVEL_ATTACK);
}

static void names(void **unused)
{
	(void)unused;
	assert_string_equal(level_name(LEVEL_ATTACK), "attack");
	assert_string_equal(level_name((enum level)9), "none");
	assert_string_equal(level_reason_name(LEVEL_OF_STRANGERS), "new-sources");
	assert_string_equal(level_reason_name(LEVEL_FOR_COUNT - 2), "person");
	assert_string_equal(level_reason_name(LEVEL_FOR_COUNT - 1), "floor");
	assert_string_equal(level_reason_name(LEVEL_FOR_COUNT), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calm_days_move_nothing), cmocka_unit_test(the_first_citizens_are_no_attack), cmocka_unit_test(a_flood_is_seen_within_three_seconds),
		cmocka_unit_test(low_and_slow_is_seen), cmocka_unit_test(a_flood_teaches_nothing), cmocka_unit_test(it_comes_down_slowly),
		cmocka_unit_test(it_does_not_flutter), cmocka_unit_test(more_citizens_are_no_attack), cmocka_unit_test(the_administrators_floor), cmocka_unit_test(a_floor_in_the_middle),
		cmocka_unit_test(a_persons_word), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
