#include "stage.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "event/crc32c.h"
#include "event/ring.h"

#define SIZE 8192

static bool put(struct ring_writer *writer, struct span record)
{
	return ring_write(writer, record, crc32c_more(0, record));
}

static void open_both(void *memory, size_t size, struct ring_writer *writer, struct ring_reader *reader)
{
	bool is_new;

	assert_int_equal(ring_adopt(memory, size, &is_new), RESULT_OK);
	ring_writer_open(writer, memory, size);
	ring_reader_open(reader, memory, size);
}

static void what_is_written_is_read_once_committed(void **state)
{
	void *memory = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	struct ring_record record;

	(void)state;
	open_both(memory, SIZE, &writer, &reader);
	assert_int_equal(ring_read(&reader, &record), RESULT_MORE);
	assert_true(put(&writer, SPAN("one")));
	assert_true(put(&writer, SPAN("two")));
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_span(record.bytes, "one");
	assert_int_equal(record.number, 1);
	ring_rewind(&reader);
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_span(record.bytes, "one");
	ring_commit(&reader);
	ring_rewind(&reader);
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_span(record.bytes, "two");
	assert_int_equal(record.number, 2);
	ring_skip(&reader, 1);  /* already behind it */
	ring_commit(&reader);
	assert_int_equal(ring_read(&reader, &record), RESULT_MORE);
	ring_skip(&reader, 99);  /* never written */
	assert_true(put(&writer, SPAN("three")));
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_span(record.bytes, "three");
	munmap(memory, SIZE);
}

/* Any mix of lengths, filled and emptied by turns: nothing is lost, mixed up or written over; what is refused is counted. */
static void any_mix_of_lengths(void **state)
{
	void *memory = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	uint64_t written = 0, read = 0, refused = 0;
	unsigned seed = 12345;

	(void)state;
	open_both(memory, SIZE, &writer, &reader);
	for (int round = 0; round < 20000; round++) {
		char text[4000];
		struct ring_record record;

		seed = seed * 1103515245 + 12345;
		size_t len = 8 + (seed >> 8) % ((round & 64) ? 3900 : 300);

		memset(text, (int)('a' + (written + 1) % 26), len);
		memcpy(text, &(uint64_t){ written + 1 }, 8);
		if (put(&writer, span_make(text, len)))
			written++;
		else
			refused++;
		for (unsigned take = (seed >> 20) % 3; take && ring_read(&reader, &record) == RESULT_OK; take--) {
			uint64_t number;

			memcpy(&number, record.bytes.at, 8);
			assert_int_equal(number, ++read);
			assert_int_equal(record.number, read);
			for (size_t i = 8; i < record.bytes.len; i++)
				assert_int_equal(record.bytes.at[i], (char)('a' + read % 26));
		}
		ring_commit(&reader);
	}
	assert_true(refused > 100 && read > 5000);
	assert_int_equal(atomic_load(&writer.shared->refused), refused);
	munmap(memory, SIZE);
}

static void limits(void **state)
{
	void *memory = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	char big[SIZE] = { 0 };
	bool is_new;

	(void)state;
	assert_int_equal(ring_adopt(memory, RING_MIN_BYTES - 1, &is_new), RESULT_LIMIT);
	open_both(memory, SIZE, &writer, &reader);
	assert_false(put(&writer, span_make(big, sizeof(big))));
	assert_false(put(&writer, SPAN("")));
	for (int i = 0; i < 200; i++)
		(void)put(&writer, SPAN("x"));
	assert_false(put(&writer, SPAN("x")));
	assert_true(ring_is_half_full(&writer));
	munmap(memory, SIZE);
}

static void adoption(void **state)
{
	struct ring_header *header = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	struct ring_record record;
	bool is_new;
	uint32_t id;

	(void)state;
	assert_int_equal(ring_adopt(header, SIZE, &is_new), RESULT_OK);
	assert_true(is_new);
	id = header->id;
	open_both(header, SIZE, &writer, &reader);
	assert_true(put(&writer, SPAN("kept")));
	assert_int_equal(ring_adopt(header, SIZE, &is_new), RESULT_OK);
	assert_false(is_new);
	assert_int_equal(header->id, id);
	ring_reader_open(&reader, header, SIZE);
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_span(record.bytes, "kept");

	/* Each of these is not a ring any more: it is born anew, with another id. */
	for (int damage = 0; damage < 5; damage++) {
		id = header->id;
		if (damage == 0)
			header->magic ^= 1;
		else if (damage == 1)
			header->version++;
		else if (damage == 2)
			header->slots = 1u << 30;
		else if (damage == 3)
			atomic_store(&header->tail, 1000);
		else
			atomic_store(&header->head, 1000);
		assert_int_equal(ring_adopt(header, SIZE, &is_new), RESULT_OK);
		assert_true(is_new);
		assert_int_not_equal(header->id, id);
		assert_int_equal(atomic_load(&header->head), 0);
	}
	munmap(header, SIZE);
}

