/* The limit is learned before simulated origins: as good as the best fixed one, whatever the origin and its mix of routes, and no higher
 * than it takes. A simulated minute takes milliseconds. */
#include <math.h>

#include "base/check.h"
#include "base/hash.h"
#include "guard/limit.h"

#define AT_WORK_MAX 2048u
#define LATE_US 2000000u
#define QUICK_US 5000u
#define FILE_US 200u

/* An origin: so many workers, which take requests in the order in which they came. */
struct origin {
	unsigned workers;
	double slowness;                  /* 1: as it was born */
	uint64_t free_at_us[256];         /* of each worker */
	struct limit_answer waiting[AT_WORK_MAX];  /* a heap by the time of the answer */
	unsigned at_work;
	uint64_t draws;
	unsigned pages;                   /* answered, of those that are no quick ones */
};

struct mix {
	unsigned count;
	double us[3];
	bool is_one_kind;                 /* nothing tells them apart */
	unsigned file_percent;            /* so many are files, which take no worker, and FILE_US */
};

struct run {
	uint64_t from_us, until_us;
	unsigned fixed;                   /* limit; 0: learned */
	unsigned demand;                  /* how many would be at work at most */
};

static double draw_share(struct origin *origin)
{
	origin->draws += 0x9e3779b97f4a7c15u;
	return (double)(hash_u64(origin->draws) >> 11) / 9007199254740992.0;
}

static void swap(struct origin *origin, unsigned a, unsigned b)
{
	struct limit_answer one = origin->waiting[a];

	origin->waiting[a] = origin->waiting[b];
	origin->waiting[b] = one;
}

static uint64_t due(const struct origin *origin, unsigned at)
{
	return origin->waiting[at].first_byte_us;
}

static void send_one(struct origin *origin, const struct mix *mix, uint64_t now_us)
{
	unsigned kind = (unsigned)(draw_share(origin) * mix->count), worker = 0, at = origin->at_work++;
	bool is_file = draw_share(origin) * 100 < mix->file_percent;
	double takes_us = mix->us[kind] * origin->slowness * (0.7 + 0.6 * draw_share(origin));
	uint64_t begin_us;

	for (unsigned i = 1; i < origin->workers; i++)
		worker = origin->free_at_us[i] < origin->free_at_us[worker] ? i : worker;
	begin_us = origin->free_at_us[worker] > now_us ? origin->free_at_us[worker] : now_us;
	if (!is_file)
		origin->free_at_us[worker] = begin_us + (uint64_t)takes_us;
	origin->waiting[at] = (struct limit_answer){ mix->is_one_kind ? 0 : kind, now_us, is_file ? now_us + FILE_US : origin->free_at_us[worker], origin->at_work };
	for (; at && due(origin, at) < due(origin, (at - 1) / 2); at = (at - 1) / 2)
		swap(origin, at, (at - 1) / 2);
}

static struct limit_answer take_answer(struct origin *origin)
{
	struct limit_answer first = origin->waiting[0];

	origin->waiting[0] = origin->waiting[--origin->at_work];
	for (unsigned at = 0, child; (child = 2 * at + 1) < origin->at_work; at = child) {
		child += child + 1 < origin->at_work && due(origin, child + 1) < due(origin, child);
		if (due(origin, at) <= due(origin, child))
			break;
		swap(origin, at, child);
	}
	return first;
}

/* Answers in time a second. */
static double serve(struct origin *origin, const struct mix *mix, struct limit *limit, const struct run *run)
{
	uint64_t now_us = run->from_us, good = 0;

	while (now_us < run->until_us) {
		unsigned allowed = run->fixed ? run->fixed : limit_get(limit);
		struct limit_answer answer;

		while (origin->at_work < allowed && origin->at_work < run->demand)
			send_one(origin, mix, now_us);
		answer = take_answer(origin);
		now_us = answer.first_byte_us;
		origin->pages += now_us - answer.sent_us >= QUICK_US;
		good += now_us >= run->from_us + 3000000 && now_us - answer.sent_us <= LATE_US;
		if (limit)
			limit_learn(limit, &answer);
	}
	return (double)good / ((double)(run->until_us - run->from_us - 3000000) / 1e6);
}

