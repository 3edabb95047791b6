/* Any bytes as a journal: lines are found the same whatever it grew by; no front of a sealed line is sealed. */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_lines(struct segment_lines *lines)
{
	struct span line;
	struct seal seal;
	size_t sum = 0;

	for (enum result result; (result = segment_lines_next(lines, &line)) != RESULT_MORE; sum += result == RESULT_OK ? line.len + 1 : 1) {
		if (result == RESULT_OK && seal_read(line, &seal) == RESULT_OK)
			assert(seal.sequence && span_starts(line, seal_body(line)) && seal_read(span_take(line, line.len - 1), &seal) != RESULT_OK);
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct segment_lines whole, grown;
	size_t cut = size ? data[0] % size : 0, parts = 0;

	fd = fd < 0 ? memfd_create("journal", 0) : fd;
	assert(ftruncate(fd, 0) == 0 && pwrite(fd, data, cut, 0) == (ssize_t)cut);
	segment_lines_init(&grown, fd);
	parts += read_lines(&grown);
	assert(pwrite(fd, data + cut, size - cut, (off_t)cut) == (ssize_t)(size - cut));
	parts += read_lines(&grown);
	segment_lines_init(&whole, fd);
	assert(read_lines(&whole) == parts && whole.offset == grown.offset);
	segment_lines_done(&grown), segment_lines_done(&whole);
	return 0;
}
