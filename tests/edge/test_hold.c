/* A held body comes back as it went in: of every size around its limits, in any pieces, more than once; never in clear on disk. */
#include <assert.h>
#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "base/check.h"

/* A disk that is full from here on, although it said that it has room. */
static off_t full_at = -1;

static ssize_t write_or_not(int fd, const void *bytes, size_t count, off_t at)
{
	if (full_at >= 0 && at + (off_t)count > full_at) {
		errno = EDQUOT;
		return -1;
	}
	return pwrite(fd, bytes, count, at);
}
#define pwrite write_or_not
#include "edge/inspect/hold.c"
#undef pwrite

#define LARGE (3 * HOLD_CHUNK_BYTES + HOLD_MEMORY_BYTES + 77)

static char body[LARGE];
static struct edge_tenants tenants;
static struct edge_tenant *tenant;

static uint64_t taken_bytes(void)
{
	return edge_tenants_used(&tenants, SHARED_DISK);
}

static void begin(struct hold *hold, const char *folder, uint64_t max_bytes)
{
	edge_tenants_set(&tenants, SHARED_DISK, max_bytes);
	hold_init(hold, &(struct hold_disk){ span_of(folder), &tenants, tenant });
}

static void fill(void)
{
	for (size_t i = 0; i < LARGE; i++)
		body[i] = (char)(i * 2654435761u >> 13);
}

static void read_back(struct hold *hold, size_t size, size_t at_once)
{
	size_t done = 0;
	struct span piece;
	enum result result;

	assert_int_equal(hold_rewind(hold), RESULT_OK);
	while ((result = hold_peek(hold, &piece)) == RESULT_OK) {
		piece = span_take(piece, at_once);
		assert_true(piece.len > 0 && piece.len <= size - done);
		assert_memory_equal(piece.at, body + done, piece.len);
		hold_take(hold, piece.len);
		done += piece.len;
	}
	assert_int_equal(result, RESULT_END);
	assert_int_equal(done, size);
}

static void what_is_held_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, HOLD_MEMORY_BYTES - 1, HOLD_MEMORY_BYTES, HOLD_MEMORY_BYTES + 1,
		                        HOLD_MEMORY_BYTES + HOLD_CHUNK_BYTES - 1, HOLD_MEMORY_BYTES + HOLD_CHUNK_BYTES,
		                        HOLD_MEMORY_BYTES + HOLD_CHUNK_BYTES + 1, LARGE };
	static const size_t pieces[] = { 4093, 65536, LARGE };

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(*pieces); j++) {
			struct hold hold;

			begin(&hold, "/tmp", INT64_MAX);
			for (size_t at = 0; at < sizes[i]; at += pieces[j])
				assert_int_equal(hold_add(&hold, span_take(span_make(body + at, sizes[i] - at), pieces[j])), RESULT_OK);
			assert_int_equal(hold.fd >= 0, sizes[i] > HOLD_MEMORY_BYTES);
			read_back(&hold, sizes[i], LARGE);
			read_back(&hold, sizes[i], 999);
			hold_done(&hold);
		}
	}
}

static void the_file_has_no_name_and_no_clear_text(void **state)
{
	struct hold hold;
	struct stat status;
	char on_disk[HOLD_CHUNK_BYTES];

	(void)state;
	memset(body, 'A', LARGE);
	begin(&hold, "/tmp", INT64_MAX);
	assert_int_equal(hold_add(&hold, span_make(body, LARGE)), RESULT_OK);
	assert_int_equal(hold_rewind(&hold), RESULT_OK);
	assert_int_equal(fstat(hold.fd, &status), 0);
	assert_int_equal(status.st_nlink, 0);
	assert_int_equal(status.st_size, LARGE - HOLD_MEMORY_BYTES);
	assert_int_equal(pread(hold.fd, on_disk, sizeof(on_disk), 0), sizeof(on_disk));
	assert_null(memmem(on_disk, sizeof(on_disk), "AAAAAAAA", 8));
	read_back(&hold, LARGE, LARGE);
	hold_done(&hold);
}

/* What the disk lost, or never took, is not sent on. */
static void a_lost_file_is_an_error(void **state)
{
	struct hold hold;
	struct span piece;

	(void)state;
	begin(&hold, "/nowhere/at/all", INT64_MAX);
	assert_int_equal(hold_add(&hold, span_make(body, HOLD_MEMORY_BYTES)), RESULT_OK);
	assert_int_equal(hold_add(&hold, span_make(body, 1)), RESULT_IO);
	hold_done(&hold);
	begin(&hold, "/tmp", INT64_MAX);
	assert_int_equal(hold_add(&hold, span_make(body, LARGE)), RESULT_OK);
	assert_int_equal(hold_rewind(&hold), RESULT_OK);
	hold_take(&hold, HOLD_MEMORY_BYTES);
	assert_int_equal(ftruncate(hold.fd, 10), 0);
	assert_int_equal(hold_peek(&hold, &piece), RESULT_IO);
	hold_done(&hold);
}

