/* What was learned of an origin goes on in another process; what is half written, old, or of something else does not. */
#include <math.h>

#include "made.h"

#include "base/clock.h"
#include "origin/kept.h"

static struct kept_origins *kept_new(void)
{
	struct kept_origins *kept = calloc(1, sizeof(*kept));

	assert_non_null(kept);
	return kept;
}

/* An edge: a pool of one origin, with what KEPT has of it. */
static struct made_pool *edge_new(struct kept_origins *kept, uint16_t port)
{
	struct made_pool *made = made_pool_new(1, BALANCE_ROUND_ROBIN);

	made->list[0] = made_origin("10.0.0.7", port);
	made->origins.kept = kept;
	made_pool_open(made);
	return made;
}

static struct origin *origin_of(struct made_pool *made)
{
	return made->pool->members[0].origin;
}

static uint64_t now_us(void)
{
	return clock_mono_ns() / 1000;
}

static void teach(struct origin *origin)
{
	struct admission *admission = &origin->gate.admission;

	admission->limit.allowed = admission->limit.highest = 37.5;
	admission->limit.is_starting = false;
	admission->limit.is_frozen = true;
	admission->limit.is_probing = true;
	admission->limit.kinds[3].calm_us = 5200;
	admission->limit.kinds[3].sum_us = 77;
	admission->limit.kinds[3].count = 7;
	admission->held_us = 6100;
	admission->ordinary_at_work = 30;
	origin->gate.demand = (struct demand){ .until_us = now_us() + 5000000, .each_us = 5000, .seen_us = now_us() - 1, .begun_us = 3, .answers = 4 };
	origin->pressed_ms = now_us() / 1000 - 5;
	origin->press_began_ms = now_us() / 1000 - 3000;
}

static void it_goes_on(void **state)
{
	struct kept_origins *kept = kept_new();
	struct made_pool *made = edge_new(kept, 80), *other;
	const struct admission *admission;
	uint64_t until_us;

	(void)state;
	assert_true(origin_of(made)->gate.admission.limit.allowed == 8);
	teach(origin_of(made));
	until_us = origin_of(made)->gate.demand.until_us;
	kept_write(kept, origin_of(made), now_us());
	other = edge_new(kept, 80);
	admission = &origin_of(other)->gate.admission;
	assert_int_equal(limit_get(&admission->limit), 37);
	assert_true(admission->limit.kinds[3].calm_us == 5200 && admission->limit.kinds[3].count == 0 && admission->limit.is_frozen);
	assert_false(admission->limit.is_probing || admission->limit.is_starting);
	assert_true(admission->held_us == 6100 && admission_at_work(admission) == 0);
	assert_true(gate_is_pressed(&origin_of(other)->gate, now_us()) && gate_until_us(&origin_of(other)->gate) == until_us);
	assert_int_equal(origin_of(other)->gate.demand.begun_us, 0);
	assert_int_equal(origin_pressed_ms(origin_of(other)), origin_of(made)->pressed_ms);
	made_pool_done(made);
	made_pool_done(other);
	free(kept);
}

static void each_has_its_own(void **state)
{
	struct kept_origins *kept = kept_new();
	struct made_pool *made = edge_new(kept, 80), *other;

	(void)state;
	teach(origin_of(made));
	kept_write(kept, origin_of(made), now_us());
	other = edge_new(kept, 81);
	assert_true(origin_of(other)->gate.admission.limit.allowed == 8 && !origin_pressed_ms(origin_of(other)));
	made_pool_done(made);
	made_pool_done(other);
	free(kept);
}

static struct kept_place *written(struct kept_origins *kept)
{
	unsigned place = 0;

	while (place < KEPT_PLACES - 1 && !kept->places[place].key)
		place++;
	return &kept->places[place];
}

static double allowed_after(struct kept_origins *kept)
{
	struct made_pool *made = edge_new(kept, 80);
	double allowed = origin_of(made)->gate.admission.limit.allowed;

	made_pool_done(made);
	return allowed;
}

/* Whoever was killed while he wrote, at whatever byte: the copy before it is whole. */
static void a_writer_may_be_killed_at_any_byte(void **state)
{
	struct kept_origins *kept = kept_new();
	struct made_pool *made = edge_new(kept, 80);
	struct kept_place whole, before;
	struct kept_place *place;

	(void)state;
	teach(origin_of(made));
	kept_write(kept, origin_of(made), now_us() - 3);
	origin_of(made)->gate.admission.limit.allowed = 20;
	place = written(kept);
	before = *place;
	kept_write(kept, origin_of(made), now_us() - 2);
	whole = *place;
	assert_true(allowed_after(kept) == 20);
	for (size_t at = 0; at < sizeof(whole); at += 13) {
		double allowed;

		memcpy(place, &whole, at);
		memcpy((char *)place + at, (const char *)&before + at, sizeof(before) - at);
		allowed = allowed_after(kept);
		assert_true(allowed == 20 || allowed == 37.5);
	}
	memset(place->copies, 0xff, sizeof(place->copies));
	assert_true(allowed_after(kept) == 8);
	made_pool_done(made);
	free(kept);
}

