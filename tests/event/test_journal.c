#include "stage.h"

#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "event/event.h"
#include "event/member.h"
#include "event/read.h"
#include "event/ring.h"

#define WORKERS 2u
#define ROUNDS 120

static struct log_settings fast_settings(void)
{
	struct log_settings settings = stage_settings();

	settings.rate = (struct rate){ 1000000, 1000 };
	settings.fsync_ms = 10;
	return settings;
}

static struct event *start(void *memory, int folder, const struct log_settings *settings)
{
	struct event_birth birth = { .memory = memory, .memory_bytes = event_memory_bytes(WORKERS), .workers = WORKERS,
		                     .folder_fd = folder, .node = SPAN("node"), .settings = settings };
	struct event *event;

	if (event_new(&birth, &event) != RESULT_OK)
		abort();
	return event;
}

/* The ring of a worker, where event.c lays it. */
static struct ring_header *ring_of(void *memory, unsigned worker)
{
	size_t slot = event_memory_bytes(2) - event_memory_bytes(1);

	return (struct ring_header *)(void *)((char *)memory + event_memory_bytes(1) - slot + worker * slot);
}

static bool wait_for_writing(struct event *event, bool wanted)
{
	for (int i = 0; i < 500; i++) {
		if (event_state(event).is_writing == wanted)
			return true;
		usleep(10000);
	}
	return false;
}

struct producer {
	struct fact_sink sink;
	struct ring_header *ring;
	pthread_t thread;
};

/* Requests whose id is the number that the ring will give them. */
static void *produce(void *context)
{
	struct producer *producer = context;
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);

	for (;;) {
		for (int i = 0; i < 40; i++) {
			fact->request_id[0] = producer->ring->id;
			fact->request_id[1] = atomic_load(&producer->ring->head) + 1;
			producer->sink.request(producer->sink.context, fact);
		}
		usleep(500);
	}
	return NULL;
}

_Noreturn static void live_until_killed(void *memory, int folder)
{
	struct log_settings settings = fast_settings();
	struct event *event = start(memory, folder, &settings);
	struct producer producers[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++) {
		producers[i].sink = event_sink(event, i);
		producers[i].ring = ring_of(memory, i);
		if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0)
			_exit(1);
	}
	for (;;)
		pause();
}

/* Reads the whole journal: sequences 1, 2, 3 ...; every record of each ring exactly once, with the payload that it had. */
static void check_complete(void *memory, int folder)
{
	struct journal_reader reader;
	uint64_t sequence = 0, seen[WORKERS] = { 0 };
	char *found[WORKERS];
	struct span line;
	struct seal seal;

	for (unsigned i = 0; i < WORKERS; i++)
		found[i] = calloc(1, atomic_load(&ring_of(memory, i)->head) + 2);
	journal_reader_init(&reader, folder, STREAM_DETAIL);
	while (journal_reader_next(&reader, &line, &seal) == RESULT_OK) {
		struct member id;
		uint64_t number = 0;

		assert_int_equal(seal.sequence, ++sequence);
		if (!seal.has_ring)
			continue;
		assert_int_equal(member_find(line, SPAN("bouclier.request_id"), &id), RESULT_OK);
		for (size_t i = 16; i < 32; i++)
			number = number * 16 + (uint64_t)(is_digit(id.value.at[i]) ? id.value.at[i] - '0' : id.value.at[i] - 'a' + 10);
		assert_int_equal(number, seal.ring_number);
		for (unsigned i = 0; i < WORKERS; i++) {
			if (ring_of(memory, i)->id != seal.ring_id)
				continue;
			assert_true(number <= atomic_load(&ring_of(memory, i)->head));
			assert_false(found[i][number]);
			found[i][number] = 1;
			seen[i]++;
		}
	}
	assert_int_equal(reader.damaged, 0);
	assert_int_equal(reader.missing, 0);
	journal_reader_done(&reader);
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(seen[i], atomic_load(&ring_of(memory, i)->head));
		assert_true(seen[i] > ROUNDS);
		assert_int_equal(atomic_load(&ring_of(memory, i)->corrupt), 0);
		free(found[i]);
	}
	print_message("%u rounds, %u and %u records, each once\n", ROUNDS, (unsigned)seen[0], (unsigned)seen[1]);
}

