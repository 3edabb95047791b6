#include "stage.h"

#include "event/crc32c.h"
#include "event/read.h"

/* A segment with the lines FIRST .. LAST. */
static void make(int folder, uint64_t first, uint64_t last)
{
	char name[SEGMENT_NAME_MAX];
	int fd;

	segment_name(STREAM_DETAIL, first, name);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	for (uint64_t i = first; i <= last; i++) {
		char text[256] = "{\"a\":1";
		size_t len = 6 + seal_write(&(struct seal){ .sequence = i }, crc32c_more(0, SPAN("{\"a\":1")), text + 6);

		assert_int_equal(write(fd, text, len), len);
	}
	close(fd);
}

static void assert_reads(struct journal_reader *reader, uint64_t first, uint64_t last)
{
	struct span line;
	struct seal seal;

	for (uint64_t i = first; i <= last; i++) {
		assert_int_equal(journal_reader_next(reader, &line, &seal), RESULT_OK);
		assert_int_equal(seal.sequence, i);
	}
	assert_int_equal(journal_reader_next(reader, &line, &seal), RESULT_MORE);
}

static void segments_in_order_and_followed(void **state)
{
	struct journal_reader reader;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	journal_reader_init(&reader, folder, STREAM_DETAIL);
	assert_reads(&reader, 1, 0);  /* nothing yet */
	make(folder, 1, 10);
	make(folder, 11, 11);
	make(folder, 12, 20);
	assert_reads(&reader, 1, 20);
	make(folder, 21, 25);
	assert_reads(&reader, 21, 25);
	assert_int_equal(reader.missing + reader.damaged, 0);
	for (uint64_t from = 0; from < 28; from++) {
		journal_reader_from(&reader, from);
		assert_reads(&reader, from ? from : 1, 25);
	}
	for (uint64_t count = 0; count < 30; count++) {
		assert_int_equal(journal_reader_from_end(&reader, count), RESULT_OK);
		assert_reads(&reader, count < 25 ? 26 - count : 1, 25);
	}
	journal_reader_done(&reader);
	stage_folder_remove(folder, name);
}

static void what_is_gone_or_damaged_is_counted(void **state)
{
	struct journal_reader reader;
	char name[32];
	int folder = stage_folder(name), fd;

	(void)state;
	make(folder, 1, 10);
	make(folder, 31, 40);
	fd = openat(folder, "detail-00000000000000000031.jsonl", O_RDWR);
	assert_int_equal(pwrite(fd, "#", 1, 70 * 3), 1);
	close(fd);
	fd = openat(folder, "detail-00000000000000000001.jsonl", O_RDWR | O_APPEND);
	assert_int_equal(write(fd, "{\"torn", 6), 6);
	close(fd);
	journal_reader_init(&reader, folder, STREAM_DETAIL);
	struct span line;
	struct seal seal;
	unsigned count = 0;

	while (journal_reader_next(&reader, &line, &seal) == RESULT_OK)
		count++;
	assert_int_equal(count, 19);
	assert_int_equal(reader.missing, 21);
	assert_int_equal(reader.damaged, 1);
	journal_reader_done(&reader);
	stage_folder_remove(folder, name);
}

/* The segment being read, and the next one, are dropped under the reader. */
static void dropped_while_being_read(void **state)
{
	struct journal_reader reader;
	struct span line;
	struct seal seal;
	char name[32];
	int folder = stage_folder(name);

	(void)state;
	make(folder, 1, 10);
	make(folder, 11, 20);
	make(folder, 21, 30);
	journal_reader_init(&reader, folder, STREAM_DETAIL);
	assert_int_equal(journal_reader_next(&reader, &line, &seal), RESULT_OK);
	assert_int_equal(unlinkat(folder, "detail-00000000000000000001.jsonl", 0), 0);
	assert_int_equal(unlinkat(folder, "detail-00000000000000000011.jsonl", 0), 0);
	for (uint64_t i = 2; i <= 10; i++)
		assert_int_equal(journal_reader_next(&reader, &line, &seal), RESULT_OK);
	assert_reads(&reader, 21, 30);
	assert_int_equal(reader.missing, 10);
	journal_reader_done(&reader);
	stage_folder_remove(folder, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_in_order_and_followed), cmocka_unit_test(what_is_gone_or_damaged_is_counted),
		cmocka_unit_test(dropped_while_being_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
