/* store-measure FOLDER [EVENTS [ROUNDS]]
 *
 * What the hub's store takes and answers, as JSON. In FOLDER, which is empty: EVENTS (300,000) lines of the journal, as the shield itself formats them,
 * of TENANTS tenants over DAYS days, read and committed in ROUNDS (5) parts; and for each hour and site a line of counts, which add up to TOTALS events.
 * Pinned to one core; the time to write the journal is not in it. Then each question ROUNDS * ASKED times.
 *
 * store-measure FOLDER EVENTS 1 SECONDS
 *
 * Only a journal, of EVENTS lines in the last SECONDS, and a line of counts for each second and site: what a hub reads that was away so long under an attack. */
#include <assert.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "event/crc32c.h"
#include "event/stream.h"
#include "event/tell.h"
#include "store/store.h"

#include "base/banned.h"

#define ROUNDS_MAX 101
#define EVENTS_MIN 50000u   /* of fewer the quiet tenant may have none */
#define ASKED 10
#define DAYS 30u
#define TENANTS 100u
#define SITES 100u
#define TOTALS 10000000u
#define DAY_MS 86400000ull

struct bench {
	const char *folder;
	char journal[512];
	int journal_fd;
	struct stream_writer streams[STREAM_MAX];
	struct store *store;
	struct store_journal *reading;
	struct format format;
	uint64_t begin_ms, now_ms;
	unsigned events, rounds, made;
};

/* ---- the journal ---- */

static void write_line(struct bench *bench, enum stream stream, const char *text, size_t len)
{
	char line[LINE_MAX_BYTES];
	struct seal seal = { .sequence = bench->streams[stream].sequence + 1 };

	memcpy(line, text, len);
	len += seal_write(&seal, crc32c_more(0, span_make(text, len)), line + len);
	assert(stream_write(&bench->streams[stream], span_make(line, len), 1) == RESULT_OK);
}

/* One of TENANTS, of which each has fewer requests than the one before. */
static unsigned some_tenant(uint64_t chance)
{
	unsigned tenant = 0;

	while (tenant + 1 < TENANTS && chance % 16 == 0) {
		chance /= 16;
		tenant += 1 + (unsigned)(chance % (TENANTS - 1));
	}
	return tenant < TENANTS ? tenant : TENANTS - 1;
}

