#include "packet/lists/file.h"

#include <errno.h>

#include "base/read_file.h"

#include "base/banned.h"

#define SHOWN_BYTES 60u
#define STEP_BYTES 65536u

struct reading {
	struct span file;
	unsigned line, column, errors;
	size_t count;
	struct complaints *complaints;
	struct packet_prefixes *out;
};

#define COMPLAIN(reading, suggestion, ...) \
	complain((reading)->complaints, COMPLAINT_ERROR, (struct place){ (reading)->file, (reading)->line, (reading)->column }, suggestion, __VA_ARGS__)

/* What stands on a line, before its comment. */
static struct span words_of(struct span line)
{
	line = span_take(line, span_find(line, '#'));
	line = span_take(line, span_find(line, ';'));
	if (span_ends(line, SPAN("\r")))
		line = span_take(line, line.len - 1);
	return span_trim(line);
}

/* As far as a terminal may have it. */
static struct span shown(struct span words, char out[SHOWN_BYTES])
{
	size_t len = words.len < SHOWN_BYTES ? words.len : SHOWN_BYTES;

	for (size_t i = 0; i < len; i++)
		out[i] = words.at[i] >= 0x20 && words.at[i] < 0x7f ? words.at[i] : '?';
	return span_make(out, len);
}

static enum result read_line(struct reading *reading, struct span line)
{
	struct span words = words_of(line);
	char text[SHOWN_BYTES];
	struct network network;

	reading->column = words.len ? (unsigned)(words.at - line.at) + 1 : 1;
	if (line.len > PREFIX_LINE_BYTES) {
		COMPLAIN(reading, SPAN_NONE, "a line of %zu bytes, expected at most %u", line.len, PREFIX_LINE_BYTES);
		return RESULT_MALFORMED;
	}
	if (!words.len)
		return RESULT_OK;
	if (network_read(words, &network) != RESULT_OK) {
		COMPLAIN(reading, SPAN_NONE, "found \"%.*s\", expected a network whose bits behind its prefix are zero, or an address (192.0.2.0/24, 2001:db8::1)",
		         SPAN_ARG(shown(words, text)));
		return RESULT_MALFORMED;
	}
	if (network.prefix == 0 || (network.prefix == 96 && address_is_v4(&network.address))) {
		COMPLAIN(reading, SPAN("take the line out"), "%.*s is everybody", SPAN_ARG(shown(words, text)));
		return RESULT_MALFORMED;
	}
	if (++reading->count > PREFIX_FILE_COUNT)
		return RESULT_LIMIT;
	return prefixes_add(reading->out, &network);
}

static enum result read_lines(struct reading *reading, struct span text)
{
	while (text.len) {
		enum result result;

		reading->line++;
		result = read_line(reading, span_cut(&text, '\n'));
		if (result == RESULT_LIMIT)
			COMPLAIN(reading, SPAN_NONE, "more than %u networks", PREFIX_FILE_COUNT);
		if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY)
			return result;
		if (result != RESULT_OK && ++reading->errors == PREFIX_FILE_ERRORS) {
			COMPLAIN(reading, SPAN_NONE, "reading ends here, after %u errors", PREFIX_FILE_ERRORS);
			break;
		}
	}
	return reading->errors ? RESULT_REFUSED : RESULT_OK;
}

enum result prefix_text_read(struct span file, struct span text, struct complaints *complaints, struct packet_prefixes *out)
{
	struct reading reading = { .file = file, .complaints = complaints, .out = out };
	enum result result = read_lines(&reading, text);

	if (result == RESULT_NO_MEMORY)
		COMPLAIN(&reading, SPAN_NONE, "no memory for it");
	if (result == RESULT_OK)
		prefixes_merge(out);
	else
		prefixes_done(out);
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}

enum result prefix_file_read(const char *path, struct complaints *complaints, struct packet_prefixes *out)
{
	struct reading reading = { .file = span_of(path), .complaints = complaints };
	struct buffer text;
	enum result result;

	buffer_init(&text, PREFIX_FILE_BYTES);
	result = read_file(path, &text);
	if (result == RESULT_IO || result == RESULT_NOT_FOUND)
		COMPLAIN(&reading, SPAN_NONE, "it cannot be read: %s", strerror(errno));
	else if (result == RESULT_LIMIT)
		COMPLAIN(&reading, SPAN_NONE, "it has more than %zu MiB", PREFIX_FILE_BYTES >> 20);
	else if (result != RESULT_OK)
		COMPLAIN(&reading, SPAN_NONE, result == RESULT_REFUSED ? "it is not a file" : "no memory for it");
	else
		result = prefix_text_read(span_of(path), buffer_span(&text), complaints, out);
	buffer_done(&text);
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}
