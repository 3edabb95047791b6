#include "packet/carrier/link_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"

#include "base/banned.h"

#define STEP_BYTES 8192u

/* Where the numbers of a line stand that are wanted. */
enum column { RECEIVED_BYTES, RECEIVED_PACKETS, RECEIVED_DROPS = 3, RECEIVED_FIFO, SENT_BYTES = 8, COLUMNS };

/* In one go from the beginning: the kernel writes a line at a time, and goes on where it was read last. */
static enum result read_all(int fd, struct buffer *text)
{
	ssize_t got;

	do {
		char *at = buffer_reserve(text, STEP_BYTES);

		if (!at)
			return buffer_room(text) < STEP_BYTES ? RESULT_LIMIT : RESULT_NO_MEMORY;
		got = pread(fd, at, STEP_BYTES, (off_t)buffer_len(text));
		if (got > 0)
			buffer_commit(text, (size_t)got);
	} while (got > 0);
	return got == 0 ? RESULT_OK : RESULT_IO;
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

static enum result read_numbers(struct span line, uint64_t numbers[COLUMNS])
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < COLUMNS && result == RESULT_OK; i++)
		result = span_to_u64(next_word(&line), UINT64_MAX, &numbers[i]);
	return result == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}

enum result link_counters_read(struct span text, struct span name, struct link_reading *out)
{
	while (text.len) {
		struct span line = span_cut(&text, '\n');
		size_t colon = span_find(line, ':');
		uint64_t numbers[COLUMNS];

		if (colon == line.len || !span_equal(span_trim(span_take(line, colon)), name))
			continue;
		if (read_numbers(span_skip(line, colon + 1), numbers) != RESULT_OK)
			return RESULT_MALFORMED;
		out->bytes += numbers[RECEIVED_BYTES];
		out->packets += numbers[RECEIVED_PACKETS];
		out->drops += numbers[RECEIVED_DROPS] + numbers[RECEIVED_FIFO];
		out->sent_bytes += numbers[SENT_BYTES];
		return RESULT_OK;
	}
	return RESULT_NOT_FOUND;
}

/* WRONG: the one that is not as it should be. */
static enum result read_interfaces(const struct link_files *files, struct link_reading *out, size_t *wrong)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, LINK_TEXT_MAX);
	result = read_all(files->fd, &text);
	for (unsigned i = 0; i < files->count && result == RESULT_OK; i++) {
		*wrong = i;
		result = link_counters_read(buffer_span(&text), span_of(files->names[i]), out);
	}
	buffer_done(&text);
	return result == RESULT_MALFORMED ? RESULT_IO : result;
}

enum result link_files_open(const char *path, const struct span *names, size_t count, struct link_files *out, size_t *wrong)
{
	struct link_files files = { .fd = -1 };
	struct link_reading reading = { .at_ms = 0 };
	enum result result = count > LINK_INTERFACES_MAX ? RESULT_LIMIT : RESULT_OK;

	*wrong = 0;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		*wrong = i;
		result = span_to_text(names[i], files.names[files.count++], IFNAMSIZ) == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
	}
	if (result == RESULT_OK)
		files.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (result == RESULT_OK)
		result = files.fd >= 0 ? read_interfaces(&files, &reading, wrong) : RESULT_IO;
	if (result == RESULT_OK)
		*out = files;
	else
		link_files_done(&files);
	return result;
}

enum result link_files_open_line(const struct link_settings *settings, struct link_files *out, char wrong[IFNAMSIZ])
{
	const struct span *names = settings->interfaces.items;
	size_t count = settings->interfaces.count, index = 0;
	char found[IFNAMSIZ];
	struct span of_route;
	enum result result;

	wrong[0] = 0;
	if (!count) {
		if (link_default_find(found) != RESULT_OK)
			return RESULT_NOT_FOUND;
		of_route = span_of(found);
		names = &of_route;
		count = 1;
	}
	result = link_files_open(LINK_COUNTERS_PATH, names, count, out, &index);
	if (result != RESULT_OK)
		snprintf(wrong, IFNAMSIZ, "%.*s", SPAN_ARG(names[index]));
	return result;
}

void link_files_names(const struct link_files *files, char out[LINK_NAMES_MAX])
{
	size_t len = 0;

	out[0] = 0;
	for (unsigned i = 0; i < files->count; i++)
		len += (size_t)snprintf(out + len, LINK_NAMES_MAX - len, "%s%s", i ? ", " : "", files->names[i]);
}

void link_files_done(struct link_files *files)
{
	if (files->fd >= 0)
		close(files->fd);
	files->fd = -1;
	files->count = 0;
}

enum result link_files_read(const struct link_files *files, uint64_t now_ms, struct link_reading *out)
{
	struct link_reading sum = { .at_ms = now_ms };
	size_t wrong;
	enum result result = read_interfaces(files, &sum, &wrong);

	if (result == RESULT_OK)
		*out = sum;
	return result;
}

bool link_files_have(const struct link_files *files, struct span name)
{
	for (unsigned i = 0; i < files->count; i++) {
		if (span_equal(name, span_of(files->names[i])))
			return true;
	}
	return false;
}

bool link_files_hold(const struct link_files *files, const struct list_value *interfaces)
{
	const struct span *list = interfaces->items;
	bool are_all = true;

	for (size_t i = 0; i < interfaces->count; i++)
		are_all &= link_files_have(files, list[i]);
	return are_all;
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

enum result link_default_find(char out[IFNAMSIZ])
{
	int fd = open(LINK_ROUTES_PATH, O_RDONLY | O_CLOEXEC);
	enum result result = RESULT_NOT_FOUND;
	struct buffer text;

	if (fd < 0)
		return RESULT_NOT_FOUND;
	buffer_init(&text, LINK_TEXT_MAX);
	if (read_all(fd, &text) == RESULT_OK)
		result = link_default_read(buffer_span(&text), out);
	buffer_done(&text);
	close(fd);
	return result;
}
