/* What a reader tells its sink, as text, so that two answers are compared in one line; and bodies that come in pieces, each in
 * fresh memory of the exact size, so that a stale span or a byte read too far is an error under ASan.
 *
 *     name=value|        an argument            (name,file)          a part; "file" where it has one
 *     {header}           of a part              <content>#bytes|     of a file
 *
 * Bytes that are not printable, and the signs above, stand as \xx. */
#ifndef TESTS_WAF_BODY_TOLD_H
#define TESTS_WAF_BODY_TOLD_H

#include <stdlib.h>

#include "../base/check.h"
#include "base/buffer.h"
#include "waf/body/reader.h"

struct told {
	enum result result;
	struct buffer text;
	struct body_report report;
	bool is_in_file;
};

static inline void say(struct told *told, const char *before, struct span bytes, const char *after)
{
	assert_ok(buffer_print(&told->text, "%s", before));
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.at[i];

		if (c < ' ' || c > '~' || strchr("=|(){}<>#\\", c))
			assert_ok(buffer_print(&told->text, "\\%02x", (unsigned char)c));
		else
			assert_ok(buffer_append_byte(&told->text, c));
	}
	assert_ok(buffer_print(&told->text, "%s", after));
}

static inline enum result tell_argument(void *context, struct span name, struct span value)
{
	say(context, "", name, "=");
	say(context, "", value, "|");
	return RESULT_OK;
}

static inline enum result tell_part(void *context, const struct body_part *part)
{
	say(context, "(", part->name, "");
	if (part->is_file)
		say(context, part->is_beyond_limit ? ",!" : ",", part->filename, "");
	say(context, ")", SPAN(""), "");
	return RESULT_OK;
}

static inline enum result tell_header(void *context, const struct body_part *part, struct span line)
{
	(void)part;
	say(context, "{", line, "}");
	return RESULT_OK;
}

static inline enum result tell_piece(void *context, struct span piece)
{
	struct told *told = context;

	assert_true(piece.len > 0);
	say(told, told->is_in_file ? "" : "<", piece, "");
	told->is_in_file = true;
	return RESULT_OK;
}

static inline enum result tell_end(void *context, const struct body_part *part, uint64_t bytes)
{
	struct told *told = context;

	(void)part;
	assert_ok(buffer_print(&told->text, "%s#%llu|", told->is_in_file ? ">" : "", (unsigned long long)bytes));
	told->is_in_file = false;
	return RESULT_OK;
}

static inline struct body_sink told_sink(struct told *told)
{
	return (struct body_sink){ told, tell_argument, tell_part, tell_header, tell_piece, tell_end };
}

struct subject {
	enum reader_kind kind;
	struct span type;                  /* Content-Type */
	const struct body_limits *limits;  /* NULL: the default */
	enum xml_arguments xml_arguments;
};

static inline enum result feed_copy(struct reader *reader, struct span piece)
{
	char *copy = malloc(piece.len ? piece.len : 1);
	enum result result;

	if (piece.len)
		memcpy(copy, piece.at, piece.len);
	result = reader_feed(reader, span_make(copy, piece.len));
	free(copy);
	return result;
}

/* INPUT as FIRST bytes and then STEP at a time; ended if IS_ENDED. */
static inline struct told tell(const struct subject *subject, struct span input, size_t first, size_t step, bool is_ended)
{
	struct told told = { .result = RESULT_OK };
	struct reader_birth birth = { subject->limits ? subject->limits : &body_limits_default, told_sink(&told), 0, subject->type, subject->xml_arguments };
	struct reader *reader;

	buffer_init(&told.text, 16 << 20);
	assert_ok(reader_new(subject->kind, &birth, &reader));
	for (size_t take = first; input.len && told.result == RESULT_OK; take = step) {
		told.result = feed_copy(reader, span_take(input, take));
		input = span_skip(input, take);
	}
	if (is_ended && told.result == RESULT_OK)
		told.result = reader_end(reader);
	told.report = *reader_report(reader);
	reader_free(reader);
	return told;
}

static inline void told_done(struct told *told)
{
	buffer_done(&told->text);
}

static inline void assert_same(const struct told *a, const struct told *b, struct span input, size_t first)
{
	bool same = a->result == b->result && a->report.flags == b->report.flags && span_equal(buffer_span(&a->text), buffer_span(&b->text)) &&
	            span_equal(body_report_message(&a->report), body_report_message(&b->report)) &&
	            a->report.file_bytes == b->report.file_bytes && a->report.arguments == b->report.arguments;

	if (!same)
		print_error("split at %zu of: %.*s\n  %.*s %x %.*s\n  %.*s %x %.*s\n", first, SPAN_ARG(input), SPAN_ARG(buffer_span(&a->text)),
		            a->report.flags, SPAN_ARG(body_report_message(&a->report)), SPAN_ARG(buffer_span(&b->text)), b->report.flags,
		            SPAN_ARG(body_report_message(&b->report)));
	assert_true(same);
}

