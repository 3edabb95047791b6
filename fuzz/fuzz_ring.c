/* A ring with records, damaged anywhere: whoever adopts it reads no more than it holds, nothing outside it, nothing that was not written, and
 * goes on with it. Input: three bytes for each byte that is damaged: where (two), and what is there then. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/crc32c.h"
#include "event/ring.h"

#define BYTES 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(void *memory, unsigned count)
{
	struct ring_writer writer;
	char record[300];

	ring_writer_open(&writer, memory, BYTES);
	for (unsigned i = 0; i < count; i++) {
		memset(record, 'a' + (int)(i % 26), sizeof(record));
		(void)ring_write(&writer, span_make(record, 1 + i * 37 % sizeof(record)), crc32c_more(0, span_make(record, 1 + i * 37 % sizeof(record))));
	}
}

/* How many records were read. */
static unsigned empty(char *memory)
{
	struct ring_reader reader;
	struct ring_record record;
	enum result result;
	unsigned whole = 0, all = 0;

	ring_reader_open(&reader, memory, BYTES);
	for (; (result = ring_read(&reader, &record)) != RESULT_MORE; all++) {
		if (result != RESULT_OK)
			continue;
		whole++;
		assert(record.bytes.at >= memory && record.bytes.at + record.bytes.len <= memory + BYTES);
		for (size_t i = 1; i < record.bytes.len; i++)
			assert(record.bytes.at[i] == record.bytes.at[0]);
	}
	assert(all <= BYTES / 512);
	ring_commit(&reader);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *memory = aligned_alloc(64, BYTES);
	bool is_new;

	assert(memory);
	memset(memory, 0, BYTES);
	assert(ring_adopt(memory, BYTES, &is_new) == RESULT_OK && is_new);
	fill(memory, 7);
	assert(empty(memory) == 7);
	fill(memory, 12);
	for (size_t i = 0; i + 3 <= size; i += 3)
		memory[(data[i] * 256u + data[i + 1]) % BYTES] = (char)data[i + 2];
	assert(ring_adopt(memory, BYTES, &is_new) == RESULT_OK);
	(void)empty(memory);
	fill(memory, 3);
	assert(empty(memory) == 3);
	free(memory);
	return 0;
}
