#include "waf/body/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

const struct body_limits body_limits_default = {
	.arguments = 1000,
	.name_bytes = 8u << 10,
	.value_bytes = 1u << 20,
	.argument_bytes = 2u << 20,
	.depth = 512,
	.parts = 1000,
	.files = 100,
	.nodes = 100000,
};

static const struct {
	struct span name;
	const struct reader_type *type;
} kinds[READER_COUNT] = {
	[READER_URLENCODED] = { SPAN_INIT("URLENCODED"), &urlencoded_type },
	[READER_MULTIPART] = { SPAN_INIT("MULTIPART"), &multipart_type },
	[READER_JSON] = { SPAN_INIT("JSON"), &json_type },
	[READER_XML] = { SPAN_INIT("XML"), &xml_type },
};

bool body_report_strict_error(const struct body_report *report)
{
	static const uint32_t strict = 1u << BODY_FLAG_MULTIPART_ERROR | 1u << BODY_FLAG_BOUNDARY_QUOTED |
	                               1u << BODY_FLAG_BOUNDARY_WHITESPACE | 1u << BODY_FLAG_DATA_BEFORE |
	                               1u << BODY_FLAG_DATA_AFTER | 1u << BODY_FLAG_HEADER_FOLDING | 1u << BODY_FLAG_LF_LINE |
	                               1u << BODY_FLAG_MISSING_SEMICOLON | 1u << BODY_FLAG_INVALID_QUOTING |
	                               1u << BODY_FLAG_INVALID_PART | 1u << BODY_FLAG_INVALID_HEADER_FOLDING |
	                               1u << BODY_FLAG_FILE_LIMIT_EXCEEDED;

	return (report->flags & strict) != 0;
}

bool body_report_mixed_lines(const struct body_report *report)
{
	return body_report_has(report, BODY_FLAG_LF_LINE) && body_report_has(report, BODY_FLAG_CRLF_LINE);
}

enum result reader_find(struct span name, enum reader_kind *out)
{
	for (unsigned kind = 0; kind < READER_COUNT; kind++) {
		if (span_equal_nocase(name, kinds[kind].name)) {
			*out = (enum reader_kind)kind;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

void reader_init(struct reader *reader, const struct body_limits *limits, const struct body_sink *sink)
{
	reader->limits = *limits;
	reader->sink = *sink;
	reader->report = (struct body_report){ 0 };
	reader->result = RESULT_OK;
}

enum result reader_fail(struct reader *reader, const char *format, ...)
{
	struct body_report *report = &reader->report;
	va_list list;
	int len;

	if (body_report_has(report, BODY_FLAG_ERROR))
		return RESULT_MALFORMED;
	va_start(list, format);
	len = vsnprintf(report->message, sizeof(report->message), format, list);
	va_end(list);
	report->message_len = len < 0 ? 0 : (size_t)len < sizeof(report->message) ? (size_t)len : sizeof(report->message) - 1;
	reader_flag(reader, BODY_FLAG_ERROR);
	return RESULT_MALFORMED;
}

const char *reader_show(struct span bytes, char out[SHOWN_MAX])
{
	static const char named[] = "\b\n\r\t\v\\", letters[] = "bnrtv\\";
	size_t len = 0;

	for (size_t i = 0; i < bytes.len && len + 5 < SHOWN_MAX; i++) {
		char c = bytes.at[i];
		const char *found = c ? strchr(named, c) : NULL;

		if (found)
			len += (size_t)snprintf(out + len, SHOWN_MAX - len, "\\%c", letters[found - named]);
		else if (c < ' ' || c > '~')  /* signed or not: beyond ASCII is one of the two */
			len += (size_t)snprintf(out + len, SHOWN_MAX - len, "\\x%02x", (unsigned char)c);
		else
			out[len++] = c;
	}
	out[len] = '\0';
	return out;
}

enum result reader_argument(struct reader *reader, struct span name, struct span value)
{
	struct body_report *report = &reader->report;

	if (report->arguments >= reader->limits.arguments)
		return reader_fail(reader, "SecArgumentsLimit exceeded");
	if (name.len > reader->limits.name_bytes)
		return reader_fail(reader, "Name of an argument over %zu bytes long", reader->limits.name_bytes);
	if (value.len > reader->limits.value_bytes)
		return reader_fail(reader, "Value of an argument over %zu bytes long", reader->limits.value_bytes);
	if (name.len + value.len > reader->limits.argument_bytes - report->argument_bytes)
		return reader_fail(reader, "Arguments over %llu bytes together", (unsigned long long)reader->limits.argument_bytes);
	report->arguments++;
	report->argument_bytes += name.len + value.len;
	return reader->sink.argument ? reader->sink.argument(reader->sink.context, name, value) : RESULT_OK;
}

enum result reader_settle(struct reader *reader, enum result result)
{
	if (result == RESULT_MALFORMED) {
		reader->result = RESULT_END;
		return RESULT_OK;
	}
	if (result != RESULT_OK)
		reader->result = result;
	return result;
}

enum result reader_new(enum reader_kind kind, const struct reader_birth *birth, struct reader **out)
{
	const struct reader_type *type = kinds[kind].type;
	struct reader *reader = calloc(1, type->bytes);
	enum result result;

	if (!reader)
		return RESULT_NO_MEMORY;
	reader->type = type;
	reader_init(reader, birth->limits, &birth->sink);
	result = reader_settle(reader, type->begin(reader, birth));
	if (result != RESULT_OK) {
		reader_free(reader);
		return result;
	}
	*out = reader;
	return RESULT_OK;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	reader->type->done(reader);
	free(reader);
}

enum result reader_feed(struct reader *reader, struct span piece)
{
	if (reader->result == RESULT_END || (reader->result == RESULT_OK && piece.len == 0))
		return RESULT_OK;
	if (reader->result != RESULT_OK)
		return reader->result;
	return reader_settle(reader, reader->type->feed(reader, piece));
}

enum result reader_end(struct reader *reader)
{
	enum result result;

	if (reader->result == RESULT_END)
		return RESULT_OK;
	if (reader->result != RESULT_OK)
		return reader->result;
	result = reader_settle(reader, reader->type->end(reader));
	if (result == RESULT_OK)
		reader->result = RESULT_END;
	return result;
}

const struct body_report *reader_report(const struct reader *reader)
{
	return &reader->report;
}