static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = fast_settings();
	char name[32];
	int folder = stage_folder(name);
	unsigned seed = (unsigned)clock_mono_ns();

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child = fork();

		if (child == 0)
			live_until_killed(memory, folder);
		seed = seed * 1103515245 + 12345;
		usleep(500 + (seed >> 12) % (round % 8 ? 20000 : 150000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
	}
	event_free(start(memory, folder, &settings));  /* a life that only carries what was left */
	check_complete(memory, folder);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

static uint64_t sum_of(int folder, enum stream stream, const char *dataset, const char *member, bool last)
{
	struct journal_reader reader;
	struct span line;
	struct seal seal;
	uint64_t sum = 0, value;

	journal_reader_init(&reader, folder, stream);
	while (journal_reader_next(&reader, &line, &seal) == RESULT_OK) {
		struct member found;

		if (member_find(line, SPAN("event.dataset"), &found) != RESULT_OK || !span_equal(found.value, span_of(dataset)) ||
		    member_find(line, span_of(member), &found) != RESULT_OK)
			continue;
		value = 1;
		if (found.kind == MEMBER_NUMBER)
			assert_int_equal(span_to_u64(found.value, UINT64_MAX, &value), RESULT_OK);
		sum = last ? value : sum + value;
	}
	journal_reader_done(&reader);
	return sum;
}

/* While the disk refuses, requests go on; when it takes again, the lines that waited come, and the number of those that
 * found no room. */
static void a_full_disk_costs_lines_and_says_how_many(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = fast_settings();
	struct rlimit before, limit;
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct event *event;
	struct fact_sink sink;
	uint64_t sent = 0, lost;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 20000;
	event = start(memory, folder, &settings);
	sink = event_sink(event, 0);
	assert_true(wait_for_writing(event, true));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (; sent < 6000; sent++)  /* more than a ring holds */
		sink.request(sink.context, fact);
	assert_true(wait_for_writing(event, false));
	assert_int_not_equal(event_state(event).error, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(wait_for_writing(event, true));
	sleep(1);
	for (; sent < 6010; sent++)
		sink.request(sink.context, fact);
	event_free(event);

	lost = sum_of(folder, STREAM_DETAIL, "bouclier.journal", "bouclier.journal.lost.lines", false);
	assert_true(lost > 1000);
	assert_int_equal(lost, atomic_load(&ring_of(memory, 0)->refused));
	assert_int_equal(sum_of(folder, STREAM_DETAIL, "bouclier.request", "@timestamp", false) + lost, sent);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts", "bouclier.counts.events", true), sent);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts.journal", "bouclier.journal.lost.ring-full", true), lost);
	assert_true(sum_of(folder, STREAM_COUNTS, "bouclier.counts.journal", "bouclier.journal.errors.write", true) > 0);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

static void what_is_not_a_line_is_counted(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = stage_settings();
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct event *event;
	struct fact_sink sink;
	uint64_t lines;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	settings.rate = (struct rate){ 100, 1000 };
	event = start(memory, folder, &settings);
	sink = event_sink(event, 0);
	fact->reason = REASON_CONNECTIONS;
	fact->decision = DECISION_LIMIT;
	for (int i = 0; i < 5000; i++)
		sink.request(sink.context, fact);
	settings.requests = LOG_DECISIONS;
	event_apply(event, &settings, 1);
	fact->reason = REASON_NONE;
	fact->decision = DECISION_ALLOW;
	for (int i = 0; i < 70; i++)
		sink.request(sink.context, fact);
	event_free(event);
	lines = sum_of(folder, STREAM_DETAIL, "bouclier.request", "@timestamp", false);
	assert_in_range(lines, 25, 100);  /* half of a worker's 50, perhaps over the turn of a second */
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts.journal", "bouclier.journal.sampled.connection-limit", true),
	                 5000 - lines);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts.journal", "bouclier.journal.filtered", true), 70);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts", "bouclier.counts.limit.2xx", true), 5000);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts", "bouclier.counts.allow.2xx", true), 70);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

/* Two edges on one folder and one memory, as in an upgrade: the new one carries once the old one hands over, and what the
 * old one still says is carried by the new one. */