/* What was taken is there, also what the disk did not take in the end; and no more is taken. */
static void a_disk_that_is_full_after_all(void **state)
{
	(void)state;
	fill();
	for (off_t full = 0; full <= 3 * HOLD_CHUNK_BYTES; full += HOLD_CHUNK_BYTES) {
		struct hold hold;

		begin(&hold, "/tmp", UINT64_MAX);
		full_at = full;
		assert_int_equal(hold_add(&hold, span_make(body, LARGE)), full < 3 * HOLD_CHUNK_BYTES ? RESULT_LIMIT : RESULT_OK);
		if (full < 3 * HOLD_CHUNK_BYTES)
			assert_int_equal(hold_add(&hold, span_make(body, 1)), RESULT_LIMIT);
		read_back(&hold, (size_t)hold.bytes, LARGE);
		read_back(&hold, (size_t)hold.bytes, 999);
		assert_int_equal(hold.bytes, full < 3 * HOLD_CHUNK_BYTES ? HOLD_MEMORY_BYTES + full + HOLD_CHUNK_BYTES : LARGE);
		hold_done(&hold);
	}
	full_at = -1;
}

/* By chunks; what stays in memory takes none, and all is given back whatever became of it. */
static void files_have_a_budget(void **state)
{
	struct hold first, second;

	(void)state;
	begin(&first, "/tmp", 3 * HOLD_CHUNK_BYTES);
	begin(&second, "/tmp", 3 * HOLD_CHUNK_BYTES);
	assert_int_equal(hold_add(&first, span_make(body, HOLD_MEMORY_BYTES)), RESULT_OK);
	assert_int_equal(taken_bytes(), 0);
	assert_int_equal(hold_add(&first, span_make(body, HOLD_CHUNK_BYTES + 1)), RESULT_OK);
	assert_int_equal(taken_bytes(), 2 * HOLD_CHUNK_BYTES);
	assert_int_equal(hold_add(&second, span_make(body, HOLD_MEMORY_BYTES + HOLD_CHUNK_BYTES)), RESULT_OK);
	assert_int_equal(hold_add(&second, span_make(body, 1)), RESULT_LIMIT);
	assert_int_equal(hold_add(&first, span_make(body, HOLD_CHUNK_BYTES - 1)), RESULT_OK);
	assert_int_equal(hold_add(&first, span_make(body, 1)), RESULT_LIMIT);
	assert_int_equal(taken_bytes(), 3 * HOLD_CHUNK_BYTES);
	hold_done(&first);
	assert_int_equal(hold_add(&second, span_make(body, 1)), RESULT_OK);
	hold_done(&second);
	assert_int_equal(taken_bytes(), 0);
	begin(&first, "/tmp", 0);
	assert_int_equal(hold_add(&first, span_make(body, HOLD_MEMORY_BYTES)), RESULT_OK);
	assert_int_equal(hold_add(&first, span_make(body, 1)), RESULT_LIMIT);
	hold_done(&first);
}

/* What one tenant's bodies take, another's share is not. */
static void a_tenant_has_its_share(void **state)
{
	struct edge_tenant *other = edge_tenant_hold(&tenants, 2);
	struct hold first, second;

	(void)state;
	begin(&first, "/tmp", 8 * HOLD_CHUNK_BYTES);
	hold_init(&second, &(struct hold_disk){ SPAN("/tmp"), &tenants, other });
	assert_int_equal(hold_add(&first, span_make(body, HOLD_MEMORY_BYTES + 3 * HOLD_CHUNK_BYTES)), RESULT_OK);
	assert_int_equal(hold_add(&first, span_make(body, HOLD_CHUNK_BYTES)), RESULT_OK);
	assert_int_equal(hold_add(&first, span_make(body, 1)), RESULT_LIMIT);
	assert_int_equal(hold_add(&second, span_make(body, HOLD_MEMORY_BYTES + 2 * HOLD_CHUNK_BYTES)), RESULT_OK);
	hold_done(&second);
	hold_done(&first);
	edge_tenant_drop(&tenants, other);
	assert_int_equal(taken_bytes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_held_comes_back),
		cmocka_unit_test(the_file_has_no_name_and_no_clear_text),
		cmocka_unit_test(a_lost_file_is_an_error),
		cmocka_unit_test(a_disk_that_is_full_after_all),
		cmocka_unit_test(files_have_a_budget),
		cmocka_unit_test(a_tenant_has_its_share),
	};

	edge_tenants_init(&tenants);
	tenant = edge_tenant_hold(&tenants, 1);
	assert(tenant);
	return cmocka_run_group_tests_name("edge/hold", tests, NULL, NULL);
}
