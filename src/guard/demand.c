#include "guard/demand.h"

#include <math.h>

#include "base/banned.h"

#define STRETCH_US 100000u        /* seen for so long, and of so many answers */
#define STRETCH_ANSWERS 8u
#define STRETCH_OUT_US 2000000u   /* of an origin that answers seldom: so few as there are */
#define BELIEVED_US 5000000.0
#define BELIEVED_PRESSED_US 12000000.0    /* while more is asked for than half of what is remembered */
#define BELIEVED_ATTACKED_US 300000000.0
#define SPARED_MAX_US 10000000.0
#define SPARED_BY_US 60000000u    /* so long what was last seen counts for those who are spared */
#define EACH_MAX_US 1e9

static void set_until(struct demand *demand, uint64_t until_us)
{
	__atomic_store_n(&demand->until_us, until_us, __ATOMIC_RELAXED);
}

/* Whoever waited is gone. */
bool demand_take_up(struct demand *demand, const struct demand *from, uint64_t now_us)
{
	bool is_sound = from->each_us >= 0 && from->each_us <= EACH_MAX_US && from->seen_us <= now_us && from->last_each_us >= 0 &&
	                from->last_each_us <= EACH_MAX_US && from->last_each_at_us <= now_us && from->until_us <= now_us + DEMAND_OWED_MAX_US &&
	                from->spared_us <= now_us + (uint64_t)SPARED_MAX_US;

	if (!is_sound)
		return false;
	*demand = (struct demand){ .spared_us = from->spared_us, .each_us = from->each_us, .seen_us = from->seen_us,
	                            .last_each_us = from->last_each_us, .last_each_at_us = from->last_each_at_us };
	set_until(demand, from->until_us);
	return true;
}

void demand_press(struct demand *demand, uint64_t now_us)
{
	if (demand->until_us < now_us + DEMAND_OWED_MIN_US)
		set_until(demand, now_us + DEMAND_OWED_MIN_US);
}

void demand_hang_up(struct demand *demand, uint64_t now_us)
{
	if (demand->gone < 2 * DEMAND_GONE)
		demand->gone++;
	if (demand->gone >= DEMAND_GONE)
		demand_press(demand, now_us);
}

void demand_ask(struct demand *demand, uint64_t now_us)
{
	uint64_t until_us = demand->until_us + (uint64_t)demand->each_us, most_us = now_us + DEMAND_OWED_MAX_US;

	if (demand_is_pressed(demand->until_us, now_us))
		set_until(demand, until_us < most_us ? until_us : most_us);
}

/* Somebody waited all the time: so much does one take. */
static void learn_stretch(struct demand *demand, uint64_t now_us)
{
	uint64_t took_us = now_us - demand->begun_us;

	if (took_us < STRETCH_US || (demand->answers < STRETCH_ANSWERS && took_us < STRETCH_OUT_US))
		return;
	demand->each_us = demand->last_each_us = (double)took_us / demand->answers;
	demand->last_each_at_us = now_us;
	demand->begun_us = now_us;
	demand->answers = 0;
}

static double believed_us(const struct demand *demand, uint64_t now_us, bool is_attacked)
{
	if (is_attacked)
		return BELIEVED_ATTACKED_US;
	return demand->until_us > now_us + DEMAND_OWED_MAX_US / 2 ? BELIEVED_PRESSED_US : BELIEVED_US;
}

static void believe_less(struct demand *demand, uint64_t now_us, const struct demand_answer *answer)
{
	double gone = demand->seen_us ? fmin((double)(now_us - demand->seen_us) / believed_us(demand, now_us, answer->is_attacked), 1) : 1;
	double at_least_us = answer->at_least_us;

	if (answer->at_most_us > 0 && demand->each_us > answer->at_most_us)
		demand->each_us = answer->at_most_us;
	demand->each_us = demand->each_us > at_least_us ? demand->each_us - (demand->each_us - at_least_us) * gone : at_least_us;
}

void demand_answer(struct demand *demand, uint64_t now_us, const struct demand_answer *answer)
{
	if (now_us < demand->seen_us)  /* another worker's round began earlier */
		now_us = demand->seen_us;
	if (demand->gone)
		demand->gone--;
	if (answer->others_wait && demand->begun_us) {
		demand->answers++;
		learn_stretch(demand, now_us);
	} else {
		demand->begun_us = answer->others_wait ? now_us : 0;
		demand->answers = 0;
		believe_less(demand, now_us, answer);
	}
	demand->seen_us = now_us;
}

void demand_rest(struct demand *demand)
{
	demand->begun_us = 0;
	demand->answers = 0;
}

static uint64_t spared_for_us(double took_us)
{
	return (uint64_t)fmin(took_us * DEMAND_SPARED_OF, SPARED_MAX_US);
}

static bool spares(const struct demand *demand, uint64_t *next_us, uint64_t now_us)
{
	double each_us = demand->each_us;

	if (*next_us > now_us)
		return false;
	if (now_us < demand->last_each_at_us + SPARED_BY_US)
		each_us = fmax(each_us, demand->last_each_us);
	*next_us = now_us + spared_for_us(each_us);
	return true;
}

bool demand_would_spare(const struct demand *demand, uint64_t *next_us, uint64_t now_us, bool is_held)
{
	return (!is_held && !demand_is_pressed(demand->until_us, now_us)) || spares(demand, next_us, now_us);
}

bool demand_spares(struct demand *demand, uint64_t now_us, bool is_held)
{
	return demand_would_spare(demand, &demand->spared_us, now_us, is_held);
}

void demand_took(struct demand *demand, uint64_t begun_us, uint64_t took_us)
{
	uint64_t next_us = begun_us + spared_for_us((double)took_us);

	if (next_us > demand->spared_us)
		demand->spared_us = next_us;
}
