#include "event/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/carrier.h"
#include "event/crc32c.h"
#include "event/prune.h"
#include "event/stream.h"

#include "base/banned.h"

#define BATCH_BYTES (128u << 10)
#define BUSY_WAIT_MS 50
#define IDLE_WAIT_MS 200
#define RETRY_MS 1000

struct journal {
	struct carrier carrier;
	int folder_fd, lock_fd;
	_Atomic int error;
	_Atomic bool is_writing;
	_Atomic int64_t disk_bytes, keep_ms, fsync_ms;
	struct format format;
	void **rings;
	struct ring_reader *readers;
	unsigned count, first;         /* first: the ring that this batch begins with, so that all get their turn */
	struct tally *tally;
	struct counts_view view;
	uint32_t told_since;
	uint64_t told_tally;           /* fingerprint of what the journal's own line said last */
	struct stream_writer streams[STREAM_MAX];
	uint64_t retry_ms, told_s, synced_ms, pruned_ms;
	size_t batch_len;
	uint64_t batch_lines;
	char batch[BATCH_BYTES];
};

struct losses journal_losses(void *const *rings, unsigned count, const struct tally *tally)
{
	struct losses losses = {
		.disk = atomic_load_explicit(&tally->numbers[TALLY_LOST_DISK], memory_order_relaxed),
		.torn = atomic_load_explicit(&tally->numbers[TALLY_LOST_TORN], memory_order_relaxed),
	};

	for (unsigned i = 0; i < count; i++) {
		const struct ring_header *ring = rings[i];

		losses.ring_full += atomic_load_explicit(&ring->refused, memory_order_relaxed);
		losses.ring_damaged += atomic_load_explicit(&ring->corrupt, memory_order_relaxed);
	}
	return losses;
}

static void tally_add(struct journal *journal, enum tally_index index, uint64_t count)
{
	counts_add(&journal->tally->numbers[index], count);
}

/* ---- batches ---- */

static void batch_reset(struct journal *journal)
{
	journal->batch_len = 0;
	journal->batch_lines = 0;
}

static bool batch_has_room(const struct journal *journal)
{
	return sizeof(journal->batch) - journal->batch_len >= LINE_MAX_BYTES;
}

/* BODY has at most FORMAT_MAX bytes; the batch has room. */
static void batch_add(struct journal *journal, enum stream stream, struct span body, uint32_t crc, struct seal seal)
{
	char *to = journal->batch + journal->batch_len;

	seal.sequence = journal->streams[stream].sequence + journal->batch_lines + 1;
	memcpy(to, body.at, body.len);
	journal->batch_len += body.len + seal_write(&seal, crc, to + body.len);
	journal->batch_lines++;
}

/* RESULT_IO: nothing was written, and the disk is left alone for a while. */
static enum result batch_write(struct journal *journal, enum stream stream)
{
	enum result result = stream_write(&journal->streams[stream], span_make(journal->batch, journal->batch_len), journal->batch_lines);

	if (result != RESULT_OK) {
		atomic_store(&journal->error, errno);
		atomic_store(&journal->is_writing, false);
		tally_add(journal, TALLY_WRITE_ERRORS, 1);
		journal->retry_ms = clock_mono_ms() + RETRY_MS;
		return result;
	}
	atomic_store(&journal->error, 0);
	atomic_store(&journal->is_writing, true);
	tally_add(journal, stream == STREAM_DETAIL ? TALLY_DETAIL_LINES : TALLY_COUNTS_LINES, journal->batch_lines);
	tally_add(journal, TALLY_BYTES, journal->batch_len);
	return RESULT_OK;
}

static bool is_refused(const struct journal *journal)
{
	return journal->retry_ms && clock_mono_ms() < journal->retry_ms;
}

/* ---- from the rings ---- */

static void gather(struct journal *journal, struct ring_reader *reader)
{
	struct ring_record record;
	enum result result;

	while (batch_has_room(journal) && (result = ring_read(reader, &record)) != RESULT_MORE) {
		struct seal seal = { .has_ring = true, .ring_id = reader->shared->id, .ring_number = record.number };

		if (result == RESULT_OK && record.bytes.len <= FORMAT_MAX)
			batch_add(journal, STREAM_DETAIL, record.bytes, record.crc, seal);
	}
}

/* One batch; false when the rings are empty or the disk refuses. */
static bool carry(struct journal *journal)
{
	enum result result = RESULT_OK;

	batch_reset(journal);
	for (unsigned i = 0; i < journal->count; i++)
		gather(journal, &journal->readers[(journal->first + i) % journal->count]);
	journal->first = (journal->first + 1) % journal->count;
	if (journal->batch_lines)
		result = batch_write(journal, STREAM_DETAIL);
	for (unsigned i = 0; i < journal->count; i++) {
		if (result == RESULT_OK)
			ring_commit(&journal->readers[i]);
		else
			ring_rewind(&journal->readers[i]);
	}
	return journal->batch_lines && result == RESULT_OK;
}

/* ---- what it tells by itself, each second ---- */