static struct origin origin;
static const struct limit_range range = { LIMIT_FLOOR, LIMIT_START, LIMIT_CEILING };

static double serve_anew(unsigned workers, const struct mix *mix, struct limit *limit, unsigned fixed)
{
	struct run run = { 0, workers > 4 ? 33000000 : 303000000, fixed, AT_WORK_MAX - 1 };

	origin = (struct origin){ .workers = workers, .slowness = 1 };
	if (limit)
		limit_init(limit, &range, 0);
	return serve(&origin, mix, limit, &run);
}

static const struct mix mixes[] = { { 1, { 5000 }, false, 0 }, { 1, { 1000 }, false, 0 }, { 1, { 200000 }, false, 0 },
	                             { 3, { 1000, 5000, 500000 }, false, 0 }, { 2, { 1000, 50000 }, false, 0 } };
static const unsigned workers_of[] = { 1, 4, 32, 128 };

static void is_as_good_as_the_best_fixed_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mixes) / sizeof(*mixes); i++) {
		for (size_t j = 0; j < sizeof(workers_of) / sizeof(*workers_of); j++) {
			struct limit limit;
			double best = 0, learned = serve_anew(workers_of[j], &mixes[i], &limit, 0);

			for (unsigned fixed = 1; fixed <= 512; fixed *= 2)
				best = fmax(best, serve_anew(workers_of[j], &mixes[i], NULL, fixed));
			assert_true(learned >= 0.95 * best);
			assert_true(limit_get(&limit) <= 2 * workers_of[j] + 16);
		}
	}
}

/* -- an origin that changes under load, while the site is attacked -- */

static const struct mix page = { 1, { 20000 }, false, 0 };

static double serve_on(struct limit *limit, uint64_t from_s, uint64_t until_s, unsigned demand)
{
	struct run run = { from_s * 1000000, until_s * 1000000, 0, demand };

	return serve(&origin, &page, limit, &run);
}

/* 32 workers, 1,600 pages a second; the limit is learned and what is calm is frozen. */
static void begin_attacked(struct limit *limit)
{
	origin = (struct origin){ .workers = 32, .slowness = 1 };
	limit_init(limit, &range, 0);
	serve_on(limit, 0, 10, AT_WORK_MAX - 1);
	limit_freeze(limit, true);
}

static void follows_an_origin_that_loses_workers(void **state)
{
	struct limit limit;

	(void)state;
	begin_attacked(&limit);
	origin.workers = 8;
	assert_true(serve_on(&limit, 10, 20, AT_WORK_MAX - 1) >= 0.95 * 400);
	assert_in_range(limit_get(&limit), 8, 24);
	origin.workers = 32;
	assert_true(serve_on(&limit, 20, 30, AT_WORK_MAX - 1) >= 0.95 * 1600);
	assert_in_range(limit_get(&limit), 32, 48);
}

/* A page that takes three times as long now, by a change of the portal's: what was calm is wrong, and is learned anew at the floor. */
static void follows_an_origin_that_gets_slower(void **state)
{
	struct limit limit;

	(void)state;
	begin_attacked(&limit);
	origin.slowness = 3;
	serve_on(&limit, 10, 40, AT_WORK_MAX - 1);
	assert_true(serve_on(&limit, 40, 50, AT_WORK_MAX - 1) >= 0.9 * 533);
	assert_in_range(limit_get(&limit), 28, 60);
}

/* A flood does not become what is normal, however long it lasts. */
static void an_hour_of_flood_changes_nothing(void **state)
{
	struct limit limit;

	(void)state;
	begin_attacked(&limit);
	serve_on(&limit, 10, 600, AT_WORK_MAX - 1);
	assert_in_range(limit_get(&limit), 32, 48);
	assert_true(limit.kinds[0].calm_us < 22000);
}

