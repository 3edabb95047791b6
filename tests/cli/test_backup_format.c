/* The file of a backup: what was written is read; and no byte of it may be another. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/backup/format.h"

#include "base/banned.h"

#define COST PASSPHRASE_COST_MIN
#define WORDS SPAN("correct horse")

static char content[3 * BACKUP_PIECE];

static struct backup_record file_of(const char *path, uint64_t size)
{
	struct backup_record record = { .kind = BACKUP_FILE, .root = BACKUP_STATE, .mode = 0640, .size = size, .modified_s = 1700000000, .user = "root", .group = "adm" };

	snprintf(record.path, sizeof(record.path), "%s", path);
	return record;
}

/* A manifest, a file of SIZE bytes, a link. */
static int make(size_t size)
{
	struct backup_record manifest = { .kind = BACKUP_MANIFEST, .size = 2 }, link = { .kind = BACKUP_LINK, .root = BACKUP_CONFIG, .path = "rules/current", .size = 3 };
	struct backup_record file = file_of("a/b", size);
	int fd = memfd_create("backup", MFD_CLOEXEC);
	struct backup_writer writer;

	assert_ok(backup_writer_init(&writer, fd, WORDS, COST));
	backup_put_record(&writer, &manifest);
	backup_put(&writer, SPAN("{}"));
	backup_put_record(&writer, &file);
	backup_put(&writer, span_make(content, size));
	backup_put_record(&writer, &link);
	backup_put(&writer, SPAN("4.1"));
	assert_ok(backup_writer_finish(&writer));
	backup_writer_done(&writer);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* All of it, to its end; what came of that. */
static enum result read_all(struct backup_reader *reader, uint64_t *bytes)
{
	struct backup_record record;
	enum result result;
	struct span piece;

	*bytes = 0;
	while ((result = backup_next(reader, &record)) == RESULT_OK) {
		uint64_t here = 0;

		while ((result = backup_content(reader, &piece)) == RESULT_OK) {
			if (record.kind == BACKUP_FILE && memcmp(piece.at, content + here, piece.len) != 0)
				return RESULT_MALFORMED;
			here += piece.len;
		}
		if (result != RESULT_END)
			return result;
		*bytes += here;
	}
	return result;
}

static enum result read_file(int fd, struct span words)
{
	struct backup_reader reader;
	enum result result = backup_reader_init(&reader, fd, words);
	uint64_t bytes;

	if (result == RESULT_OK)
		result = read_all(&reader, &bytes);
	backup_reader_done(&reader);
	return result;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, BACKUP_PIECE - 200, BACKUP_PIECE - 100, BACKUP_PIECE, BACKUP_PIECE + 1, 2 * BACKUP_PIECE, 3 * BACKUP_PIECE };

	(void)state;
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int fd = make(sizes[i]);
		struct backup_reader reader;
		uint64_t bytes;

		assert_ok(backup_reader_init(&reader, fd, WORDS));
		for (unsigned round = 0; round < 2; round++) {
			assert_result(read_all(&reader, &bytes), RESULT_END);
			assert_int_equal(bytes, sizes[i] + 5);
			assert_ok(backup_reader_rewind(&reader));
		}
		backup_reader_done(&reader);
		close(fd);
	}
}

/* Where the end of a piece falls is nowhere special: every size around it, to the byte. */
static void test_every_end(void **state)
{
	(void)state;
	for (size_t size = BACKUP_PIECE - 160; size < BACKUP_PIECE - 40; size++) {
		int fd = make(size);

		assert_result(read_file(fd, WORDS), RESULT_END);
		close(fd);
	}
}

static void test_passphrase(void **state)
{
	int fd = make(100);

	(void)state;
	assert_result(read_file(fd, SPAN("wrong horses")), RESULT_REFUSED);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_result(read_file(fd, SPAN("short")), RESULT_LIMIT);
	close(fd);
}

