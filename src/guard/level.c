#include "guard/level.h"

#include <math.h>

#include "base/banned.h"

#define LATELY 0.5                      /* of a second in the mean over some */
#define FIRST_S 600u                    /* a young baseline learns faster */
#define YOUNG_S 10.0                    /* in which somebody came: then bounds are twice what they will be */
#define LEARN 0.0005                    /* of a second in the mean: half an hour */
#define HALF_A_DAY_EACH_S 0.999991978   /* 0.5 ^ (1 / 86400) */
#define BEYOND 2.0                      /* of the most that was usual */
#define FAR_BEYOND 6.0
#define SWINGS 6.0
#define SHAPE_DISTANCE 0.5              /* so much of what comes is of another shape */
#define POINTS_ELEVATED 2u
#define POINTS_ATTACK 4u

static const double least_of[LEVEL_OF_COUNT] = {
#define X(id, name, least) least,
	LEVEL_MEASURES(X)
#undef X
};

const char *level_name(enum level level)
{
	static const char *const names[] = {
#define X(id, name) name,
		LEVEL_LIST(X)
#undef X
	};

	return level < LEVEL_COUNT ? names[level] : "none";
}

const char *level_reason_name(unsigned bit)
{
	static const char *const names[LEVEL_FOR_COUNT] = {
#define X(id, name, least) name,
		LEVEL_MEASURES(X)
#undef X
		"shape", "pressure", "person", "floor",
	};

	return bit < LEVEL_FOR_COUNT ? names[bit] : "none";
}

void level_init(struct level_state *state, enum level least)
{
	*state = (struct level_state){ .level = (uint8_t)least, .due = (uint8_t)least, .least = (uint8_t)least, .down_s = LEVEL_DOWN_S,
	                               .since_attack_s = LEVEL_FORGET_S, .reasons = least > LEVEL_NORMAL ? LEVEL_FOR_FLOOR : 0 };
}

/* What would be unusual. Of latencies a second tells as much as a day. */
static double bound_of(const struct level_state *state, unsigned measure)
{
	const struct level_baseline *baseline = &state->baselines[measure];
	double usual = fmax(baseline->usual + SWINGS * baseline->swing, BEYOND * baseline->most);
	double margin = measure == LEVEL_OF_LATENCY ? 1 : 1 + YOUNG_S / fmax(1, (double)state->busy);

	return fmax(usual, least_of[measure]) * margin;
}

static unsigned points_of(const struct level_state *state, unsigned measure)
{
	double bound = bound_of(state, measure), lately = state->baselines[measure].lately;

	if (lately <= bound)
		return 0;
	return lately > bound * FAR_BEYOND / BEYOND ? 2 : 1;
}

static double total_of(const struct level_sample *sample)
{
	double total = 0;

	for (unsigned i = 0; i < LEVEL_SHAPES; i++)
		total += sample->shapes[i];
	return total;
}

/* How much of what comes is of a shape that it usually is not: 0 to 1. */
static double distance_of(const struct level_state *state, const struct level_sample *sample)
{
	double total = total_of(sample), distance = 0;

	for (unsigned i = 0; i < LEVEL_SHAPES && total > 0; i++)
		distance += fabs(sample->shapes[i] / total - state->shapes[i]) / 2;
	return distance;
}

/* Few requests have any shape. */
static bool is_of_another_shape(const struct level_state *state, const struct level_sample *sample)
{
	return state->samples >= FIRST_S && total_of(sample) >= least_of[LEVEL_OF_REQUESTS] && distance_of(state, sample) > SHAPE_DISTANCE;
}

static unsigned count_points(const struct level_state *state, const struct level_sample *sample, uint32_t *reasons)
{
	unsigned sum = 0;

	*reasons = 0;
	for (unsigned i = 0; i < LEVEL_OF_COUNT; i++) {
		unsigned points = points_of(state, i);

		sum += points;
		*reasons |= points ? 1u << i : 0;
	}
	if (is_of_another_shape(state, sample)) {
		sum += 1;
		*reasons |= LEVEL_FOR_SHAPE;
	}
	if (sample->waited || sample->refused) {
		sum += sample->refused ? 3 : 2;
		*reasons |= LEVEL_FOR_PRESSURE;
	}
	return sum;
}

static void see(struct level_state *state, const struct level_sample *sample)
{
	for (unsigned i = 0; i < LEVEL_OF_COUNT; i++)
		state->baselines[i].lately += (sample->measures[i] - state->baselines[i].lately) * LATELY;
}