static void add_own(struct journal *journal, enum stream stream, struct span body)
{
	batch_add(journal, stream, body, crc32c_more(0, body), (struct seal){ .has_ring = false });
}

static void told(struct journal *journal, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		journal->view.totals[i].told = journal->view.totals[i].numbers[COUNTS_EVENTS];
}

/* A line for each site that something happened to. A site is told once it is written: otherwise the next second tells it. */
static void tell_sites(struct journal *journal, uint64_t wall_ns)
{
	struct counts_view *view = &journal->view;
	char text[FORMAT_MAX];
	size_t from = 0;

	batch_reset(journal);
	for (size_t i = 0; i < view->count; i++) {
		const struct counts_total *total = &view->totals[i];

		if (total->numbers[COUNTS_EVENTS] == total->told)
			continue;
		if (!batch_has_room(journal)) {
			if (batch_write(journal, STREAM_COUNTS) != RESULT_OK)
				return;
			told(journal, from, i);
			from = i;
			batch_reset(journal);
		}
		add_own(journal, STREAM_COUNTS, span_make(text, tell_site(&journal->format, wall_ns, view->since, total, text)));
	}
	if (journal->batch_lines && batch_write(journal, STREAM_COUNTS) == RESULT_OK)
		told(journal, from, view->count);
}

/* What changes when the journal's own line is worth writing: not the lines written, which always change. */
static uint64_t fingerprint(const struct journal *journal, const struct losses *losses)
{
	uint64_t sum = losses_sum(losses) + journal->view.filtered;

	for (unsigned i = 0; i < REASON_COUNT; i++)
		sum += journal->view.sampled[i];
	for (unsigned i = TALLY_SEGMENTS_DROPPED; i < TALLY_COUNT; i++)
		sum += atomic_load_explicit(&journal->tally->numbers[i], memory_order_relaxed);
	return sum;
}

static void tell_own(struct journal *journal, uint64_t wall_ns)
{
	struct losses losses = journal_losses(journal->rings, journal->count, journal->tally);
	uint64_t mark = fingerprint(journal, &losses);
	uint64_t told_lost = atomic_load(&journal->tally->told_lost);
	char text[FORMAT_MAX];

	if (mark != journal->told_tally) {
		batch_reset(journal);
		add_own(journal, STREAM_COUNTS,
		        span_make(text, tell_journal(&journal->format, wall_ns, &journal->view, journal->tally, &losses, text)));
		if (batch_write(journal, STREAM_COUNTS) == RESULT_OK)
			journal->told_tally = mark;
	}
	if (losses_sum(&losses) > told_lost) {
		batch_reset(journal);
		add_own(journal, STREAM_DETAIL,
		        span_make(text, tell_losses(&journal->format, wall_ns, &losses, told_lost, text)));
		if (batch_write(journal, STREAM_DETAIL) == RESULT_OK)
			atomic_store(&journal->tally->told_lost, losses_sum(&losses));
	}
}

static void tell(struct journal *journal)
{
	uint64_t wall_ns = clock_wall_ns();

	if (counts_view_update(&journal->view) != RESULT_OK)
		return;
	if (journal->view.since != journal->told_since) {
		for (size_t i = 0; i < journal->view.count; i++)
			journal->view.totals[i].told = 0;
		journal->told_since = journal->view.since;
	}
	tell_sites(journal, wall_ns);
	if (!is_refused(journal))
		tell_own(journal, wall_ns);
}

/* ---- the disk ---- */

static void sync_streams(struct journal *journal)
{
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		stream_sync(&journal->streams[i]);
		tally_add(journal, TALLY_FSYNC_ERRORS, journal->streams[i].failed_syncs);
		journal->streams[i].failed_syncs = 0;
	}
}

static void prune(struct journal *journal)
{
	struct prune_outcome outcome = { 0 };

	prune_segments(journal->folder_fd, (uint64_t)atomic_load(&journal->disk_bytes), (uint64_t)atomic_load(&journal->keep_ms),
	               clock_wall_ns(), &outcome);
	tally_add(journal, TALLY_LOST_DISK, outcome.dropped_lines);
	tally_add(journal, TALLY_SEGMENTS_DROPPED, outcome.dropped);
	tally_add(journal, TALLY_SEGMENTS_EXPIRED, outcome.expired);
}

static void witness_line(void *context, const struct seal *seal)
{
	struct journal *journal = context;

	if (!seal->has_ring)
		return;
	for (unsigned i = 0; i < journal->count; i++) {
		if (journal->readers[i].shared->id == seal->ring_id)
			ring_skip(&journal->readers[i], seal->ring_number);
	}
}