static void test_cut_off(void **state)
{
	int whole = make(2 * BACKUP_PIECE);
	off_t size = lseek(whole, 0, SEEK_END);
	static const off_t cuts[] = { 0, 1, BACKUP_HEADER_LEN - 1, BACKUP_HEADER_LEN, BACKUP_HEADER_LEN + 1, BACKUP_HEADER_LEN + BACKUP_PIECE + SEALED_MORE - 1,
		                      BACKUP_HEADER_LEN + BACKUP_PIECE + SEALED_MORE, BACKUP_HEADER_LEN + 2 * (BACKUP_PIECE + SEALED_MORE) };

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		int fd = make(2 * BACKUP_PIECE);

		assert_int_equal(ftruncate(fd, cuts[i]), 0);
		assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
		close(fd);
	}
	assert_int_equal(ftruncate(whole, size - 1), 0);
	assert_int_equal(lseek(whole, 0, SEEK_SET), 0);
	assert_result(read_file(whole, WORDS), RESULT_MALFORMED);
	close(whole);
}

static void test_flipped(void **state)
{
	int fd = make(BACKUP_PIECE + 500);
	off_t size = lseek(fd, 0, SEEK_END);

	(void)state;
	for (off_t at = 0; at < size; at += at < BACKUP_HEADER_LEN ? 1 : 1511) {
		enum result result;
		char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		result = read_file(fd, WORDS);
		if (result != RESULT_MALFORMED && result != RESULT_REFUSED && result != RESULT_LIMIT)
			fail_msg("byte %lld: %s", (long long)at, result_name(result));
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
}

/* Pieces that change places, or one too many. */
static void test_moved(void **state)
{
	static char pieces[2][BACKUP_PIECE + SEALED_MORE];
	int fd = make(3 * BACKUP_PIECE);

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pread(fd, pieces[i], sizeof(pieces[i]), BACKUP_HEADER_LEN + (off_t)(i * sizeof(pieces[0]))), sizeof(pieces[i]));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pwrite(fd, pieces[1 - i], sizeof(pieces[i]), BACKUP_HEADER_LEN + (off_t)(i * sizeof(pieces[0]))), sizeof(pieces[i]));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
	close(fd);
	fd = make(100);
	assert_true(lseek(fd, 0, SEEK_END) > 0 && write(fd, "x", 1) == 1 && lseek(fd, 0, SEEK_SET) == 0);
	assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
	close(fd);
}

/* A header that wants a gigabyte, and more, is refused before anything is computed. */
static void test_huge_header(void **state)
{
	static const uint32_t costs[] = { 0, 9, 19, 31, 63, 64, UINT32_MAX };
	int fd = make(10);

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
		assert_int_equal(pwrite(fd, &costs[i], 4, 12), 4);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_result(read_file(fd, WORDS), RESULT_LIMIT);
	}
	close(fd);
}

/* -- records -- */

