/* What the tests of this room share: a journal that is written as the real one is, a store beside it, and what the two have. */
#ifndef TESTS_STORE_STAGE_H
#define TESTS_STORE_STAGE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "event/crc32c.h"
#include "event/format.h"
#include "event/stream.h"
#include "store/store.h"

#define STAGE_NOW_MS 1769860800000u  /* 2026-01-31T12:00:00Z */
#define STAGE_DAY_MS 86400000u

struct stage {
	char journal[40], folder[40];
	int journal_fd;
	struct stream_writer streams[STREAM_MAX];
	struct store *store;
	struct store_journal *reading;
	struct complaints complaints;
	uint64_t now_ms;
};

static inline void stage_empty(const char *name)
{
	DIR *folder = opendir(name);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
	}
	closedir(folder);
}

static inline void stage_open(struct stage *stage)
{
	assert_int_equal(store_open(span_of(stage->folder), &stage->complaints, &stage->store), RESULT_OK);
	assert_int_equal(store_follow(stage->store, SPAN("node-1"), stage->journal_fd, &stage->complaints, &stage->reading), RESULT_OK);
}

static inline void stage_close(struct stage *stage)
{
	store_journal_free(stage->reading);
	store_close(stage->store);
	stage->reading = NULL;
	stage->store = NULL;
}

static inline void stage_streams(struct stage *stage)
{
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		uint64_t damaged = 0;

		stream_writer_init(&stage->streams[i], (enum stream)i, stage->journal_fd);
		assert_int_equal(stream_recover(&stage->streams[i], (struct stream_witness){ NULL, NULL }, &damaged), RESULT_OK);
	}
}

/* A journal without lines and a store without rows. */
static inline void stage_init(struct stage *stage)
{
	*stage = (struct stage){ .journal = "/tmp/bouclier-store-j-XXXXXX", .folder = "/tmp/bouclier-store-s-XXXXXX", .now_ms = STAGE_NOW_MS };
	assert_non_null(mkdtemp(stage->journal));
	assert_non_null(mkdtemp(stage->folder));
	stage->journal_fd = open(stage->journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(stage->journal_fd >= 0);
	complaints_init(&stage->complaints);
	stage_streams(stage);
}

static inline void stage_done(struct stage *stage)
{
	stage_close(stage);
	for (unsigned i = 0; i < STREAM_MAX; i++)
		stream_writer_done(&stage->streams[i]);
	stage_empty(stage->journal);
	stage_empty(stage->folder);
	close(stage->journal_fd);
	assert_int_equal(rmdir(stage->journal), 0);
	assert_int_equal(rmdir(stage->folder), 0);
	complaints_done(&stage->complaints);
}

/* One line, BODY without its closing brace. */
static inline void stage_line(struct stage *stage, enum stream stream, struct span body)
{
	char text[LINE_MAX_BYTES + 1];
	struct seal seal = { .sequence = stage->streams[stream].sequence + 1 };
	size_t len = body.len;

	memcpy(text, body.at, body.len);
	len += seal_write(&seal, crc32c_more(0, body), text + len);
	assert_int_equal(stream_write(&stage->streams[stream], span_make(text, len), 1), RESULT_OK);
}

/* The request id that stage_request gives the line NUMBER. */
static inline void stage_id(uint64_t number, char out[33])
{
	snprintf(out, 33, "%08x%024llx", (unsigned)(number * 2654435761u), (unsigned long long)number);
}

/* A line as of a request; TENANT may be "". */
static inline void stage_request(struct stage *stage, uint64_t time_ms, const char *tenant, const char *site, const char *decision)
{
	char text[FORMAT_MAX], moment[CLOCK_ISO_LEN + 1], id[33], owner[300] = "";
	int len;

	clock_write_iso_ms(time_ms, moment);
	stage_id(stage->streams[STREAM_DETAIL].sequence + 1, id);
	if (tenant[0])
		snprintf(owner, sizeof(owner), "\"bouclier.tenant\":\"%s\",", tenant);
	len = snprintf(text, sizeof(text), "{\"@timestamp\":\"%s\",\"event.dataset\":\"bouclier.request\",\"bouclier.node\":\"node-1\",%s"
	               "\"bouclier.site\":\"%s\",\"bouclier.decision\":\"%s\",\"source.ip\":\"192.0.2.7\",\"source.port\":40000,"
	               "\"http.response.status_code\":200,\"bouclier.request_id\":\"%s\",\"url.path\":\"/nieuws\",\"url.query\":\"q=*5\","
	               "\"user_agent.original\":\"Mozilla/5.0\"", moment, owner, site, decision, id);
	stage_line(stage, STREAM_DETAIL, span_make(text, (size_t)len));
}

/* A line of counts: EVENTS requests, of which BLOCKED were blocked by rules. */
static inline void stage_counts(struct stage *stage, uint64_t time_ms, const char *site, unsigned since, unsigned events, unsigned blocked)
{
	char text[FORMAT_MAX], moment[CLOCK_ISO_LEN + 1];
	int len;

	clock_write_iso_ms(time_ms, moment);
	len = snprintf(text, sizeof(text), "{\"@timestamp\":\"%s\",\"event.dataset\":\"bouclier.counts\",\"bouclier.node\":\"node-1\",\"bouclier.site\":\"%s\","
	               "\"bouclier.counts.since\":\"%08x\",\"bouclier.counts.events\":%u,\"bouclier.counts.allow.2xx\":%u", moment, site, since, events,
	               events - blocked);
	if (blocked)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ",\"bouclier.counts.block.4xx\":%u,\"bouclier.counts.connections.block\":1,"
		                "\"bouclier.counts.reasons.rules\":%u", blocked - 1, blocked);
	stage_line(stage, STREAM_COUNTS, span_make(text, (size_t)len));
}