static void write_request(struct bench *bench, unsigned number)
{
	static struct field fields[] = { { SPAN_INIT("User-Agent"), SPAN_INIT("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), FIELD_USER_AGENT } };
	struct request_head head = { .method = METHOD_GET, .method_name = SPAN("GET"), .version = HTTP_1_1, .path = SPAN("/dossiers/aanvraag/overzicht"),
		                     .query = SPAN("q=water&lang=nl&page=2"), .has_query = true, .fields = { .list = fields, .count = 1, .size = 1, .max = 1 } };
	uint64_t chance = hash_u64(number + 1), ms = bench->begin_ms + (bench->now_ms - bench->begin_ms) * number / bench->events;
	unsigned tenant = some_tenant(chance >> 16);
	char site[32], owner[32], text[FORMAT_MAX];
	struct request_fact fact = {
		.wall_ns = ms * 1000000, .request_id = { chance, hash_u64(chance) }, .worker = number % 4, .decision = number % 5 ? DECISION_ALLOW : DECISION_BLOCK,
		.reason = number % 5 ? REASON_NONE : REASON_RATE_LIMIT, .source_port = 40000, .head = &head, .is_tls = true, .tls_version = SPAN("1.3"),
		.sni = SPAN("www.commune.example"), .ja4 = SPAN("t13d1516h2_8daaf6152771_b186095e22b6"), .status = number % 5 ? 200 : 429, .origin_status = 200,
		.origin = SPAN("http://10.0.0.11:8080"), .response_bytes = 5120 + number % 1000, .wait_us = 10, .connect_us = 200, .first_byte_us = 800 + number % 100,
		.total_us = 1234 + number % 1000, .is_reused = true,
	};

	snprintf(site, sizeof(site), "site-%u", tenant);
	snprintf(owner, sizeof(owner), "tenant-%u", tenant);
	fact.site_name = span_of(site);
	fact.tenant_name = span_of(owner);
	assert(address_read(SPAN("192.0.2.77"), &fact.source) == RESULT_OK);
	fact.peer = fact.source;
	head.host = SPAN("www.commune.example");
	write_line(bench, STREAM_DETAIL, text, format_request(&bench->format, (struct log_client_ip){ LOG_ADDRESS_TRUNCATED, LOG_ADDRESS_FULL }, &fact, text));
}

static void write_part(struct bench *bench)
{
	unsigned end = bench->made + bench->events / bench->rounds;

	while (bench->made < end)
		write_request(bench, bench->made++);
}

/* For each of COUNT steps of STEP_MS a line of each site, of a dozen numbers that grow to EVENTS of all of them. */
static void write_counts(struct bench *bench, unsigned count, uint64_t step_ms, uint64_t events)
{
	struct counts_total *total = calloc(1, sizeof(*total));
	char name[32], text[FORMAT_MAX];

	assert(total);
	for (unsigned step = 0; step < count; step++) {
		for (unsigned site = 0; site < SITES; site++) {
			uint64_t grown = events * (step + 1) / ((uint64_t)count * SITES);

			snprintf(name, sizeof(name), "site-%u", site);
			total->name = span_of(name);
			total->numbers[COUNTS_EVENTS] = grown;
			total->numbers[COUNTS_RESPONSE_BYTES] = grown * 5000;
			total->numbers[COUNTS_TOTAL_US] = grown * 1500;
			for (unsigned i = 0; i < 4; i++) {
				total->numbers[COUNTS_DECISIONS + (i * 2) * COUNTS_CLASSES + 2] = grown / 4;
				total->numbers[COUNTS_REASONS + 3 + i * 5] = grown / 10;
			}
			write_line(bench, STREAM_COUNTS, text,
			           tell_site(&bench->format, (bench->begin_ms + step * step_ms) * 1000000, 7, total, text));
		}
	}
	free(total);
}

/* ---- the measures ---- */

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print(const char *name, double *values, unsigned count)
{
	qsort(values, count, sizeof(values[0]), by_value);
	printf(", \"%s\": {\"least\": %.4f, \"median\": %.4f, \"most\": %.4f}", name, values[0], values[count / 2], values[count - 1]);
}

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static uint64_t ingest(struct bench *bench)
{
	struct store_ingested done;
	enum result result;
	uint64_t rows = 0;

	do {
		result = store_ingest(bench->reading, bench->now_ms * 1000000, NULL, &done);
		assert(result == RESULT_OK || result == RESULT_MORE);
		rows += done.rows;
	} while (result == RESULT_OK);
	return rows;
}

static void measure_ingest(struct bench *bench)
{
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX];

	for (unsigned round = 0; round < bench->rounds; round++) {
		double cpu_from;
		uint64_t from, rows;

		write_part(bench);
		cpu_from = cpu_us();
		from = clock_mono_ns();
		rows = ingest(bench);
		assert(rows == bench->events / bench->rounds);
		wall[round] = (double)(clock_mono_ns() - from) / 1e3 / (double)rows;
		cpu[round] = (cpu_us() - cpu_from) / (double)rows;
	}
	print("ingest", wall, bench->rounds);
	print("ingest_cpu", cpu, bench->rounds);
}

static double size_of(const char *folder, const char *name)
{
	char path[600];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return stat(path, &status) == 0 ? (double)status.st_size : 0;
}

static void measure_sizes(struct bench *bench)
{
	double days = 0, lines = 0;

	for (unsigned day = 0; day <= DAYS + 1; day++) {
		char text[CLOCK_ISO_LEN + 1], name[40];

		clock_write_iso_ms(bench->begin_ms + day * DAY_MS, text);
		snprintf(name, sizeof(name), "events-%.10s.db", text);
		days += size_of(bench->folder, name);
	}
	for (uint64_t first = 1; first <= bench->streams[STREAM_DETAIL].sequence; first++) {
		char name[SEGMENT_NAME_MAX];

		segment_name(STREAM_DETAIL, first, name);
		lines += size_of(bench->journal, name);
	}
	printf(", \"event_bytes\": %.1f, \"line_bytes\": %.1f, \"totals_bytes\": %.0f", days / bench->made, lines / bench->made, size_of(bench->folder, "main.db"));
}

static bool count_total(void *context, const struct store_total *total)
{
	uint64_t *sum = context;

	*sum += total->count;
	return true;
}

static bool count_event(void *context, const struct store_event *event)
{
	uint64_t *sum = context;

	*sum += event->line.len > 0;
	return true;
}

/* What one page of thirty days asks for: decisions by hour, reasons, and requests of each site. */
static void ask_dashboard(struct bench *bench, struct store_tenants tenants, uint64_t *sum)
{
	const struct store_totals_ask asks[] = {
		{ tenants, bench->begin_ms / 1000, bench->now_ms / 1000, STORE_HOUR, SPAN("decisions."), true, false },
		{ tenants, bench->begin_ms / 1000, bench->now_ms / 1000, STORE_HOUR, SPAN("reasons."), false, false },
		{ tenants, bench->begin_ms / 1000, bench->now_ms / 1000, STORE_HOUR, SPAN("events"), false, true },
	};

	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		assert(store_totals(bench->store, &asks[i], NULL, count_total, sum) == RESULT_OK);
}

static void ask_dashboard_all(struct bench *bench, uint64_t *sum)
{
	ask_dashboard(bench, store_all_tenants, sum);
}

static void ask_dashboard_one(struct bench *bench, uint64_t *sum)
{
	ask_dashboard(bench, (struct store_tenants){ false, &SPAN("tenant-7"), 1 }, sum);
}

static void ask_last(struct bench *bench, struct store_tenants tenants, uint64_t *sum)
{
	const struct store_events_ask ask = { .tenants = tenants, .count = 100 };
	struct store_events_end end;

	assert(store_events(bench->store, &ask, NULL, count_event, sum, &end) == RESULT_OK);
}

static void ask_last_busy(struct bench *bench, uint64_t *sum)
{
	ask_last(bench, (struct store_tenants){ false, &SPAN("tenant-0"), 1 }, sum);
}

static void ask_last_quiet(struct bench *bench, uint64_t *sum)
{
	ask_last(bench, (struct store_tenants){ false, &SPAN("tenant-93"), 1 }, sum);
}

static void ask_last_all(struct bench *bench, uint64_t *sum)
{
	ask_last(bench, store_all_tenants, sum);
}

/* The oldest one: every day is looked through. */
static void ask_request(struct bench *bench, uint64_t *sum)
{
	char id[33];
	uint64_t chance = hash_u64(1);

	snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)chance, (unsigned long long)hash_u64(chance));
	assert(store_request(bench->store, store_all_tenants, span_of(id), NULL, count_event, sum) == RESULT_OK);
}

