#include "guard/kinds.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

#define LATELY_S (1.0 / 3)       /* of the mean over some seconds: most of it is the last one, for a flood may wait after its first */
#define QUARTER 0.25
#define NOTHING 0.001            /* a second: as good as none */
#define KEPT 1e9                 /* worth more than what comes in any second */

_Static_assert(KINDS % KINDS_BUCKET == 0, "buckets are whole");

/* -- requests -- */

static bool is_set(const uint8_t *flag)
{
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

static uint32_t kind_at(const struct kinds *kinds, unsigned place)
{
	return __atomic_load_n(&kinds->kind[place], __ATOMIC_RELAXED);
}

static void count(uint32_t *number)
{
	__atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
}

/* The place of KIND in its bucket, taken if it is free; KINDS: there is none. */
static unsigned place_of(struct kinds *kinds, uint32_t kind, bool *is_new)
{
	unsigned first = kind % (KINDS / KINDS_BUCKET) * KINDS_BUCKET;

	*is_new = false;
	for (unsigned i = first; i < first + KINDS_BUCKET; i++) {
		if (kind_at(kinds, i) == kind)
			return i;
	}
	for (unsigned i = first; i < first + KINDS_BUCKET; i++) {
		uint32_t free = 0;

		*is_new = __atomic_compare_exchange_n(&kinds->kind[i], &free, kind, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		if (*is_new || free == kind)
			return i;
	}
	return KINDS;
}

bool kinds_note(struct kinds *kinds, uint32_t kind)
{
	bool is_new;
	unsigned place = place_of(kinds, kind, &is_new);

	count(place < KINDS ? &kinds->count[place] : &kinds->rest);
	if (place == KINDS)
		return is_set(&kinds->is_rest_flooding);
	if (is_new)
		__atomic_store_n(&kinds->is_flooding[place], is_set(&kinds->is_flooded), __ATOMIC_RELAXED);
	return is_set(&kinds->is_flooding[place]);
}

/* -- the judgement -- */

double kinds_margin(double learned_requests)
{
	return learned_requests > 1 ? fmax(KINDS_RARE, 1 / sqrt(learned_requests)) : 1;
}

bool kind_is_far_beyond(const struct kind_case *that)
{
	double expected = that->growth * (that->usual + that->margin * that->all_usual);

	return that->lately >= fmax(KINDS_LEAST, KINDS_TIMES * expected);
}

/* What all kinds together were. */
struct sums {
	double usual, lately, rare_usual, rare_lately;
};

static bool is_rare(const struct kinds *kinds, unsigned i, double all_usual)
{
	return kinds->usual[i] < KINDS_RARE * all_usual;
}

static struct sums sums_of(const struct kinds *kinds)
{
	struct sums sums = { kinds->rest_usual, kinds->rest_lately, kinds->rest_usual, kinds->rest_lately };

	for (unsigned i = 0; i < KINDS; i++) {
		sums.usual += kinds->usual[i];
		sums.lately += kinds->lately[i];
	}
	for (unsigned i = 0; i < KINDS; i++) {
		if (is_rare(kinds, i, sums.usual)) {
			sums.rare_usual += kinds->usual[i];
			sums.rare_lately += kinds->lately[i];
		}
	}
	return sums;
}

static double requests_learned(const struct kinds *kinds, const struct sums *sums)
{
	return sums->usual * fmin(kinds->learned_s, KINDS_DAY_S);
}

/* -- learning -- */

static uint32_t take(uint32_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED) ? __atomic_exchange_n(number, 0, __ATOMIC_RELAXED) : 0;
}

static void learn_one(float *usual, double rate, double most, double weight)
{
	*usual += (float)((fmin(rate, most) - *usual) * weight);
}

/* A second counts as no more than what would just not be far beyond; at the very beginning, when nothing is known, as it is. */
static void learn(struct kinds *kinds, const double *rates, double rest, double seconds)
{
	struct sums sums = sums_of(kinds);
	double margin = kinds_margin(requests_learned(kinds, &sums)) * sums.usual, weight;
	bool is_young = kinds->learned_s < KINDS_YOUNG_S;

	kinds->learned_s += seconds;
	weight = fmin(1, seconds / fmin(kinds->learned_s, KINDS_DAY_S));
	for (unsigned i = 0; i < KINDS; i++) {
		if (kind_at(kinds, i))
			learn_one(&kinds->usual[i], rates[i], is_young ? rates[i] : fmax(KINDS_LEAST, KINDS_TIMES * (kinds->usual[i] + margin)), weight);
	}
	learn_one(&kinds->rest_usual, rest, is_young ? rest : fmax(KINDS_LEAST, KINDS_TIMES * (sums.rare_usual + margin)), weight);
}

/* Rates of this second into RATES; their sum. */
static double collect(struct kinds *kinds, double seconds, double *rates, double *rest)
{
	double weight = seconds / (seconds + LATELY_S), sum;

	sum = *rest = take(&kinds->rest) / seconds;
	kinds->rest_lately += (float)((*rest - kinds->rest_lately) * weight);
	for (unsigned i = 0; i < KINDS; i++) {
		rates[i] = take(&kinds->count[i]) / seconds;
		kinds->lately[i] += (float)((rates[i] - kinds->lately[i]) * weight);
		sum += rates[i];
	}
	return sum;
}

/* -- while the site is pressed -- */

struct grown {
	double growth, weight;
};

static int compare_growth(const void *a, const void *b)
{
	double one = ((const struct grown *)a)->growth, other = ((const struct grown *)b)->growth;

	return (one > other) - (one < other);
}

/* How much more than usual the quarter of visitors is that has grown least. Rare kinds say little of that. */
static double growth_of(const struct kinds *kinds, const struct sums *sums)
{
	struct grown list[KINDS];
	double total = 0, sum = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < KINDS; i++) {
		if (kinds->usual[i] <= 0 || is_rare(kinds, i, sums->usual))
			continue;
		list[count++] = (struct grown){ kinds->lately[i] / kinds->usual[i], kinds->usual[i] };
		total += kinds->usual[i];
	}
	qsort(list, count, sizeof(*list), compare_growth);
	for (unsigned i = 0; i < count; i++) {
		sum += list[i].weight;
		if (sum >= QUARTER * total)
			return fmax(1, list[i].growth);
	}
	return 1;
}

