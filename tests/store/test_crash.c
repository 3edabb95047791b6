/* Killed at any moment, again and again, while the journal grows: every line is there once, and the totals are what was counted. */
#include "stage.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/hash.h"
#include "event/read.h"

#define ROUNDS 60
#define LINES_A_ROUND 300
#define SITES 5

static unsigned events[SITES], blocked[SITES];

static void write_some(struct stage *stage, unsigned round)
{
	static const char *const tenants[] = { "a", "b", "" }, *const decisions[] = { "allow", "block", "drop", "odd" };
	char site[32];

	for (unsigned i = 0; i < LINES_A_ROUND; i++) {
		/* Over midnight and back; and one of a time that nobody believes. */
		uint64_t time_ms = i % 97 == 0 ? 1000 : STAGE_NOW_MS - i % 3 * STAGE_DAY_MS + round * 1000 + i;
		unsigned which = (round + i) % SITES;

		snprintf(site, sizeof(site), "site-%u-%u", which, round / 20);  /* new names on the way */
		stage_request(stage, time_ms, tenants[i % 3], site, decisions[i % 4]);
		if (i % 10 == 0) {
			events[which] += 10;
			blocked[which] += i % 7;
			snprintf(site, sizeof(site), "site-%u", which);
			stage_counts(stage, STAGE_NOW_MS + i, site, 1, events[which], blocked[which]);
		}
	}
}

/* A child that reads until it is killed. */
static pid_t start_reader(struct stage *stage)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	stage_open(stage);
	for (;;) {
		struct store_ingested done;

		(void)!store_ingest(stage->reading, stage->now_ms * 1000000, NULL, &done);
	}
}

struct seen {
	uint8_t *times;        /* [sequence] */
	uint64_t last, wrong;
	char (*lines)[33];     /* [sequence]: the request's id */
};

static bool see(void *context, const struct store_event *event)
{
	struct seen *seen = context;

	if (event->sequence > seen->last || !span_contains(event->line, span_of(seen->lines[event->sequence])))
		seen->wrong++;
	else
		seen->times[event->sequence]++;
	return true;
}

static void assert_all_once(struct stage *stage)
{
	const struct store_events_ask ask = { .tenants = store_all_tenants, .count = 1u << 30 };
	struct seen seen = { .last = stage->streams[STREAM_DETAIL].sequence };
	struct store_events_end end;

	seen.times = calloc(seen.last + 1, 1);
	seen.lines = calloc(seen.last + 1, sizeof(seen.lines[0]));
	for (uint64_t i = 1; i <= seen.last; i++)
		stage_id(i, seen.lines[i]);
	assert_int_equal(store_events(stage->store, &ask, &stage->complaints, see, &seen, &end), RESULT_OK);
	assert_int_equal(seen.wrong, 0);
	for (uint64_t i = 1; i <= seen.last; i++) {
		if (seen.times[i] != 1)
			fail_msg("line %llu is there %u times", (unsigned long long)i, seen.times[i]);
	}
	free(seen.times);
	free(seen.lines);
}

static void assert_requests_found(struct stage *stage)
{
	struct stage_told told = { .stop_after = 0 };
	char id[33];

	buffer_init(&told.text, 1 << 20);
	for (uint64_t i = 1; i <= stage->streams[STREAM_DETAIL].sequence; i += 101) {
		stage_id(i, id);
		assert_int_equal(store_request(stage->store, store_all_tenants, span_of(id), NULL, stage_hear_event, &told), RESULT_OK);
	}
	buffer_done(&told.text);
}

static void assert_totals(struct stage *stage)
{
	unsigned all = 0, refused = 0;
	char wanted[64];

	for (unsigned i = 0; i < SITES; i++) {
		all += events[i];
		refused += blocked[i];
	}
	snprintf(wanted, sizeof(wanted), "events %u\n", all);
	stage_sum(stage, "events", wanted);
	snprintf(wanted, sizeof(wanted), "reasons.rules %u\n", refused);
	stage_sum(stage, "reasons.rules", wanted);
}

static void killed_again_and_again(void **state)
{
	struct stage stage;
	struct store_position at[2];

	(void)state;
	stage_init(&stage);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct timespec pause = { 0 };
		uint32_t chance;
		pid_t child;

		random_fill(&chance, sizeof(chance));
		pause.tv_nsec = chance % 40000000;
		if (round % 2)
			write_some(&stage, round);
		child = start_reader(&stage);
		if (round % 2 == 0)
			write_some(&stage, round);
		nanosleep(&pause, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		stage.now_ms += round % 10 == 0 ? STAGE_DAY_MS : 1;  /* the machine's clock goes on meanwhile */
	}
	stage_open(&stage);
	stage_ingest(&stage);
	assert_all_once(&stage);
	assert_requests_found(&stage);
	assert_totals(&stage);
	store_positions(stage.reading, at);
	assert_int_equal(at[0].missing + at[0].damaged + at[1].missing + at[1].damaged, 0);
	assert_int_equal(at[0].lines, stage.streams[STREAM_DETAIL].sequence);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed_again_and_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