static void handed_over(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = fast_settings();
	struct event_birth birth = { .memory = memory, .memory_bytes = event_memory_bytes(WORKERS), .workers = 1,
		                     .node = SPAN("node"), .settings = &settings };
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct event *old, *new;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	birth.folder_fd = folder;
	assert_int_equal(event_new(&birth, &old), RESULT_OK);
	assert_true(wait_for_writing(old, true));
	birth.first_worker = 1;
	assert_int_equal(event_new(&birth, &new), RESULT_OK);
	for (int i = 0; i < 100; i++) {
		event_sink(old, 0).request(event_sink(old, 0).context, fact);
		event_sink(new, 0).request(event_sink(new, 0).context, fact);
	}
	usleep(150000);
	assert_false(event_state(new).is_writing);
	event_hand_over(old);
	assert_true(wait_for_writing(new, true));
	for (int i = 0; i < 100; i++)
		event_sink(old, 0).request(event_sink(old, 0).context, fact);
	event_free(old);
	event_free(new);
	assert_int_equal(sum_of(folder, STREAM_DETAIL, "bouclier.request", "@timestamp", false), 300);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts", "bouclier.counts.events", true), 300);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

/* The end of a shield with an edge that still drains: the newer one, with nothing left to serve, is gone first. */
static void the_last_to_go_writes_its_lines(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = fast_settings();
	struct event_birth birth = { .memory = memory, .memory_bytes = event_memory_bytes(WORKERS), .workers = 1,
		                     .node = SPAN("node"), .settings = &settings };
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct event *old, *new;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	birth.folder_fd = folder;
	assert_int_equal(event_new(&birth, &old), RESULT_OK);
	assert_true(wait_for_writing(old, true));
	birth.first_worker = 1;
	assert_int_equal(event_new(&birth, &new), RESULT_OK);
	event_hand_over(old);
	assert_true(wait_for_writing(new, true));
	event_sink(new, 0).request(event_sink(new, 0).context, fact);
	event_free(new);
	for (int i = 0; i < 100; i++)
		event_sink(old, 0).request(event_sink(old, 0).context, fact);
	event_free(old);
	assert_int_equal(sum_of(folder, STREAM_DETAIL, "bouclier.request", "@timestamp", false), 101);
	assert_int_equal(sum_of(folder, STREAM_COUNTS, "bouclier.counts", "bouclier.counts.events", true), 101);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

static void the_disk_budget_drops_detail_and_says_so(void **state)
{
	void *memory = stage_memory(event_memory_bytes(WORKERS));
	struct log_settings settings = fast_settings();
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct journal_reader reader;
	struct event *event;
	struct span line;
	struct seal seal;
	uint64_t first = 0, last = 0, dropped;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	settings.disk_bytes = 16 << 20;
	event = start(memory, folder, &settings);
	for (int i = 0; i < 45000; i++) {
		struct ring_header *ring = ring_of(memory, 0);

		event_sink(event, 0).request(event_sink(event, 0).context, fact);
		while (atomic_load(&ring->head) - atomic_load(&ring->tail) > 1000)
			usleep(1000);
	}
	sleep(2);  /* it looks once a second, and tells a second later */
	event_sink(event, 0).request(event_sink(event, 0).context, fact);
	event_free(event);
	journal_reader_init(&reader, folder, STREAM_DETAIL);
	while (journal_reader_next(&reader, &line, &seal) == RESULT_OK) {
		first = first ? first : seal.sequence;
		last = seal.sequence;
	}
	journal_reader_done(&reader);
	dropped = sum_of(folder, STREAM_DETAIL, "bouclier.journal", "bouclier.journal.lost.lines", false);
	assert_true(first > 1);
	assert_int_equal(dropped, first - 1);
	assert_true(last > 45000);
	assert_true(sum_of(folder, STREAM_COUNTS, "bouclier.counts.journal", "bouclier.journal.segments.dropped", true) > 0);
	stage_folder_remove(folder, name);
	munmap(memory, event_memory_bytes(WORKERS));
}

static void births_that_cannot_be(void **state)
{
	void *memory = stage_memory(event_memory_bytes(1));
	struct log_settings settings = stage_settings();
	struct event_birth birth = { .memory = memory, .memory_bytes = event_memory_bytes(1) - 1, .workers = 1,
		                     .folder_fd = -1, .node = SPAN("node"), .settings = &settings };
	struct event *event = NULL;

	(void)state;
	assert_int_equal(event_new(&birth, &event), RESULT_LIMIT);
	birth.memory_bytes++;
	birth.workers = 2;
	assert_int_equal(event_new(&birth, &event), RESULT_LIMIT);
	birth.workers = 1;
	birth.first_worker = 1;
	assert_int_equal(event_new(&birth, &event), RESULT_LIMIT);
	birth.first_worker = 0;
	assert_int_equal(event_new(&birth, &event), RESULT_OK);  /* no folder at all: an edge serves, and says so */
	for (int i = 0; i < 200 && event_state(event).error == 0; i++)
		usleep(10000);
	assert_false(event_state(event).is_writing);
	assert_int_equal(event_state(event).error, ENOENT);
	event_free(event);
	event = NULL;
	birth.workers = 0;
	assert_int_equal(event_new(&birth, &event), RESULT_LIMIT);
	assert_null(event);
	munmap(memory, event_memory_bytes(1));
}

static void slots_that_never_had_a_worker_cost_nothing(void **state)
{
	size_t size = event_memory_bytes(64), touched = 0, pages = (size + 4095) / 4096;
	unsigned char *resident = malloc(pages);
	struct log_settings settings = fast_settings();
	struct event_birth birth = { .memory = stage_memory(size), .memory_bytes = size, .workers = 1, .first_worker = 32,
		                     .node = SPAN("node"), .settings = &settings };
	struct event *event;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	birth.folder_fd = folder;
	assert_int_equal(event_new(&birth, &event), RESULT_OK);
	event_free(event);
	assert_int_equal(mincore(birth.memory, size, resident), 0);
	for (size_t i = 0; i < pages; i++)
		touched += resident[i] & 1;
	assert_in_range(touched, 1, 8);
	free(resident);
	stage_folder_remove(folder, name);
	munmap(birth.memory, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment_nothing_is_lost_or_doubled),
		cmocka_unit_test(a_full_disk_costs_lines_and_says_how_many), cmocka_unit_test(what_is_not_a_line_is_counted),
		cmocka_unit_test(handed_over),
		cmocka_unit_test(the_last_to_go_writes_its_lines), cmocka_unit_test(the_disk_budget_drops_detail_and_says_so),
		cmocka_unit_test(births_that_cannot_be), cmocka_unit_test(slots_that_never_had_a_worker_cost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