/* Reads until there is no more; what all calls did. */
static inline struct store_ingested stage_ingest(struct stage *stage)
{
	struct store_ingested sum = { 0 }, one;
	enum result result;

	do {
		result = store_ingest(stage->reading, stage->now_ms * 1000000, &stage->complaints, &one);
		if (result != RESULT_OK && result != RESULT_MORE)
			fail_msg("%s: %.*s", result_name(result), SPAN_ARG(stage->complaints.count ? stage->complaints.list[0].text : SPAN("no complaint")));
		sum.rows += one.rows;
		sum.counts += one.counts;
		sum.again += one.again;
		sum.missing += one.missing;
		sum.damaged += one.damaged;
		sum.epochs += one.epochs;
	} while (result == RESULT_OK);
	return sum;
}

/* What was told, as text: a line for each. */
struct stage_told {
	struct buffer text;
	unsigned stop_after;   /* 0: never */
	unsigned count;
};

static inline bool stage_hear_event(void *context, const struct store_event *event)
{
	struct stage_told *told = context;

	assert_int_equal(buffer_print(&told->text, "%llu %.*s/%.*s\n", (unsigned long long)event->sequence, SPAN_ARG(event->tenant), SPAN_ARG(event->site)), RESULT_OK);
	return ++told->count != told->stop_after;
}

static inline bool stage_hear_total(void *context, const struct store_total *total)
{
	struct stage_told *told = context;

	assert_int_equal(buffer_print(&told->text, "%.*s", SPAN_ARG(total->kind)), RESULT_OK);
	if (total->bucket_s)
		assert_int_equal(buffer_print(&told->text, " @%llu", (unsigned long long)(total->bucket_s - STAGE_NOW_MS / 1000)), RESULT_OK);
	if (total->site.len)
		assert_int_equal(buffer_print(&told->text, " %.*s/%.*s", SPAN_ARG(total->tenant), SPAN_ARG(total->site)), RESULT_OK);
	assert_int_equal(buffer_print(&told->text, " %llu\n", (unsigned long long)total->count), RESULT_OK);
	return ++told->count != told->stop_after;
}

static inline void stage_assert_told(struct stage_told *told, const char *wanted)
{
	struct span got = buffer_span(&told->text);

	if (!span_equal(got, span_of(wanted)))
		fail_msg("told \"%.*s\", not \"%s\"", SPAN_ARG(got), wanted);
	buffer_done(&told->text);
}

/* What store_events tells of ASK is WANTED. */
static inline struct store_events_end stage_events(struct stage *stage, const struct store_events_ask *ask, const char *wanted)
{
	struct stage_told told = { .stop_after = 0 };
	struct store_events_end end;

	buffer_init(&told.text, 1 << 20);
	assert_int_equal(store_events(stage->store, ask, &stage->complaints, stage_hear_event, &told, &end), RESULT_OK);
	assert_int_equal(end.told, told.count);
	stage_assert_told(&told, wanted);
	return end;
}

static inline void stage_totals(struct stage *stage, const struct store_totals_ask *ask, const char *wanted)
{
	struct stage_told told = { .stop_after = 0 };

	buffer_init(&told.text, 1 << 20);
	assert_int_equal(store_totals(stage->store, ask, &stage->complaints, stage_hear_total, &told), RESULT_OK);
	stage_assert_told(&told, wanted);
}

/* The sum of KIND over all time and all sites. */
static inline void stage_sum(struct stage *stage, const char *kind, const char *wanted)
{
	for (int grain = 0; grain < STORE_GRAINS; grain++) {
		const struct store_totals_ask ask = { .tenants = store_all_tenants, .to_s = 1ull << 40, .grain = (enum store_grain)grain, .kind = span_of(kind) };

		stage_totals(stage, &ask, wanted);
	}
}

static inline void stage_assert_complaint(struct stage *stage, const char *file, const char *part)
{
	assert_true(stage->complaints.count > 0);
	if (!span_ends(stage->complaints.list[0].file, span_of(file)) || !span_contains(stage->complaints.list[0].text, span_of(part)))
		fail_msg("%.*s: %.*s", SPAN_ARG(stage->complaints.list[0].file), SPAN_ARG(stage->complaints.list[0].text));
	complaints_done(&stage->complaints);
}

#endif