/* A sum can be right, and what it sums up be wrong all the same. */
static void what_no_edge_would_write_is_not_taken_up(void **state)
{
	struct made_pool *made = edge_new(NULL, 80), *fresh;
	struct gate_learned good, bad;

	(void)state;
	teach(origin_of(made));
	assert_true(gate_tell_learned(&origin_of(made)->gate, &good));
	for (unsigned i = 0; i < 11; i++) {
		bad = good;
		switch (i) {
		case 0: bad.limit.allowed = NAN; break;
		case 1: bad.limit.allowed = 0; break;
		case 2: bad.limit.highest = INFINITY; break;
		case 3: bad.limit.kinds[31].calm_us = -1; break;
		case 4: bad.limit.kinds[0].usual_us = NAN; break;
		case 5: bad.held_us = NAN; break;
		case 6: bad.held_us = -1; break;
		case 7: bad.demand.each_us = INFINITY; break;
		case 8: bad.demand.seen_us = now_us() + 1000000; break;
		case 9: bad.demand.until_us = now_us() + 3600000000u; break;
		default: bad.demand.spared_us = UINT64_MAX; break;
		}
		fresh = edge_new(NULL, 80);
		assert_false(gate_take_up(&origin_of(fresh)->gate, &bad, now_us()));
		assert_true(origin_of(fresh)->gate.admission.limit.allowed == 8 && origin_of(fresh)->gate.admission.held_us == 0);
		assert_true(gate_take_up(&origin_of(fresh)->gate, &good, now_us()));
		made_pool_done(fresh);
	}
	made_pool_done(made);
}

static void what_is_old_is_not_taken_up(void **state)
{
	struct kept_origins *kept = kept_new();
	struct made_pool *made = edge_new(NULL, 80), *fresh = edge_new(NULL, 80);
	uint64_t at_us = now_us();

	(void)state;
	teach(origin_of(made));
	kept_write(kept, origin_of(made), at_us);
	assert_false(kept_take_up(kept, origin_of(fresh), at_us + KEPT_FRESH_US + 1));
	assert_false(kept_take_up(kept, origin_of(fresh), at_us - 1));
	assert_true(kept_take_up(kept, origin_of(fresh), at_us + KEPT_FRESH_US));
	made_pool_done(made);
	made_pool_done(fresh);
	free(kept);
}

/* The range is what the file says now. */
static void it_stays_within_its_range(void **state)
{
	struct made_pool *made = edge_new(NULL, 80);
	struct gate_learned learned;
	struct gate gate;

	(void)state;
	teach(origin_of(made));
	assert_true(gate_tell_learned(&origin_of(made)->gate, &learned));
	gate_init(&gate);
	assert_false(gate_take_up(&gate, &learned, now_us()));  /* it has no settings yet */
	assert_false(gate_tell_learned(&gate, &learned));
	gate_set(&gate, &(struct admission_settings){ { 2, 4, 12 }, 0, 16, ADMISSION_PATIENCE_US }, now_us());
	assert_true(gate_take_up(&gate, &learned, now_us()));
	assert_int_equal(gate_look(&gate).limit, 12);
	gate_done(&gate);
	made_pool_done(made);
}

/* More origins than there are places: the newest is there. */
static void the_oldest_makes_room(void **state)
{
	struct kept_origins *kept = kept_new();
	struct made_pool *made = edge_new(NULL, 80), *fresh = edge_new(NULL, 80);
	struct span identity = origin_of(made)->identity;
	uint64_t at_us = now_us();
	char text[32];

	(void)state;
	teach(origin_of(made));
	for (unsigned i = 0; i < 3 * KEPT_PLACES; i++) {
		snprintf(text, sizeof(text), "origin %u", i);
		origin_of(made)->identity = span_of(text);
		kept_write(kept, origin_of(made), at_us - 3 * KEPT_PLACES + i);
	}
	origin_of(made)->identity = identity;
	kept_write(kept, origin_of(made), at_us);
	assert_true(kept_take_up(kept, origin_of(fresh), at_us));
	made_pool_done(made);
	made_pool_done(fresh);
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on),
		cmocka_unit_test(each_has_its_own),
		cmocka_unit_test(a_writer_may_be_killed_at_any_byte),
		cmocka_unit_test(what_no_edge_would_write_is_not_taken_up),
		cmocka_unit_test(what_is_old_is_not_taken_up),
		cmocka_unit_test(it_stays_within_its_range),
		cmocka_unit_test(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
