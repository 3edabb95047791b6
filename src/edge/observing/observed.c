#include "edge/observing/observed.h"

#include <math.h>
#include <string.h>

#include "edge/sites/places.h"

#include "base/banned.h"

#define DAY_S 86400u
#define REGISTER_BITS 8u              /* of the hash: which of the sketch's bytes */

static const struct { const char *action, *reason; } names[] = {
#define X(id, action, reason) { action, reason },
	OBSERVED_LIST(X)
#undef X
};

const char *observed_action(enum observed_kind kind)
{
	return kind < OBSERVED_KINDS ? names[kind].action : "unknown";
}

const char *observed_reason(enum observed_kind kind)
{
	return kind < OBSERVED_KINDS ? names[kind].reason : "unknown";
}

bool observed_is_refusal(enum observed_kind kind)
{
	return kind >= OBSERVED_BANNED && kind <= OBSERVED_HELD_OFF;
}

enum observed_kind observed_kind_of(enum decision decision, enum reason reason)
{
	struct span action = span_of(decision_name(decision)), why = reason == REASON_NONE ? SPAN_NONE : span_of(reason_name(reason));

	for (unsigned kind = OBSERVED_ALL + 1; kind < OBSERVED_BAN; kind++) {
		if (span_equal(action, span_of(names[kind].action)) && span_equal(why, span_of(names[kind].reason)))
			return (enum observed_kind)kind;
	}
	return OBSERVED_ALL;
}

/* -- whose -- */

static void begin(struct observed_site *site, uint64_t now_s)
{
	memset(site, 0, sizeof(*site));
	random_fill(&site->seed, sizeof(site->seed));
	site->since_s = (uint32_t)now_s;
	observed_turn(site, now_s);
}

struct observed_site *observed_take(struct observed *observed, uint64_t key, uint64_t tenant, unsigned share, uint64_t now_s)
{
	unsigned place = places_find(&(struct places){ observed->keys, observed->tenants, OBSERVED_SITES }, key, tenant, share);

	if (place == OBSERVED_SITES)
		return NULL;
	if (observed->keys[place] != key) {
		begin(&observed->sites[place], now_s);
		observed->tenants[place] = tenant;
		observed->keys[place] = key;  /* last: one that was half begun is nobody's */
	}
	return &observed->sites[place];
}

void observed_keep(struct observed *observed, const uint64_t *keys, size_t count)
{
	for (unsigned i = 0; i < OBSERVED_SITES; i++) {
		if (observed->keys[i] && !places_have(keys, count, observed->keys[i]))
			observed->keys[i] = 0;
	}
}

/* -- days -- */

static struct observed_day *today_of(struct observed_site *site)
{
	return &site->days[__atomic_load_n(&site->today, __ATOMIC_ACQUIRE) % OBSERVED_DAYS];
}

/* The one that has DAY already (the clock was set back), or the oldest. */
static unsigned place_of(const struct observed_site *site, uint32_t day)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < OBSERVED_DAYS; i++) {
		if (site->days[i].day == day)
			return i;
		if (site->days[i].day < site->days[oldest].day)
			oldest = i;
	}
	return oldest;
}

/* Emptied before anybody counts on it: who is killed between leaves the day before to be counted on. */
void observed_turn(struct observed_site *site, uint64_t now_s)
{
	uint32_t day = (uint32_t)(now_s / DAY_S);
	unsigned place;

	if (today_of(site)->day == day)
		return;
	place = place_of(site, day);
	if (site->days[place].day != day) {
		memset(&site->days[place], 0, sizeof(site->days[place]));
		site->days[place].day = day;
	}
	__atomic_store_n(&site->today, place, __ATOMIC_RELEASE);
}

/* -- counting -- */

/* The most zeros in front of a hash that were seen, of each part of all hashes. */
static void sketch_add(uint8_t sketch[OBSERVED_SKETCH], uint64_t hash)
{
	uint8_t *at = &sketch[hash >> (64 - REGISTER_BITS)];
	uint8_t rank = (uint8_t)(__builtin_clzll(hash << REGISTER_BITS | 1u << (REGISTER_BITS - 1)) + 1), seen = __atomic_load_n(at, __ATOMIC_RELAXED);

	while (rank > seen && !__atomic_compare_exchange_n(at, &seen, rank, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static unsigned sketch_count(const uint8_t sketch[OBSERVED_SKETCH])
{
	const double all = OBSERVED_SKETCH;
	unsigned empty = 0;
	double sum = 0, count;

	for (unsigned i = 0; i < OBSERVED_SKETCH; i++) {
		sum += ldexp(1, -(int)sketch[i]);
		empty += !sketch[i];
	}
	count = 0.7213 / (1 + 1.079 / all) * all * all / sum;
	if (count <= 2.5 * all && empty)
		count = all * log(all / empty);
	return (unsigned)(count + 0.5);
}

void observed_add(struct observed_site *site, enum observed_kind kind, const struct observed_request *request)
{
	struct observed_count *count = &today_of(site)->counts[kind];
	uint64_t hash = hash_span(site->seed, span_make((const char *)&request->source.bits, sizeof(request->source.bits))) ^ (uint64_t)request->source.kind;

	__atomic_fetch_add(&count->requests, 1, __ATOMIC_RELAXED);
	sketch_add(count->sources, hash);
	if (request->is_known)
		sketch_add(count->known, hash);
}

static void join(uint8_t into[OBSERVED_SKETCH], const uint8_t from[OBSERVED_SKETCH])
{
	for (unsigned i = 0; i < OBSERVED_SKETCH; i++) {
		uint8_t seen = __atomic_load_n(&from[i], __ATOMIC_RELAXED);

		into[i] = seen > into[i] ? seen : into[i];
	}
}

static bool is_told(const struct observed_day *each, uint32_t day)
{
	return each->day && each->day <= day && each->day + OBSERVED_DAYS > day;
}

static struct observed_total total_of(const struct observed_site *site, unsigned kind, uint32_t day)
{
	uint8_t sources[OBSERVED_SKETCH] = { 0 }, known[OBSERVED_SKETCH] = { 0 };
	struct observed_total total = { 0 };

	for (unsigned i = 0; i < OBSERVED_DAYS; i++) {
		const struct observed_day *each = &site->days[i];

		if (!is_told(each, day))
			continue;
		total.requests += __atomic_load_n(&each->counts[kind].requests, __ATOMIC_RELAXED);
		join(sources, each->counts[kind].sources);
		join(known, each->counts[kind].known);
	}
	total.sources = sketch_count(sources);
	total.known = sketch_count(known);
	return total;
}

/* Who met two of them is one. */
static unsigned refused_known(const struct observed_site *site, uint32_t day)
{
	uint8_t known[OBSERVED_SKETCH] = { 0 };

	for (unsigned i = 0; i < OBSERVED_DAYS; i++) {
		const struct observed_day *each = &site->days[i];

		for (unsigned kind = 0; kind < OBSERVED_KINDS && is_told(each, day); kind++) {
			if (observed_is_refusal((enum observed_kind)kind))
				join(known, each->counts[kind].known);
		}
	}
	return sketch_count(known);
}

void observed_read(const struct observed_site *site, uint64_t now_s, struct observed_view *out)
{
	out->since_s = site->since_s;
	for (unsigned kind = 0; kind < OBSERVED_KINDS; kind++)
		out->kinds[kind] = total_of(site, kind, (uint32_t)(now_s / DAY_S));
	out->refused_known = refused_known(site, (uint32_t)(now_s / DAY_S));
}