static void damaged_records_are_skipped_and_counted(void **state)
{
	struct ring_header *header = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	struct ring_record record;

	(void)state;
	open_both(header, SIZE, &writer, &reader);
	for (int i = 0; i < 5; i++)
		assert_true(put(&writer, SPAN("record")));
	reader.bytes[reader.slots[0].start] ^= 1;
	reader.slots[1].number = 77;
	reader.slots[2].start = UINT32_MAX;
	reader.slots[3].len = UINT32_MAX;
	for (int i = 0; i < 4; i++)
		assert_int_equal(ring_read(&reader, &record), RESULT_MALFORMED);
	assert_int_equal(ring_read(&reader, &record), RESULT_OK);
	assert_int_equal(record.number, 5);
	ring_commit(&reader);
	assert_int_equal(atomic_load(&header->corrupt), 4);
	/* The writer, whose newest slot is damaged, refuses rather than write outside. */
	assert_true(put(&writer, SPAN("again")));
	writer.slots[5].start = writer.byte_count;
	assert_false(put(&writer, SPAN("again")));
	munmap(header, SIZE);
}

#define COUNT 200000u

static void *write_many(void *context)
{
	struct ring_writer *writer = context;

	for (uint64_t i = 1; i <= COUNT;) {
		char text[400];
		struct span record = span_make(text, 8 + i % 392);

		memset(text, (int)(i & 127), record.len);
		memcpy(text, &i, 8);
		i += put(writer, record);
	}
	return NULL;
}

static void two_threads(void **state)
{
	void *memory = stage_memory(SIZE);
	struct ring_writer writer;
	struct ring_reader reader;
	pthread_t thread;
	uint64_t next = 1;

	(void)state;
	open_both(memory, SIZE, &writer, &reader);
	assert_int_equal(pthread_create(&thread, NULL, write_many, &writer), 0);
	while (next <= COUNT) {
		struct ring_record record;
		enum result result = ring_read(&reader, &record);

		if (result == RESULT_OK) {
			uint64_t number;

			memcpy(&number, record.bytes.at, 8);
			assert_int_equal(number, next);
			assert_int_equal(record.bytes.len, 8 + next % 392);
			next++;
		} else {
			assert_int_equal(result, RESULT_MORE);
		}
		ring_commit(&reader);
	}
	pthread_join(thread, NULL);
	munmap(memory, SIZE);
}

/* A writer killed at any moment leaves only whole records, numbered without a gap. */
static void a_killed_writer(void **state)
{
	void *memory = stage_memory(SIZE);
	uint64_t next = 1;
	bool was_new;

	(void)state;
	assert_int_equal(ring_adopt(memory, SIZE, &was_new), RESULT_OK);
	for (int round = 0; round < 100; round++) {
		struct ring_writer writer;
		struct ring_reader reader;
		struct ring_record record;
		bool is_new;
		pid_t child = fork();

		if (child == 0) {
			if (ring_adopt(memory, SIZE, &is_new) != RESULT_OK)
				_exit(1);
			ring_writer_open(&writer, memory, SIZE);
			for (;;) {
				uint64_t number = atomic_load(&writer.shared->head) + 1;
				char text[300] = { 0 };

				memcpy(text, &number, 8);
				(void)put(&writer, span_make(text, 8 + number % 290));
			}
		}
		ring_reader_open(&reader, memory, SIZE);
		for (uint64_t until = next + 20 + (unsigned)round; next < until;) {
			while (ring_read(&reader, &record) == RESULT_OK) {
				uint64_t number;

				memcpy(&number, record.bytes.at, 8);
				assert_int_equal(number, next);
				next++;
			}
			ring_commit(&reader);
		}
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		assert_int_equal(ring_adopt(memory, SIZE, &is_new), RESULT_OK);
		assert_false(is_new);
		ring_reader_open(&reader, memory, SIZE);
		while (ring_read(&reader, &record) == RESULT_OK)
			assert_int_equal(record.number, next++);
		assert_int_equal(reader.corrupt, 0);
		assert_int_equal(reader.next, atomic_load(&reader.shared->head));
		ring_commit(&reader);
	}
	assert_true(next > 1000);
	munmap(memory, SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_once_committed), cmocka_unit_test(any_mix_of_lengths), cmocka_unit_test(limits),
		cmocka_unit_test(adoption), cmocka_unit_test(damaged_records_are_skipped_and_counted), cmocka_unit_test(two_threads),
		cmocka_unit_test(a_killed_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
