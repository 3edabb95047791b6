/* Heads for tests, read by the real readers: lines end in "|". */
#ifndef BOUCLIER_TESTS_CACHE_HEADS_H
#define BOUCLIER_TESTS_CACHE_HEADS_H

#include "../base/check.h"

#include "http/head_reader.h"

#define HEAD_TEXT_MAX 8192

struct heads {
	struct arena arena;
	struct request_head request;
	struct response_head answer;
};

static const struct http_limits head_limits = { .head_bytes = HEAD_TEXT_MAX, .target_bytes = HEAD_TEXT_MAX, .fields = 64, .body_bytes = INT64_MAX };

/* LINE, then FIELDS, as they stand on the wire; in ARENA. */
static inline struct span head_text(struct arena *arena, const char *line, const char *fields)
{
	char *text = arena_take(arena, HEAD_TEXT_MAX);
	size_t at = 0;

	assert_non_null(text);
	assert_true(strlen(line) + 2 * strlen(fields) + 8 < HEAD_TEXT_MAX);
	for (const char *from = line; *from; from++)
		text[at++] = *from;
	memcpy(text + at, "\r\n", 2);
	at += 2;
	for (; *fields; fields++) {
		if (*fields == '|')
			text[at++] = '\r';
		text[at++] = *fields == '|' ? '\n' : *fields;
	}
	memcpy(text + at, "\r\n", 2);
	return span_make(text, at + 2);
}

/* "GET /a", "Accept: b|". A Host is put in front. */
static inline void heads_ask(struct heads *heads, const char *line, const char *fields)
{
	struct head_reader reader;
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t used = 0;
	char first[HEAD_TEXT_MAX / 2], all[HEAD_TEXT_MAX / 2];

	snprintf(first, sizeof(first), "%s HTTP/1.1", line);
	snprintf(all, sizeof(all), "Host: Portal.Example|%s", fields);
	head_reader_init(&reader);
	fields_init(&heads->request.fields, &heads->arena, 64);
	assert_ok(request_head_read(&reader, head_text(&heads->arena, first, all), &head_limits, &heads->request, &used, &fault));
}

/* 200, "Cache-Control: max-age=60|" */
static inline void heads_answer(struct heads *heads, unsigned status, const char *fields)
{
	struct head_reader reader;
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t used = 0;
	char first[64];

	snprintf(first, sizeof(first), "HTTP/1.1 %u Word", status);
	head_reader_init(&reader);
	fields_init(&heads->answer.fields, &heads->arena, 64);
	assert_ok(response_head_read(&reader, head_text(&heads->arena, first, fields), &head_limits, METHOD_GET, &heads->answer, &used, &fault));
}

static inline void heads_init(struct heads *heads)
{
	*heads = (struct heads){ 0 };
	arena_init(&heads->arena, 1 << 20, 1 << 16);
}

static inline void heads_done(struct heads *heads)
{
	arena_done(&heads->arena);
}

#endif
