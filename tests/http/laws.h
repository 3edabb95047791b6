/* What a reader answers, as text, so that two answers are compared in one line; and input in pieces, each arrival in fresh
 * memory of the exact size, so that a stale span or a byte read too far is an error under ASan. */
#ifndef TESTS_HTTP_LAWS_H
#define TESTS_HTTP_LAWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "http/head_reader.h"

static const struct http_limits ample = { 65536, 8192, 100, INT64_MAX };

struct outcome {
	enum result result;
	enum http_fault fault;
	size_t used;
	struct buffer text;  /* the head; empty unless RESULT_OK or RESULT_MALFORMED */
};

static inline void say(struct outcome *outcome, const char *name, struct span span)
{
	assert_int_equal(buffer_print(&outcome->text, "%s=%.*s|", name, SPAN_ARG(span)), RESULT_OK);
}

static inline void say_number(struct outcome *outcome, const char *name, uint64_t number)
{
	assert_int_equal(buffer_print(&outcome->text, "%s=%llu|", name, (unsigned long long)number), RESULT_OK);
}

static inline void say_fields(struct outcome *outcome, const struct fields *fields)
{
	for (unsigned i = 0; i < fields->count; i++) {
		say(outcome, "name", fields->list[i].name);
		say(outcome, "value", fields->list[i].value);
		say_number(outcome, "id", fields->list[i].id);
	}
}

static inline void say_body(struct outcome *outcome, const struct body_size *body)
{
	say_number(outcome, "framing", body->framing);
	say_number(outcome, "known", body->is_known);
	say_number(outcome, "bytes", body->bytes);
}

static inline void say_request(struct outcome *outcome, const struct request_head *head)
{
	say(outcome, "method", head->method_name);
	say_number(outcome, "method", head->method);
	say_number(outcome, "version", head->version);
	say(outcome, "target", head->target);
	say(outcome, "scheme", head->scheme);
	say(outcome, "host", head->host);
	say_number(outcome, "port", head->port);
	say(outcome, "authority", head->authority);
	say(outcome, "path", head->path);
	say_number(outcome, "has_query", head->has_query);
	say(outcome, "query", head->query);
	say_number(outcome, "close", head->wants_close);
	say_number(outcome, "continue", head->expects_continue);
	say_body(outcome, &head->body);
	say_fields(outcome, &head->fields);
}

static inline void say_response(struct outcome *outcome, const struct response_head *head)
{
	say_number(outcome, "status", head->status);
	say(outcome, "reason", head->reason);
	say_number(outcome, "version", head->version);
	say_number(outcome, "close", head->wants_close);
	say_body(outcome, &head->body);
	say_fields(outcome, &head->fields);
}

/* METHOD_OTHER reads a request; anything else the response to that method. */
static inline enum result answer_once(struct head_reader *reader, struct span input, const struct http_limits *limits,
                                      enum method method, struct arena *arena, struct outcome *outcome)
{
	struct request_head request = { .fields.arena = arena, .fields.max = limits->fields };
	struct response_head response = { .fields.arena = arena, .fields.max = limits->fields };
	bool is_request = method == METHOD_OTHER;

	outcome->fault = HTTP_FAULT_NONE;
	outcome->result = is_request ? request_head_read(reader, input, limits, &request, &outcome->used, &outcome->fault)
	                             : response_head_read(reader, input, limits, method, &response, &outcome->used, &outcome->fault);
	if (outcome->result == RESULT_MORE) {  /* nothing that could dangle */
		assert_null(is_request ? request.method_name.at : response.reason.at);
		assert_int_equal(is_request ? request.fields.count : response.fields.count, 0);
	} else if (is_request) {
		say_request(outcome, &request);
	} else {
		say_response(outcome, &response);
	}
	return outcome->result;
}

/* The answer when INPUT comes as FIRST bytes and then STEP bytes an arrival. */
static inline struct outcome answer(struct span input, size_t first, size_t step, const struct http_limits *limits,
                                    enum method method)
{
	struct outcome outcome = { 0 };
	struct head_reader reader;
	struct arena arena;

	arena_init(&arena, 1 << 20, 4096);
	buffer_init(&outcome.text, 1 << 20);
	head_reader_init(&reader);
	for (size_t len = first; ; len = len + step < input.len ? len + step : input.len) {
		char *copy = malloc(len ? len : 1);
		bool is_over;

		memcpy(copy, input.at, len);
		is_over = answer_once(&reader, span_make(copy, len), limits, method, &arena, &outcome) != RESULT_MORE;
		free(copy);
		if (is_over || len == input.len)
			break;
	}
	arena_done(&arena);
	return outcome;
}

static inline void assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_string_equal(result_name(a->result), result_name(b->result));
	assert_string_equal(http_fault_name(a->fault), http_fault_name(b->fault));
	assert_int_equal(a->used, b->used);
	assert_true(span_equal(buffer_span(&a->text), buffer_span(&b->text)));
}

/* Any split of the input gives the same answer: every two pieces, and one byte at a time. */
static inline void assert_splits(struct span input, const struct http_limits *limits, enum method method)
{
	struct outcome whole = answer(input, input.len, 1, limits, method);

	for (size_t first = 0; first <= input.len; first++) {
		struct outcome pieces = answer(input, first, first ? input.len : 1, limits, method);

		assert_same(&whole, &pieces);
		buffer_done(&pieces.text);
	}
	buffer_done(&whole.text);
}

/* Any proper prefix says MORE. */
static inline void assert_prefixes(struct span input, enum method method)
{
	for (size_t len = 0; len < input.len; len++) {
		struct outcome outcome = answer(span_make(input.at, len), len, 1, &ample, method);

		assert_int_equal(outcome.result, RESULT_MORE);
		buffer_done(&outcome.text);
	}
}

static inline void assert_fault(const char *what, struct span input, const struct http_limits *limits, enum method method,
                                enum http_fault fault)
{
	struct outcome outcome = answer(input, input.len, 1, limits, method);

	if (outcome.fault != fault)
		print_error("%s: %s, expected %s\n", what, http_fault_name(outcome.fault), http_fault_name(fault));
	assert_int_equal(outcome.fault, fault);
	assert_int_equal(outcome.result, RESULT_MALFORMED);
	buffer_done(&outcome.text);
	assert_splits(input, limits, method);
}

#endif
