/* A body whole and in pieces, each arrival in fresh memory of the exact size: what is told of it is the same. */
#ifndef FUZZ_READER_PIECES_H
#define FUZZ_READER_PIECES_H

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "waf/body/reader.h"

struct telling {
	struct buffer said;
	struct body_report report;
	bool is_in_file;
};

static inline void say(struct buffer *said, char mark, struct span bytes)
{
	assert(buffer_append_byte(said, mark) == RESULT_OK && buffer_append(said, bytes) == RESULT_OK);
}

static inline enum result tell_argument(void *context, struct span name, struct span value)
{
	struct telling *telling = context;

	say(&telling->said, 'n', name);
	say(&telling->said, 'v', value);
	return RESULT_OK;
}

static inline enum result tell_part(void *context, const struct body_part *part)
{
	struct telling *telling = context;

	say(&telling->said, part->is_file ? 'f' : 'p', part->name);
	say(&telling->said, part->is_beyond_limit ? '!' : '.', part->filename);
	return RESULT_OK;
}

static inline enum result tell_header(void *context, const struct body_part *part, struct span line)
{
	struct telling *telling = context;

	assert(part->name.at && line.len && memchr(line.at, ':', line.len));
	say(&telling->said, 'h', line);
	return RESULT_OK;
}

static inline enum result tell_piece(void *context, struct span piece)
{
	struct telling *telling = context;

	assert(piece.len && buffer_append(&telling->said, piece) == RESULT_OK);
	return RESULT_OK;
}

static inline enum result tell_end(void *context, const struct body_part *part, uint64_t bytes)
{
	struct telling *telling = context;

	say(&telling->said, 'e', part->filename);
	assert(buffer_append_u64(&telling->said, bytes) == RESULT_OK);
	return RESULT_OK;
}

static inline struct body_sink telling_sink(struct telling *telling)
{
	return (struct body_sink){ telling, tell_argument, tell_part, tell_header, tell_piece, tell_end };
}

static const struct body_limits fuzz_limits = { .arguments = 50, .name_bytes = 40, .value_bytes = 100, .argument_bytes = 1000, .depth = 10,
                                                .parts = 10, .files = 3, .nodes = 100 };

/* STEP bytes more at each arrival. LAST is asked for what the reader has when it has ended; it may be NULL. */
static inline void tell_in_pieces(enum reader_kind kind, struct span type, struct span input, size_t step, struct telling *telling,
                                  void (*last)(struct reader *reader, struct telling *telling))
{
	struct reader_birth birth = { .limits = &fuzz_limits, .content_type = type, .xml_arguments = XML_ARGUMENTS_ON };
	struct reader *reader;

	buffer_init(&telling->said, 16 << 20);
	birth.sink = telling_sink(telling);
	assert(reader_new(kind, &birth, &reader) == RESULT_OK);
	for (; input.len; input = span_skip(input, step)) {
		size_t len = step < input.len ? step : input.len;
		char *copy = malloc(len);

		memcpy(copy, input.at, len);
		assert(reader_feed(reader, span_make(copy, len)) == RESULT_OK);
		free(copy);
	}
	assert(reader_end(reader) == RESULT_OK);
	telling->report = *reader_report(reader);
	if (last)
		last(reader, telling);
	reader_free(reader);
}

/* The answer to the whole, after finding that pieces give the same. */
static inline struct telling tell_twice(enum reader_kind kind, struct span type, struct span input,
                                        void (*last)(struct reader *reader, struct telling *telling))
{
	struct telling whole = { 0 }, pieces = { 0 };

	tell_in_pieces(kind, type, input, input.len, &whole, last);
	tell_in_pieces(kind, type, input, input.len ? (uint8_t)input.at[input.len - 1] % 24 + 1u : 1, &pieces, last);
	assert(whole.report.flags == pieces.report.flags && whole.report.arguments == pieces.report.arguments);
	assert(span_equal(body_report_message(&whole.report), body_report_message(&pieces.report)));
	assert(span_equal(buffer_span(&whole.said), buffer_span(&pieces.said)));
	assert(body_report_has(&whole.report, BODY_FLAG_ERROR) == (whole.report.message_len > 0));
	buffer_done(&pieces.said);
	return whole;
}

#endif
