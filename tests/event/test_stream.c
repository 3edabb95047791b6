#include "stage.h"

#include <signal.h>
#include <sys/resource.h>

#include "event/crc32c.h"
#include "event/read.h"
#include "event/stream.h"

/* COUNT lines as the journal would number them. */
static enum result append(struct stream_writer *writer, unsigned count)
{
	char text[65536];
	size_t len = 0;

	for (unsigned i = 0; i < count; i++) {
		struct seal seal = { .sequence = writer->sequence + i + 1, .has_ring = true, .ring_id = 5, .ring_number = seal.sequence };

		len += (size_t)snprintf(text + len, 100, "{\"a\":\"%064u\"", i);
		len += seal_write(&seal, crc32c_more(0, span_make(text + len - 71, 71)), text + len);
	}
	return stream_write(writer, span_make(text, len), count);
}

static const struct stream_witness nobody = { NULL, NULL };

/* Every line that a reader finds, which must be 1, 2, 3 ... */
static uint64_t count_lines(int folder)
{
	struct journal_reader reader;
	struct span line;
	struct seal seal;
	uint64_t count = 0;

	journal_reader_init(&reader, folder, STREAM_DETAIL);
	while (journal_reader_next(&reader, &line, &seal) == RESULT_OK)
		assert_int_equal(seal.sequence, ++count);
	assert_int_equal(reader.missing, 0);
	journal_reader_done(&reader);
	return count;
}

static void taken_up_where_it_was_left(void **state)
{
	char name[32];
	int folder = stage_folder(name);
	uint64_t damaged = 0;

	(void)state;
	for (unsigned life = 0; life < 5; life++) {
		struct stream_writer writer;

		stream_writer_init(&writer, STREAM_DETAIL, folder);
		assert_int_equal(stream_recover(&writer, nobody, &damaged), RESULT_OK);
		assert_int_equal(writer.sequence, life * 300);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(append(&writer, 100), RESULT_OK);
		stream_sync(&writer);
		assert_int_equal(writer.failed_syncs, 0);
		stream_writer_done(&writer);
	}
	assert_int_equal(damaged, 0);
	assert_int_equal(count_lines(folder), 1500);
	stage_folder_remove(folder, name);
}

/* The last segment is cut at every length: each time, the whole lines in it are taken up, and the next ones follow. */
/* By a person, or by something that tidies up: the next line begins a new one. */
static void a_removed_segment_is_not_written_to(void **state)
{
	struct stream_writer writer;
	struct segment_list list;
	char name[32], segment[SEGMENT_NAME_MAX];
	int folder = stage_folder(name);

	(void)state;
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	assert_int_equal(append(&writer, 10), RESULT_OK);
	segment_name(STREAM_DETAIL, 1, segment);
	assert_int_equal(unlinkat(folder, segment, 0), 0);
	assert_int_equal(append(&writer, 5), RESULT_OK);
	assert_int_equal(append(&writer, 5), RESULT_OK);
	stream_writer_done(&writer);
	assert_int_equal(segment_list_read(folder, STREAM_DETAIL, &list), RESULT_OK);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.firsts[0], 11);
	free(list.firsts);
	stage_folder_remove(folder, name);
}

static void torn_anywhere(void **state)
{
	char name[32];
	int folder = stage_folder(name);
	struct stream_writer writer;
	uint64_t damaged = 0, size;

	(void)state;
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	assert_int_equal(append(&writer, 3), RESULT_OK);
	size = writer.size;
	for (uint64_t len = 0; len <= size; len++) {
		uint64_t whole = len * 3 / size;

		assert_int_equal(ftruncate(writer.fd, (off_t)len), 0);
		stream_writer_done(&writer);
		stream_writer_init(&writer, STREAM_DETAIL, folder);
		damaged = 0;
		assert_int_equal(stream_recover(&writer, nobody, &damaged), RESULT_OK);
		assert_int_equal(writer.sequence, whole);
		assert_int_equal(damaged, len * 3 % size != 0);
		assert_int_equal(append(&writer, (unsigned)(3 - whole)), RESULT_OK);
		assert_int_equal(writer.size, size);
		assert_int_equal(count_lines(folder), 3);
	}
	stream_writer_done(&writer);
	stage_folder_remove(folder, name);
}

static void damage_in_the_middle_costs_one_line(void **state)
{
	char name[32];
	int folder = stage_folder(name);
	struct stream_writer writer;
	uint64_t damaged = 0;

	(void)state;
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	assert_int_equal(append(&writer, 10), RESULT_OK);
	assert_int_equal(close(dup(writer.fd)), 0);
	int fd = openat(folder, "detail-00000000000000000001.jsonl", O_RDWR);
	assert_int_equal(pwrite(fd, "?", 1, 200), 1);
	close(fd);
	stream_writer_done(&writer);
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	assert_int_equal(stream_recover(&writer, nobody, &damaged), RESULT_OK);
	assert_int_equal(writer.sequence, 10);
	assert_int_equal(damaged, 1);
	stream_writer_done(&writer);
	stage_folder_remove(folder, name);
}

static void segments_are_closed_when_full(void **state)
{
	char name[32];
	int folder = stage_folder(name);
	struct stream_writer writer;
	struct segment_list list;

	(void)state;
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	while (writer.sequence < 160000)
		assert_int_equal(append(&writer, 400), RESULT_OK);
	stream_writer_done(&writer);
	assert_int_equal(segment_list_read(folder, STREAM_DETAIL, &list), RESULT_OK);
	assert_in_range(list.count, 3, 4);
	free(list.firsts);
	assert_int_equal(count_lines(folder), 160000);
	stage_folder_remove(folder, name);
}

/* A disk that takes a part and then no more: nothing of the batch stays, and writing goes on when there is room. */
static void full_in_the_middle_of_a_batch(void **state)
{
	struct rlimit before, limit;
	struct stream_writer writer;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	stream_writer_init(&writer, STREAM_DETAIL, folder);
	assert_int_equal(append(&writer, 100), RESULT_OK);
	limit = before;
	limit.rlim_cur = writer.size + 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(append(&writer, 100), RESULT_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(count_lines(folder), 100);
	assert_int_equal(append(&writer, 100), RESULT_OK);
	assert_int_equal(count_lines(folder), 200);
	stream_writer_done(&writer);
	stage_folder_remove(folder, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_up_where_it_was_left), cmocka_unit_test(torn_anywhere),
		cmocka_unit_test(a_removed_segment_is_not_written_to),
		cmocka_unit_test(damage_in_the_middle_costs_one_line), cmocka_unit_test(segments_are_closed_when_full),
		cmocka_unit_test(full_in_the_middle_of_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
