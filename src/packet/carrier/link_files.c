#include "packet/carrier/link_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

#define BYTES 0u
#define PACKETS 1u   /* those behind are all of packets that were not taken */

static const char *const counter_names[LINK_COUNTERS] = { "rx_bytes", "rx_packets", "rx_dropped", "rx_missed_errors", "rx_fifo_errors", "rx_over_errors" };

static enum result open_interface(const char *folder, struct span name, int fds[LINK_COUNTERS])
{
	for (unsigned i = 0; i < LINK_COUNTERS; i++) {
		char path[512];

		if (snprintf(path, sizeof(path), "%s/%.*s/statistics/%s", folder, SPAN_ARG(name), counter_names[i]) >= (int)sizeof(path))
			return RESULT_LIMIT;
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	}
	return RESULT_OK;
}

enum result link_files_open(const char *folder, const struct span *names, size_t count, struct link_files *out, size_t *wrong)
{
	struct link_files files = { .count = 0 };
	enum result result = count > LINK_INTERFACES_MAX ? RESULT_LIMIT : RESULT_OK;

	memset(files.fds, 0xff, sizeof(files.fds));
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		result = open_interface(folder, names[i], files.fds[i]);
		files.count++;
		if (result != RESULT_OK)
			*wrong = i;
	}
	if (result == RESULT_OK)
		*out = files;
	else
		link_files_done(&files);
	return result;
}

void link_files_done(struct link_files *files)
{
	for (unsigned i = 0; i < files->count; i++) {
		for (unsigned c = 0; c < LINK_COUNTERS; c++) {
			if (files->fds[i][c] >= 0)
				close(files->fds[i][c]);
		}
	}
	files->count = 0;
}

static enum result read_counter(int fd, uint64_t *out)
{
	char text[32];
	ssize_t got = pread(fd, text, sizeof(text), 0);
	struct span rest = span_make(text, got > 0 ? (size_t)got : 0);

	return span_to_u64(span_cut(&rest, '\n'), UINT64_MAX, out) == RESULT_OK ? RESULT_OK : RESULT_IO;
}

enum result link_files_read(const struct link_files *files, uint64_t now_ms, struct link_reading *out)
{
	struct link_reading sum = { .at_ms = now_ms };

	for (unsigned i = 0; i < files->count; i++) {
		for (unsigned c = 0; c < LINK_COUNTERS; c++) {
			uint64_t value, *to = c == BYTES ? &sum.bytes : c == PACKETS ? &sum.packets : &sum.drops;

			if (read_counter(files->fds[i][c], &value) != RESULT_OK)
				return RESULT_IO;
			*to += value;
		}
	}
	*out = sum;
	return RESULT_OK;
}

/* The next word of LINE, which words separated by tabs and spaces make up. */
static struct span next_word(struct span *line)
{
	size_t len = 0;

	*line = span_trim(*line);
	while (len < line->len && line->at[len] != '\t' && line->at[len] != ' ')
		len++;
	struct span word = span_take(*line, len);

	*line = span_skip(*line, len);
	return word;
}

enum result link_default_read(struct span text, char out[IFNAMSIZ])
{
	while (text.len) {
		struct span line = span_cut(&text, '\n');
		struct span name = next_word(&line), destination = next_word(&line);
		struct span mask = SPAN_NONE;

		for (unsigned i = 0; i < 6; i++)  /* gateway, flags, references, use, metric, mask */
			mask = next_word(&line);
		if (name.len && span_equal(destination, SPAN("00000000")) && span_equal(mask, SPAN("00000000")))
			return span_to_text(name, out, IFNAMSIZ) == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
	}
	return RESULT_NOT_FOUND;
}