/* A quiet day teaches what is calm, and leaves the limit where it is. */
static void quiet_does_not_move_it(void **state)
{
	struct limit limit;

	(void)state;
	origin = (struct origin){ .workers = 32, .slowness = 1 };
	limit_init(&limit, &range, 0);
	serve_on(&limit, 0, 100, 2);
	assert_int_equal(limit_get(&limit), LIMIT_START);
	assert_true(fabs(limit.kinds[0].calm_us - 20000) < 1000);
	assert_true(serve_on(&limit, 100, 110, AT_WORK_MAX - 1) >= 0.95 * 1600);
}

/* Places that are reserved for others are not asked for: who is held back by that says so, and the limit grows all the same. */
static void grows_where_some_of_it_is_reserved(void **state)
{
	struct limit limit;

	(void)state;
	origin = (struct origin){ .workers = 32, .slowness = 1 };
	limit_init(&limit, &range, 0);
	for (uint64_t second = 0; second < 10; second++) {
		limit_hold_back(&limit);
		serve_on(&limit, second, second + 1, limit_get(&limit) - 3);
	}
	assert_true(limit_get(&limit) >= 32);
}

/* For two minutes: pages, and each third second two of three answers are quick, whatever kind they are. */
static unsigned serve_bursts(struct limit *limit, unsigned fixed, unsigned demand)
{
	static const struct mix pages = { 1, { 50000 }, true, 0 }, burst = { 3, { 500, 500, 50000 }, true, 0 };

	origin = (struct origin){ .workers = 32, .slowness = 1 };
	if (limit)
		limit_init(limit, &range, 0);
	for (uint64_t second = 0; second < 120; second++) {
		struct run run = { second * 1000000, (second + 1) * 1000000, fixed, demand };

		serve(&origin, second % 3 == 2 ? &burst : &pages, limit, &run);
	}
	return origin.pages;
}

static void bursts_of_quick_answers_do_not_pull_it_down(void **state)
{
	struct limit limit;
	const unsigned demands[] = { 24, AT_WORK_MAX - 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		unsigned best = serve_bursts(NULL, 40, demands[i]), learned = serve_bursts(&limit, 0, demands[i]);

		if (learned < best * 0.87)
			fail_msg("%u asked: %u pages of %u", demands[i], learned, best);
		assert_true(limit_get(&limit) <= 80);
	}
}

/* Quick and slow ones of one kind, always: their mean is what is known of them, and chance moves it. That costs, the more the more workers there
 * are; it must not ruin. */
static void one_kind_may_be_many(void **state)
{
	static const struct mix mixed[] = { { 2, { 1000, 50000 }, true, 0 }, { 3, { 1000, 5000, 500000 }, true, 0 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sizeof(workers_of) / sizeof(*workers_of); j++) {
			struct limit limit;
			double best = 0, learned = serve_anew(workers_of[j], &mixed[i], &limit, 0);

			for (unsigned fixed = 1; fixed <= 512; fixed *= 2)
				best = fmax(best, serve_anew(workers_of[j], &mixed[i], NULL, fixed));
			if (learned < 0.65 * best)
				fail_msg("%zu, %u workers: %.1f of %.1f, limit %u", i, workers_of[j], learned, best, limit_get(&limit));
		}
	}
}

/* Files and pages of one kind, an origin with one worker, under attack: the share of files changes all the time, and with it what a mean says. It is not
 * taken for an origin that got slower: most of the time no more wait there than it takes. */