/* Of a calm second. A young baseline is the mean of all it has seen. */
static void learn(struct level_state *state, const struct level_sample *sample)
{
	double part = fmax(LEARN, 1.0 / (double)(state->samples + 1)), total = total_of(sample);

	for (unsigned i = 0; i < LEVEL_OF_COUNT; i++) {
		struct level_baseline *baseline = &state->baselines[i];
		double distance = sample->measures[i] - baseline->usual;

		baseline->usual += distance * part;
		baseline->swing += (fabs(distance) - baseline->swing) * part;
		baseline->most = fmax(baseline->most * HALF_A_DAY_EACH_S, baseline->lately);
	}
	for (unsigned i = 0; i < LEVEL_SHAPES && total > 0; i++)
		state->shapes[i] += (sample->shapes[i] / total - state->shapes[i]) * part;
	state->samples++;
	state->busy += total > 0;
}

static bool move_to(struct level_state *state, enum level to, uint32_t reasons, struct level_move *move)
{
	if (to < state->least)
		to = state->least;
	if (to == state->level)
		return false;
	*move = (struct level_move){ state->level, to, reasons };
	state->level = (uint8_t)to;
	state->reasons = reasons;
	state->up_for_s = state->calm_for_s = 0;
	return true;
}

/* An attack that comes again soon keeps the site on its guard for longer. */
static void begin_attack(struct level_state *state)
{
	bool is_again = state->since_attack_s < LEVEL_FORGET_S;

	state->down_s = is_again ? (uint16_t)(state->down_s * 2) : LEVEL_DOWN_S;
	if (state->down_s > LEVEL_DOWN_MOST_S)
		state->down_s = LEVEL_DOWN_MOST_S;
	state->since_attack_s = 0;
}

static bool go_up(struct level_state *state, enum level due, uint32_t reasons, struct level_move *move)
{
	state->calm_for_s = 0;
	state->up_for_s++;
	if (state->up_for_s < LEVEL_UP_S)
		return false;
	if (due == LEVEL_ATTACK)
		begin_attack(state);
	return move_to(state, due, reasons, move);
}

static bool go_down(struct level_state *state, struct level_move *move)
{
	state->up_for_s = 0;
	if (state->level == state->least)
		return false;
	state->calm_for_s++;
	if (state->calm_for_s < state->down_s)
		return false;
	return move_to(state, state->level - 1, state->level - 1 == state->least && state->least > LEVEL_NORMAL ? LEVEL_FOR_FLOOR : 0, move);
}

/* Only calm teaches; and what lasts, or a site that has twice the visitors since yesterday would be on its guard for ever. */
static bool may_learn(struct level_state *state, unsigned points, uint32_t reasons)
{
	bool is_harmless = state->level != LEVEL_ATTACK && !(reasons & LEVEL_FOR_PRESSURE);

	if (points == 0 || !is_harmless)
		state->odd_for_s = 0;
	else if (state->odd_for_s < LEVEL_ACCEPT_S)
		state->odd_for_s++;
	return is_harmless && ((state->level == state->least && points == 0) || state->odd_for_s == LEVEL_ACCEPT_S);
}

bool level_learn(struct level_state *state, const struct level_sample *sample, struct level_move *move)
{
	uint32_t reasons;
	unsigned points;
	enum level due;

	see(state, sample);
	points = count_points(state, sample, &reasons);
	due = points >= POINTS_ATTACK ? LEVEL_ATTACK : points >= POINTS_ELEVATED ? LEVEL_ELEVATED : LEVEL_NORMAL;
	state->due = (uint8_t)due;
	if (due != LEVEL_ATTACK && state->since_attack_s < LEVEL_FORGET_S)
		state->since_attack_s++;
	if (may_learn(state, points, reasons))
		learn(state, sample);
	if (state->is_forced)
		return false;
	if (due > state->level)
		return go_up(state, due, reasons, move);
	if (due == state->level && due > state->least) {
		state->calm_for_s = state->up_for_s = 0;
		return false;
	}
	return go_down(state, move);
}

bool level_force(struct level_state *state, enum level level, struct level_move *move)
{
	state->is_forced = true;
	state->said = (uint8_t)level;
	return move_to(state, level, LEVEL_FOR_PERSON, move);
}

void level_release(struct level_state *state)
{
	state->is_forced = false;
	state->up_for_s = state->calm_for_s = 0;
}

bool level_set_least(struct level_state *state, enum level least, struct level_move *move)
{
	bool is_held_up = !state->is_forced && state->reasons == LEVEL_FOR_FLOOR && state->level > least, is_lower = least < state->least;

	state->least = (uint8_t)least;
	if (state->level < least)
		return move_to(state, least, LEVEL_FOR_FLOOR, move);
	if (state->is_forced)
		return is_lower && move_to(state, state->said, state->said < least ? LEVEL_FOR_FLOOR : LEVEL_FOR_PERSON, move);
	return is_held_up && move_to(state, state->due, least > LEVEL_NORMAL ? LEVEL_FOR_FLOOR : 0, move);
}