/* False: not yet; the rings keep. */
static bool take_up(struct journal *journal)
{
	struct stream_witness witness = { journal, witness_line };
	uint64_t damaged = 0;
	bool is_done;

	errno = ENOENT;
	if (journal->lock_fd < 0 && journal->folder_fd >= 0)
		journal->lock_fd = openat(journal->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	is_done = journal->lock_fd >= 0 && flock(journal->lock_fd, LOCK_EX | LOCK_NB) == 0;
	for (unsigned i = 0; is_done && i < journal->count; i++)  /* under the lock: another reader may have moved them */
		ring_rewind(&journal->readers[i]);
	is_done = is_done && stream_recover(&journal->streams[STREAM_DETAIL], witness, &damaged) == RESULT_OK &&
	          stream_recover(&journal->streams[STREAM_COUNTS], (struct stream_witness){ NULL, NULL }, &damaged) == RESULT_OK;
	if (!is_done) {
		atomic_store(&journal->error, errno);
		return false;
	}
	tally_add(journal, TALLY_LOST_TORN, damaged);
	atomic_store(&journal->error, 0);
	atomic_store(&journal->is_writing, true);
	return true;
}

/* ---- the thread ---- */

/* True when there was something to carry. */
static bool turn(struct journal *journal)
{
	bool was_busy = false;
	uint64_t now_ms = clock_mono_ms();

	if (is_refused(journal))
		return true;
	while (carry(journal)) {
		was_busy = true;
		if (clock_mono_ms() - now_ms > 500)  /* a flood does not keep the counts from being told */
			break;
	}
	/* Each second of the clock has its line: with a pace of its own, one now and then would have none, and looks as if nobody had come. */
	if (clock_wall_ns() / 1000000000u != journal->told_s && !is_refused(journal)) {
		journal->told_s = clock_wall_ns() / 1000000000u;
		tell(journal);
	}
	if (now_ms - journal->synced_ms >= (uint64_t)atomic_load(&journal->fsync_ms)) {
		sync_streams(journal);
		journal->synced_ms = now_ms;
	}
	if (now_ms - journal->pruned_ms >= 1000) {
		prune(journal);
		journal->pruned_ms = now_ms;
	}
	return was_busy;
}

static void *run(void *context)
{
	struct journal *journal = context;
	bool is_busy = true;

	while (!take_up(journal)) {
		if (carrier_must_stop(&journal->carrier))
			return NULL;
		carrier_rest(&journal->carrier, 100);
	}
	while (!carrier_must_stop(&journal->carrier)) {
		int wait_ms = is_busy ? BUSY_WAIT_MS : IDLE_WAIT_MS;
		int64_t fsync_ms = atomic_load(&journal->fsync_ms);

		carrier_rest(&journal->carrier, fsync_ms < wait_ms ? (int)fsync_ms : wait_ms);
		is_busy = turn(journal);
	}
	while (carry(journal))
		;
	if (!is_refused(journal))
		tell(journal);
	sync_streams(journal);
	return NULL;
}

static void release(struct journal *journal)
{
	for (unsigned i = 0; i < STREAM_MAX; i++)
		stream_writer_done(&journal->streams[i]);
	counts_view_done(&journal->view);
	if (journal->lock_fd >= 0)
		close(journal->lock_fd);  /* and with it the lock */
	if (journal->folder_fd >= 0)
		close(journal->folder_fd);
	free(journal->readers);
	free(journal->rings);
	free(journal);
}

enum result journal_start(const struct journal_birth *birth, struct journal **out)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	enum result result = RESULT_NO_MEMORY;

	if (!journal)
		return RESULT_NO_MEMORY;
	journal->lock_fd = -1;
	journal->folder_fd = birth->folder_fd < 0 ? -1 : fcntl(birth->folder_fd, F_DUPFD_CLOEXEC, 0);
	journal->count = birth->count;
	journal->tally = birth->tally;
	for (unsigned i = 0; i < STREAM_MAX; i++)
		stream_writer_init(&journal->streams[i], (enum stream)i, journal->folder_fd);
	journal->rings = calloc(birth->count, sizeof(journal->rings[0]));
	journal->readers = calloc(birth->count, sizeof(journal->readers[0]));
	if (!journal->rings || !journal->readers || counts_view_init(&journal->view, birth->counts, birth->count) != RESULT_OK)
		goto failed;
	for (unsigned i = 0; i < birth->count; i++) {
		journal->rings[i] = birth->rings[i];
		ring_reader_open(&journal->readers[i], birth->rings[i], birth->ring_bytes);
	}
	format_init(&journal->format, birth->node, (struct hash_seed){ 0, 0 });
	journal_apply(journal, birth->settings);
	result = journal->folder_fd < 0 && birth->folder_fd >= 0 ? RESULT_IO : carrier_start(&journal->carrier, birth->wake_fd, run, journal);
	if (result != RESULT_OK)
		goto failed;
	*out = journal;
	return RESULT_OK;

failed:
	release(journal);
	return result;
}

void journal_apply(struct journal *journal, const struct log_settings *settings)
{
	atomic_store(&journal->disk_bytes, settings->disk_bytes);
	atomic_store(&journal->keep_ms, settings->keep_ms);
	atomic_store(&journal->fsync_ms, settings->fsync_ms);
}

void journal_stop(struct journal *journal)
{
	carrier_stop(&journal->carrier);
	release(journal);
}

struct journal_state journal_state(struct journal *journal)
{
	return (struct journal_state){ .is_writing = atomic_load(&journal->is_writing), .error = atomic_load(&journal->error) };
}