static void files_among_pages_do_not_pull_it_up(void **state)
{
	struct limit limit;
	unsigned high = 0;

	(void)state;
	origin = (struct origin){ .workers = 1, .slowness = 1 };
	limit_init(&limit, &range, 0);
	for (uint64_t second = 0; second < 310; second++) {
		struct mix mix = { 1, { 5000 }, true, 20 + (unsigned)(draw_share(&origin) * 40) };
		struct run run = { second * 1000000, (second + 1) * 1000000, 0, second < 10 ? 2 : AT_WORK_MAX - 1 };

		limit_freeze(&limit, second >= 10);
		serve(&origin, &mix, &limit, &run);
		high += limit_get(&limit) > 20;
	}
	assert_true(high <= 45);
}

/* Under attack, while fewer come than a probe would let in: nothing is tried, and what waits there does not become what is calm. */
static void a_probe_that_holds_nobody_back_teaches_nothing(void **state)
{
	static const struct limit_range wide = { LIMIT_FLOOR, 64, 64 };
	struct limit limit;

	(void)state;
	origin = (struct origin){ .workers = 16, .slowness = 1 };
	limit_init(&limit, &wide, 0);
	serve_on(&limit, 0, 10, 2);
	limit_freeze(&limit, true);
	serve_on(&limit, 10, 100, 24);
	assert_true(limit.kinds[0].calm_us < 22000);
}

/* Of a kind that came in probes only nobody knows what is usual: another probe of it has nothing to compare. */
static void a_kind_of_probes_only_proves_nothing(void **state)
{
	struct limit limit;

	(void)state;
	limit_init(&limit, &range, 0);
	limit_freeze(&limit, true);
	limit.is_probing = true;
	limit.usual_at_work = 20;
	limit.kinds[1].calm_us = 1000;
	for (uint64_t i = 0; i < 20; i++)
		limit_learn(&limit, &(struct limit_answer){ 1, 1 + i * 10000, 1 + i * 10000 + 50000, 8 });
	assert_false(limit.is_probing);
	assert_true(limit.kinds[1].calm_us <= 1000);
}

static void keeps_to_its_range(void **state)
{
	struct limit_range narrow = { 2, 3, 6 };
	struct limit limit;

	(void)state;
	for (unsigned workers = 1; workers <= 32; workers *= 32) {
		origin = (struct origin){ .workers = workers, .slowness = 1 };
		limit_init(&limit, &narrow, 0);
		assert_int_equal(limit_get(&limit), 3);
		serve_on(&limit, 0, 30, AT_WORK_MAX - 1);
		assert_in_range(limit_get(&limit), 2, 6);
	}
	assert_int_equal(limit_get(&limit), 6);
}

/* Clocks that step, and kinds that there are not. */
static void nonsense_teaches_nothing(void **state)
{
	struct limit limit;
	struct limit_answer answers[] = { { 0, 50, 60, 1 }, { 0, 200, 200, 1 }, { 0, 300, 100, 1 }, { 99, 200, 300, 1 } };

	(void)state;
	limit_init(&limit, &range, 100);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		limit_learn(&limit, &answers[i]);
	assert_int_equal(limit.count, 1);
	assert_int_equal(limit.kinds[LIMIT_KINDS - 1].count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_as_good_as_the_best_fixed_one),
		cmocka_unit_test(follows_an_origin_that_loses_workers),
		cmocka_unit_test(follows_an_origin_that_gets_slower),
		cmocka_unit_test(an_hour_of_flood_changes_nothing),
		cmocka_unit_test(quiet_does_not_move_it),
		cmocka_unit_test(grows_where_some_of_it_is_reserved),
		cmocka_unit_test(bursts_of_quick_answers_do_not_pull_it_down),
		cmocka_unit_test(one_kind_may_be_many),
		cmocka_unit_test(files_among_pages_do_not_pull_it_up),
		cmocka_unit_test(a_probe_that_holds_nobody_back_teaches_nothing),
		cmocka_unit_test(a_kind_of_probes_only_proves_nothing),
		cmocka_unit_test(keeps_to_its_range),
		cmocka_unit_test(nonsense_teaches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