static void test_records(void **state)
{
	static const struct {
		enum backup_kind kind;
		enum backup_root root;
		const char *path;
		unsigned mode;
		uint64_t size;
		const char *user;
		bool is_good;
	} rows[] = {
		{ BACKUP_FILE, BACKUP_STATE, "a", 0600, 1, "root", true },
		{ BACKUP_FILE, BACKUP_ELSEWHERE, "etc/ssl/x y.pem", 0777, 0, "", true },
		{ BACKUP_FILE, BACKUP_STATE, "", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "/etc/shadow", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "../x", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a/../../x", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a/./x", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a//x", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a/", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a\nb", 0600, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a", 04755, 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a", 0600, BACKUP_FILE_MAX + 1, "root", false },
		{ BACKUP_FILE, BACKUP_STATE, "a", 0600, 1, "ro ot", false },
		{ BACKUP_FILE, BACKUP_NOWHERE, "a", 0600, 1, "root", false },
		{ BACKUP_FILE, (enum backup_root)'z', "a", 0600, 1, "root", false },
		{ (enum backup_kind)'z', BACKUP_STATE, "a", 0600, 1, "root", false },
		{ BACKUP_FOLDER, BACKUP_STATE, "", 0700, 0, "root", true },
		{ BACKUP_FOLDER, BACKUP_STATE, "a", 0700, 1, "root", false },
		{ BACKUP_LINK, BACKUP_CONFIG, "rules/current", 0777, 3, "root", true },
		{ BACKUP_LINK, BACKUP_CONFIG, "rules/current", 0777, 0, "root", false },
		{ BACKUP_LINK, BACKUP_CONFIG, "rules/current", 0777, 4096, "root", false },
		{ BACKUP_LINK, BACKUP_ELSEWHERE, "rules/current", 0777, 3, "root", false },
		{ BACKUP_MANIFEST, BACKUP_NOWHERE, "", 0, BACKUP_SMALL_MAX, "", true },
		{ BACKUP_MANIFEST, BACKUP_NOWHERE, "", 0, BACKUP_SMALL_MAX + 1, "", false },
		{ BACKUP_MANIFEST, BACKUP_STATE, "", 0, 1, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct backup_record record = { .kind = rows[i].kind, .root = rows[i].root, .mode = rows[i].mode, .size = rows[i].size, .modified_s = i }, again;
		struct buffer bytes;
		enum result result;
		size_t used;

		snprintf(record.path, sizeof(record.path), "%s", rows[i].path);
		snprintf(record.user, sizeof(record.user), "%s", rows[i].user);
		buffer_init(&bytes, BACKUP_HEAD_MAX);
		result = backup_record_write(&record, &bytes);
		if ((result == RESULT_OK) != rows[i].is_good)
			fail_msg("row %zu: %s", i, result_name(result));
		for (size_t len = 0; result == RESULT_OK && len < buffer_len(&bytes); len++)
			assert_result(backup_record_read(span_take(buffer_span(&bytes), len), &again, &used), RESULT_MORE);
		if (result == RESULT_OK) {
			assert_ok(backup_record_read(buffer_span(&bytes), &again, &used));
			assert_int_equal(used, buffer_len(&bytes));
			assert_string_equal(again.path, record.path);
			assert_int_equal(again.size, record.size);
			assert_int_equal(again.modified_s, i);
		}
		buffer_done(&bytes);
	}
	assert_true(backup_target_is_plain(SPAN("4.1")));
	assert_false(backup_target_is_plain(SPAN("../x")));
	assert_false(backup_target_is_plain(SPAN("..")));
	assert_false(backup_target_is_plain(SPAN("/etc")));
	assert_false(backup_target_is_plain(SPAN("a/b")));
}

/* A writer that lies about the number of records, or of bytes, makes nothing that is read. */
static void test_lies(void **state)
{
	struct backup_record manifest = { .kind = BACKUP_MANIFEST, .size = 2 }, file = file_of("a", 10), end = { .kind = BACKUP_END, .size = 7 };
	struct backup_writer writer;
	int fd = memfd_create("backup", MFD_CLOEXEC);

	(void)state;
	assert_ok(backup_writer_init(&writer, fd, WORDS, COST));
	backup_put_record(&writer, &file);  /* no manifest first */
	backup_put(&writer, span_make(content, 10));
	assert_ok(backup_writer_finish(&writer));
	backup_writer_done(&writer);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
	assert_true(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	assert_ok(backup_writer_init(&writer, fd, WORDS, COST));
	backup_put_record(&writer, &manifest);
	backup_put(&writer, SPAN("{}"));
	backup_put_record(&writer, &end);  /* an end that counts what is not there, before the end */
	assert_ok(backup_writer_finish(&writer));
	backup_writer_done(&writer);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
	assert_true(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	assert_ok(backup_writer_init(&writer, fd, WORDS, COST));
	backup_put_record(&writer, &manifest);
	backup_put(&writer, SPAN("{}"));
	backup_put_record(&writer, &file);
	backup_put(&writer, span_make(content, 9));  /* one byte too few */
	assert_ok(backup_writer_finish(&writer));
	backup_writer_done(&writer);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_result(read_file(fd, WORDS), RESULT_MALFORMED);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_every_end), cmocka_unit_test(test_passphrase), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_flipped), cmocka_unit_test(test_moved), cmocka_unit_test(test_huge_header), cmocka_unit_test(test_records), cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