static void measure_question(struct bench *bench, const char *name, void (*ask)(struct bench *bench, uint64_t *sum))
{
	unsigned count = bench->rounds * ASKED;
	double ms[ROUNDS_MAX * ASKED];
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t from = clock_mono_ns();

		ask(bench, &sum);
		ms[i] = (double)(clock_mono_ns() - from) / 1e6;
	}
	assert(sum > 0);
	printf(", \"%s_first\": %.4f", name, ms[0]);
	print(name, ms, count);
}

static void open_store(struct bench *bench)
{
	assert(store_open(span_of(bench->folder), NULL, &bench->store) == RESULT_OK);
	assert(store_follow(bench->store, SPAN("node-1"), bench->journal_fd, NULL, &bench->reading) == RESULT_OK);
}

static void close_store(struct bench *bench)
{
	store_journal_free(bench->reading);
	store_close(bench->store);
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);  /* in a container without that core: wherever it runs */
}

static void prepare(struct bench *bench)
{
	snprintf(bench->journal, sizeof(bench->journal), "%s/journal", bench->folder);
	assert(mkdir(bench->journal, 0700) == 0);
	bench->journal_fd = open(bench->journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(bench->journal_fd >= 0);
	for (unsigned i = 0; i < STREAM_MAX; i++)
		stream_writer_init(&bench->streams[i], (enum stream)i, bench->journal_fd);
	bench->now_ms = clock_wall_ns() / 1000000;
	bench->begin_ms = (bench->now_ms - DAYS * DAY_MS) / 3600000 * 3600000;
	format_init(&bench->format, SPAN("node-1"), (struct hash_seed){ 1, 2 });
}

static int write_only(struct bench *bench, unsigned seconds)
{
	prepare(bench);
	bench->begin_ms = bench->now_ms - seconds * 1000ull;
	write_part(bench);
	write_counts(bench, seconds, 1000, bench->events);
	printf("{\"lines\": %u}\n", bench->made + seconds * SITES);
	return 0;
}

int main(int count, char **words)
{
	static struct bench bench;

	bench.folder = count > 1 ? words[1] : NULL;
	bench.events = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 300000;
	bench.rounds = count > 3 ? (unsigned)strtoul(words[3], NULL, 10) : 5;
	if (count == 5 && strtoul(words[4], NULL, 10) > 0)
		return write_only(&bench, (unsigned)strtoul(words[4], NULL, 10));
	if (!bench.folder || bench.rounds < 1 || bench.rounds > ROUNDS_MAX || bench.events < EVENTS_MIN) {
		fprintf(stderr, "usage: store-measure FOLDER [EVENTS [ROUNDS]]: %u events or more, %u rounds at most\n", EVENTS_MIN, ROUNDS_MAX);
		return 2;
	}
	pin();
	prepare(&bench);
	open_store(&bench);
	printf("{\"events\": %u", bench.events);
	measure_ingest(&bench);
	write_counts(&bench, DAYS * 24, 3600000, TOTALS);
	(void)ingest(&bench);
	close_store(&bench);
	measure_sizes(&bench);
	open_store(&bench);
	measure_question(&bench, "dashboard", ask_dashboard_all);
	measure_question(&bench, "dashboard_one", ask_dashboard_one);
	measure_question(&bench, "last", ask_last_busy);
	measure_question(&bench, "last_quiet", ask_last_quiet);
	measure_question(&bench, "last_all", ask_last_all);
	measure_question(&bench, "request", ask_request);
	close_store(&bench);
	printf("}\n");
	return 0;
}
