#include "stage.h"

#include "event/format.h"
#include "event/prune.h"
#include "event/segment.h"

static void names(void **state)
{
	static const char *const bad[] = { "", "lock", "detail-1.jsonl", "detail-00000000000000000001.json",
		                           "detail-0000000000000000000x.jsonl", "other-00000000000000000001.jsonl",
		                           "detail-99999999999999999999.jsonl", "detail-00000000000000000001.jsonl.old" };
	char name[SEGMENT_NAME_MAX];
	enum stream stream;
	uint64_t first;

	(void)state;
	segment_name(STREAM_COUNTS, 42, name);
	assert_string_equal(name, "counts-00000000000000000042.jsonl");
	segment_name(STREAM_DETAIL, UINT64_MAX, name);
	assert_int_equal(segment_name_read(span_of(name), &stream, &first), RESULT_OK);
	assert_true(stream == STREAM_DETAIL && first == UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(segment_name_read(span_of(bad[i]), &stream, &first), RESULT_MALFORMED);
}

static void make(int folder, enum stream stream, uint64_t first, size_t bytes, unsigned age_s)
{
	char name[SEGMENT_NAME_MAX];
	struct timespec times[2] = { { .tv_sec = 1700000000 - age_s }, { .tv_sec = 1700000000 - age_s } };
	int fd;

	segment_name(stream, first, name);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && futimens(fd, times) == 0);
	close(fd);
}

static void assert_list(int folder, enum stream stream, const uint64_t *firsts, size_t count)
{
	struct segment_list list;

	assert_int_equal(segment_list_read(folder, stream, &list), RESULT_OK);
	assert_int_equal(list.count, count);
	assert_memory_equal(list.firsts, firsts, count * sizeof(firsts[0]));
	free(list.firsts);
}

static void the_oldest_detail_goes_for_space_and_all_for_age(void **state)
{
	const uint64_t now_ns = 1700000000ull * 1000000000u;
	struct prune_outcome outcome = { 0 };
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		make(folder, STREAM_DETAIL, 1 + i * 100, 1000, (unsigned)(500 - i * 100));
		make(folder, STREAM_COUNTS, 1 + i * 10, 1000, (unsigned)(500 - i * 100));
	}
	prune_segments(folder, 1 << 20, 1 << 30, now_ns, &outcome);
	assert_true(outcome.dropped == 0 && outcome.expired == 0);
	prune_segments(folder, 8000, 1 << 30, now_ns, &outcome);
	assert_list(folder, STREAM_DETAIL, (const uint64_t[]){ 201, 301, 401 }, 3);
	assert_true(outcome.dropped == 2 && outcome.dropped_lines == 200);
	prune_segments(folder, 10, 1 << 30, now_ns, &outcome);  /* counts stay, and the newest of detail */
	assert_list(folder, STREAM_DETAIL, (const uint64_t[]){ 401 }, 1);
	assert_list(folder, STREAM_COUNTS, (const uint64_t[]){ 1, 11, 21, 31, 41 }, 5);
	assert_int_equal(outcome.dropped_lines, 400);
	prune_segments(folder, 1 << 20, 250000, now_ns, &outcome);
	assert_list(folder, STREAM_COUNTS, (const uint64_t[]){ 31, 41 }, 2);
	prune_segments(folder, 1 << 20, 1, now_ns, &outcome);
	assert_list(folder, STREAM_COUNTS, (const uint64_t[]){ 41 }, 1);
	assert_list(folder, STREAM_DETAIL, (const uint64_t[]){ 401 }, 1);
	assert_int_equal(outcome.expired, 4);
	stage_folder_remove(folder, name);
}

static void lines_of_a_growing_file(void **state)
{
	static const char text[] = "one\ntwo\n\nfour";
	char name[32], big[3 * LINE_MAX_BYTES];
	int folder = stage_folder(name);
	int fd = openat(folder, "detail-00000000000000000001.jsonl", O_RDWR | O_CREAT, 0600);
	struct segment_lines lines;
	struct span line;

	(void)state;
	segment_lines_init(&lines, fd);
	assert_int_equal(segment_lines_next(&lines, &line), RESULT_MORE);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {  /* byte by byte: a line comes with its newline, not before */
		assert_int_equal(pwrite(fd, text + i, 1, (off_t)i), 1);
		if (text[i] == '\n') {
			assert_int_equal(segment_lines_next(&lines, &line), RESULT_OK);
			assert_int_equal(lines.offset + line.len, i);
		}
		assert_int_equal(segment_lines_next(&lines, &line), RESULT_MORE);
	}
	/* The torn line is cut and written anew. */
	assert_int_equal(ftruncate(fd, 9), 0);
	assert_int_equal(pwrite(fd, "FOUR\n", 5, 9), 5);
	assert_int_equal(segment_lines_next(&lines, &line), RESULT_OK);
	assert_span(line, "FOUR");
	/* One byte too long, or much: skipped, and the next one is found. */
	for (size_t len = LINE_MAX_BYTES - 1; len < sizeof(big); len += len > LINE_MAX_BYTES ? 1777 : 1) {
		memset(big, 'x', len);
		big[len] = '\n';
		assert_int_equal(lseek(fd, 0, SEEK_END) > 0, 1);
		assert_int_equal(write(fd, big, len + 1), len + 1);
		assert_int_equal(write(fd, "next\n", 5), 5);
		assert_int_equal(segment_lines_next(&lines, &line), len < LINE_MAX_BYTES ? RESULT_OK : RESULT_LIMIT);
		assert_int_equal(segment_lines_next(&lines, &line), RESULT_OK);
		assert_span(line, "next");
	}
	segment_lines_done(&lines);
	close(fd);
	stage_folder_remove(folder, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(the_oldest_detail_goes_for_space_and_all_for_age),
		cmocka_unit_test(lines_of_a_growing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