/* Any split gives the same: every two pieces, one byte at a time, three. */
static inline void assert_splits(const struct subject *subject, struct span input)
{
	struct told whole = tell(subject, input, input.len, input.len, true);

	for (size_t first = 0; first <= input.len; first += input.len > 2000 ? 97 : 1) {
		struct told pieces = tell(subject, input, first, first ? input.len : 1, true);

		assert_same(&whole, &pieces, input, first);
		told_done(&pieces);
		pieces = tell(subject, input, first, 3, true);
		assert_same(&whole, &pieces, input, first);
		told_done(&pieces);
	}
	told_done(&whole);
}

/* The body is good: a proper prefix of it, that was not ended, has no error. */
static inline void assert_prefixes(const struct subject *subject, struct span input)
{
	for (size_t len = 0; len < input.len; len++) {
		struct told told = tell(subject, span_take(input, len), len, len, false);

		assert_ok(told.result);
		assert_false(body_report_has(&told.report, BODY_FLAG_ERROR));
		told_done(&told);
	}
}

/* What is told of INPUT, and the message; and the law of splits. */
static inline uint32_t assert_told(const struct subject *subject, struct span input, const char *text, const char *message)
{
	struct told told = tell(subject, input, input.len, input.len, true);
	uint32_t flags = told.report.flags;
	bool is_right = span_equal(buffer_span(&told.text), span_of(text)) && span_equal(body_report_message(&told.report), span_of(message));

	if (!is_right)
		print_error("of: %.*s\n  told     %.*s %.*s\n  expected %s %s\n", SPAN_ARG(input), SPAN_ARG(buffer_span(&told.text)),
		            SPAN_ARG(body_report_message(&told.report)), text, message);
	assert_true(is_right);
	assert_int_equal(flags & 1u << BODY_FLAG_ERROR, *message ? 1u << BODY_FLAG_ERROR : 0);
	assert_ok(told.result);
	told_done(&told);
	assert_splits(subject, input);
	return flags;
}

#ifdef BOUCLIER_TESTS_BASE_FAILING_H
/* A body that comes in two pieces, while the N-th allocation fails. */
static inline enum result read_short_of_memory(const struct subject *subject, const struct span pieces[2], uint32_t arguments, size_t nth)
{
	struct reader_birth birth = { .limits = &body_limits_default, .content_type = subject->type };
	struct reader *reader;
	enum result result;

	failing_from(nth);
	result = reader_new(subject->kind, &birth, &reader);
	if (result == RESULT_OK) {
		result = reader_feed(reader, pieces[0]);
		if (result == RESULT_OK)
			result = reader_feed(reader, pieces[1]);
		if (result == RESULT_OK)
			result = reader_end(reader);
		if (result == RESULT_OK)
			assert_int_equal(reader_report(reader)->arguments, arguments);
		reader_free(reader);
	}
	failing_from(0);
	return result;
}

/* Whichever allocation fails, of LEAST at the least, the reader says so; after the last it has all ARGUMENTS. */
static inline void assert_memory_may_run_out(const struct subject *subject, struct span first, struct span second, uint32_t arguments, size_t least)
{
	const struct span pieces[] = { first, second };
	size_t nth = 1;

	while (block_thread_done(), read_short_of_memory(subject, pieces, arguments, nth) == RESULT_NO_MEMORY)
		nth++;
	assert_true(nth > least);
	assert_ok(read_short_of_memory(subject, pieces, arguments, nth));
}
#endif

/* The sink's N-th call answers RESULT_NO_MEMORY: so does the reader, from then on. */
struct refusing {
	size_t calls, nth;
};

static inline enum result refuse_argument(void *context, struct span name, struct span value)
{
	struct refusing *refusing = context;

	(void)name;
	(void)value;
	return ++refusing->calls == refusing->nth ? RESULT_NO_MEMORY : RESULT_OK;
}

static inline void assert_refusal_stays(const struct subject *subject, struct span input)
{
	struct refusing refusing = { 0, 1 };
	struct reader_birth birth = { .limits = &body_limits_default, .sink = { .context = &refusing, .argument = refuse_argument }, .content_type = subject->type };
	struct reader *reader;
	enum result result;

	assert_ok(reader_new(subject->kind, &birth, &reader));
	result = reader_feed(reader, input);
	if (result == RESULT_OK)
		result = reader_end(reader);
	assert_result(result, RESULT_NO_MEMORY);
	assert_result(reader_feed(reader, SPAN("x")), RESULT_NO_MEMORY);
	assert_result(reader_end(reader), RESULT_NO_MEMORY);
	assert_int_equal(refusing.calls, 1);
	reader_free(reader);
}

#endif