/* What is far beyond, by itself (BEYOND) or among the rare ones (as IS_RARE_BEYOND): the sum of it. */
static double find_beyond(const struct kinds *kinds, const struct sums *sums, bool *beyond, bool *is_rare_beyond)
{
	struct kind_case that = { .all_usual = sums->usual, .growth = growth_of(kinds, sums), .margin = kinds_margin(requests_learned(kinds, sums)) };
	double sum;

	that.lately = sums->rare_lately;
	that.usual = sums->rare_usual;
	*is_rare_beyond = kind_is_far_beyond(&that);
	sum = *is_rare_beyond ? sums->rare_lately : 0;
	for (unsigned i = 0; i < KINDS; i++) {
		bool is_one_of_rare = *is_rare_beyond && is_rare(kinds, i, sums->usual);

		that.lately = kinds->lately[i];
		that.usual = kinds->usual[i];
		beyond[i] = kind_is_far_beyond(&that);
		if (beyond[i] && !is_one_of_rare)
			sum += kinds->lately[i];
		else if (is_one_of_rare)
			beyond[i] = kinds->lately[i] > KINDS_TIMES * that.growth * kinds->usual[i];
	}
	return sum;
}

/* IS_NOW: it is far beyond, and floods for a while from now on. One that is new is taken to, for a moment. */
static void set_flooding(uint8_t *flag, uint8_t *held_s, bool is_now)
{
	bool is_presumed = is_set(flag) && !*held_s;

	*held_s = is_now ? KINDS_HELD_S : is_presumed ? KINDS_PRESUMED_S : (uint8_t)(*held_s - (*held_s > 0));
	__atomic_store_n(flag, *held_s > 0, __ATOMIC_RELAXED);
}

/* The portal is well: the next wave, of the same kind, is not waited for until it shows. */
static void hold(struct kinds *kinds)
{
	for (unsigned i = 0; i < KINDS; i++)
		set_flooding(&kinds->is_flooding[i], &kinds->held_s[i], false);
	set_flooding(&kinds->is_rest_flooding, &kinds->rest_held_s, false);
}

static void forgive(struct kinds *kinds)
{
	for (unsigned i = 0; i < KINDS; i++) {
		kinds->held_s[i] = 0;
		__atomic_store_n(&kinds->is_flooding[i], 0, __ATOMIC_RELAXED);
	}
	kinds->rest_held_s = 0;
	__atomic_store_n(&kinds->is_rest_flooding, 0, __ATOMIC_RELAXED);
}

