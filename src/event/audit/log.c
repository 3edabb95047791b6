#include "event/audit/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/audit/folder.h"
#include "event/carrier.h"

#include "base/banned.h"

#define EXPIRE_MS 60000u
#define RETRY_MS 500
#define LOCK_MS 50
#define STOP_MS 500u  /* of writing on: the other edge waits for the lock, and whoever drains for us */

struct audit_log {
	struct carrier carrier;
	int folder_fd, lock_fd;
	_Atomic uint64_t stop_by_ms;  /* set before it is told to stop */
	bool is_expiring;
	_Atomic int error;
	_Atomic uint64_t written, failed, bytes, dropped_bytes;
	_Atomic uint64_t limit, keep_ms;
	struct ring_reader *readers;
	unsigned count;
	struct audit_folder folder;
	uint64_t expired_ms;
};

static void set(_Atomic uint64_t *number, uint64_t value)
{
	atomic_store_explicit(number, value, memory_order_relaxed);
}

static void add(_Atomic uint64_t *number)
{
	atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

/* What is left then stays in the rings, for whoever reads them next. Nobody waits for the end of a walk for age. */
static bool is_over(const struct audit_log *log)
{
	return carrier_must_stop(&log->carrier) && (log->is_expiring || clock_mono_ms() >= atomic_load(&log->stop_by_ms));
}

static bool must_end(void *context)
{
	return is_over(context);
}

/* False: the disk refuses, and the record stays where it is. */
static bool put(struct audit_log *log, const struct ring_record *found)
{
	struct audit_record record;
	enum result result = audit_record_read(found->bytes, &record);

	log->folder.limit = atomic_load(&log->limit);
	if (result == RESULT_OK)
		result = audit_folder_put(&log->folder, &record);
	set(&log->bytes, log->folder.bytes);
	set(&log->dropped_bytes, log->folder.dropped_bytes);
	if (result == RESULT_TIMEOUT)
		return false;
	if (result == RESULT_IO || result == RESULT_NO_MEMORY) {
		atomic_store(&log->error, result == RESULT_IO && errno ? errno : ENOMEM);
		return false;
	}
	add(result == RESULT_OK ? &log->written : &log->failed);  /* one that can never be written is not tried again */
	return true;
}

/* What READER's ring holds now. What a flood adds meanwhile is for the next time: the other rings, and age, have their turn. */
static bool carry(struct audit_log *log, struct ring_reader *reader)
{
	uint64_t end = atomic_load_explicit(&reader->shared->head, memory_order_acquire);
	struct ring_record record;
	enum result result;

	while (reader->next < end && !is_over(log) && (result = ring_read(reader, &record)) != RESULT_MORE) {
		if (result == RESULT_OK && !put(log, &record)) {
			ring_rewind(reader);
			return false;
		}
		ring_commit(reader);
	}
	return true;
}

static bool carry_all(struct audit_log *log)
{
	uint64_t before = atomic_load(&log->written);
	bool is_good = true;

	for (unsigned i = 0; i < log->count; i++)  /* one ring may wait for a site that no other has a record of */
		is_good &= carry(log, &log->readers[i]);
	if (is_good && atomic_load(&log->written) != before)
		atomic_store(&log->error, 0);
	return is_good;
}

/* Where nobody has a log, a folder that cannot be had is nobody's trouble. */
static bool has_records(const struct audit_log *log)
{
	for (unsigned i = 0; i < log->count; i++) {
		const struct ring_header *ring = log->readers[i].shared;

		if (atomic_load_explicit(&ring->head, memory_order_relaxed) != atomic_load_explicit(&ring->tail, memory_order_relaxed))
			return true;
	}
	return false;
}

static bool take_up(struct audit_log *log)
{
	enum result result;
	int fd;

	errno = ENOENT;
	if (log->lock_fd < 0 && log->folder_fd >= 0)
		log->lock_fd = openat(log->folder_fd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->lock_fd < 0 || flock(log->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && has_records(log))  /* another edge writes: that is no error */
			atomic_store(&log->error, errno);
		return false;
	}
	for (unsigned i = 0; i < log->count; i++)  /* under the lock: another reader may have moved them */
		ring_rewind(&log->readers[i]);
	fd = fcntl(log->folder_fd, F_DUPFD_CLOEXEC, 0);
	result = fd < 0 ? RESULT_IO : audit_folder_open(&log->folder, fd, atomic_load(&log->limit), must_end, log);
	if (result != RESULT_OK) {
		audit_folder_done(&log->folder);
		if (result != RESULT_TIMEOUT)
			atomic_store(&log->error, ENOMEM);
		return false;
	}
	atomic_store(&log->error, 0);
	set(&log->bytes, log->folder.bytes);
	return true;
}

static void expire(struct audit_log *log)
{
	uint64_t now_ms = clock_mono_ms();

	if (log->expired_ms && now_ms - log->expired_ms < EXPIRE_MS)
		return;
	log->expired_ms = now_ms;
	log->is_expiring = true;
	audit_folder_expire(&log->folder, atomic_load(&log->keep_ms), clock_wall_ns());
	log->is_expiring = false;
	set(&log->bytes, log->folder.bytes);
}

static void *run(void *context)
{
	struct audit_log *log = context;
	bool is_good = true;

	while (!take_up(log)) {
		if (carrier_must_stop(&log->carrier))
			return NULL;
		carrier_rest(&log->carrier, LOCK_MS);
	}
	while (!carrier_must_stop(&log->carrier)) {
		is_good = carry_all(log);
		if (carrier_must_stop(&log->carrier))
			break;
		expire(log);
		if (!carrier_must_stop(&log->carrier))
			carrier_rest(&log->carrier, is_good ? (int)EXPIRE_MS : RETRY_MS);
	}
	(void)carry_all(log);
	audit_folder_done(&log->folder);
	return NULL;
}

static void release(struct audit_log *log)
{
	if (log->lock_fd >= 0)
		close(log->lock_fd);  /* and with it the lock */
	if (log->folder_fd >= 0)
		close(log->folder_fd);
	free(log->readers);
	free(log);
}

enum result audit_log_start(const struct audit_log_birth *birth, struct audit_log **out)
{
	struct audit_log *log = calloc(1, sizeof(*log));

	if (!log)
		return RESULT_NO_MEMORY;
	log->lock_fd = log->folder.fd = -1;
	log->folder_fd = birth->folder_fd < 0 ? -1 : fcntl(birth->folder_fd, F_DUPFD_CLOEXEC, 0);
	log->count = birth->count;
	log->readers = calloc(birth->count + 1, sizeof(log->readers[0]));
	if (!log->readers) {
		release(log);
		return RESULT_NO_MEMORY;
	}
	for (unsigned i = 0; i < birth->count; i++)
		ring_reader_open(&log->readers[i], birth->rings[i], AUDIT_RING_BYTES);
	audit_log_apply(log, birth->settings);
	if ((log->folder_fd < 0 && birth->folder_fd >= 0) || carrier_start(&log->carrier, birth->wake_fd, run, log) != RESULT_OK) {
		release(log);
		return RESULT_IO;
	}
	*out = log;
	return RESULT_OK;
}

void audit_log_apply(struct audit_log *log, const struct log_settings *settings)
{
	set(&log->limit, (uint64_t)settings->audit_disk_bytes);
	set(&log->keep_ms, (uint64_t)settings->keep_ms);
}

void audit_log_stop(struct audit_log *log)
{
	atomic_store(&log->stop_by_ms, clock_mono_ms() + STOP_MS);
	carrier_stop(&log->carrier);
	release(log);
}

struct audit_state audit_log_state(const struct audit_log *log)
{
	struct audit_state state = { .error = atomic_load(&log->error), .written = atomic_load(&log->written), .lost = atomic_load(&log->failed),
		                     .bytes = atomic_load(&log->bytes), .dropped_bytes = atomic_load(&log->dropped_bytes) };

	for (unsigned i = 0; i < log->count; i++) {
		const struct ring_header *ring = log->readers[i].shared;

		state.lost += atomic_load_explicit(&ring->refused, memory_order_relaxed) + atomic_load_explicit(&ring->corrupt, memory_order_relaxed);
	}
	return state;
}