static void judge(struct kinds *kinds)
{
	struct sums sums = sums_of(kinds);
	bool beyond[KINDS], is_rare_beyond, is_sizeable;

	if (kinds->learned_s < KINDS_YOUNG_S || requests_learned(kinds, &sums) < KINDS_YOUNG_REQUESTS) {
		forgive(kinds);
		return;
	}
	is_sizeable = find_beyond(kinds, &sums, beyond, &is_rare_beyond) >= KINDS_SIZEABLE * sums.lately;
	for (unsigned i = 0; i < KINDS; i++)
		set_flooding(&kinds->is_flooding[i], &kinds->held_s[i], is_sizeable && beyond[i]);
	set_flooding(&kinds->is_rest_flooding, &kinds->rest_held_s, is_sizeable && is_rare_beyond);
}

/* Those that are only presumed to flood make no other suspect. */
static void note_flood(struct kinds *kinds)
{
	bool is_flooded = kinds->rest_held_s > KINDS_PRESUMED_S;

	for (unsigned i = 0; i < KINDS; i++)
		is_flooded |= kinds->held_s[i] > KINDS_PRESUMED_S;
	__atomic_store_n(&kinds->is_flooded, is_flooded, __ATOMIC_RELAXED);
}

/* -- places -- */

/* What KINDS are usual are kept first; then what comes most now. */
static double worth(const struct kinds *kinds, unsigned i, double all_usual)
{
	return is_rare(kinds, i, all_usual) ? kinds->usual[i] + kinds->lately[i] : kinds->usual[i] + KEPT;
}

/* What is usual of it is usual of the rest from now on: it comes without a place. */
static void forget(struct kinds *kinds, unsigned i)
{
	kinds->rest_usual += kinds->usual[i];
	kinds->usual[i] = kinds->lately[i] = 0;
	kinds->held_s[i] = 0;
	__atomic_store_n(&kinds->is_flooding[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&kinds->kind[i], 0, __ATOMIC_RELAXED);
}

static void make_room(struct kinds *kinds, unsigned first, double all_usual)
{
	unsigned taken = 0, least = first;

	for (unsigned i = first; i < first + KINDS_BUCKET; i++) {
		if (!kind_at(kinds, i))
			continue;
		if (!taken++ || worth(kinds, i, all_usual) < worth(kinds, least, all_usual))
			least = i;
	}
	if (taken > KINDS_BUCKET - KINDS_SPARE)
		forget(kinds, least);
}

static void make_rooms(struct kinds *kinds)
{
	double all_usual = sums_of(kinds).usual;

	for (unsigned first = 0; first < KINDS; first += KINDS_BUCKET) {
		for (unsigned i = 0; i < KINDS_SPARE; i++)
			make_room(kinds, first, all_usual);
	}
}

static bool is_at_rest(const struct kinds *kinds)
{
	double sum = kinds->rest_lately;

	for (unsigned i = 0; i < KINDS; i++)
		sum += kinds->lately[i];
	return sum < NOTHING;
}

void kinds_tick(struct kinds *kinds, double seconds, bool is_pressed)
{
	double rates[KINDS], rest;
	double sum = collect(kinds, seconds, rates, &rest);

	if (sum > 0 && !is_pressed)
		learn(kinds, rates, rest, seconds);
	if (is_pressed)
		judge(kinds);
	else
		hold(kinds);
	note_flood(kinds);
	if (sum > 0 || !is_at_rest(kinds))
		make_rooms(kinds);
}

/* -- for people -- */

static int compare_told(const void *a, const void *b)
{
	double one = ((const struct kind_told *)a)->lately, other = ((const struct kind_told *)b)->lately;

	return (one < other) - (one > other);
}

static void tell(struct kinds_told *out, uint32_t kind, double usual, double lately, bool is_flooding)
{
	if (!kind && usual < NOTHING && lately < NOTHING)
		return;
	out->list[out->count++] = (struct kind_told){ kind, usual, lately, is_flooding };
	out->flooding += is_flooding;
}

void kinds_look(const struct kinds *kinds, struct kinds_told *out)
{
	out->count = out->flooding = 0;
	for (unsigned i = 0; i < KINDS; i++) {
		uint32_t kind = kind_at(kinds, i);

		if (kind)
			tell(out, kind, kinds->usual[i], kinds->lately[i], is_set(&kinds->is_flooding[i]));
	}
	tell(out, 0, kinds->rest_usual, kinds->rest_lately, is_set(&kinds->is_rest_flooding));
	qsort(out->list, out->count, sizeof(*out->list), compare_told);
}
