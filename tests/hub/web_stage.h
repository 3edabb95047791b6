/* A request as a handler sees it, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "hub/web/connection.h"

struct stage {
	struct loop loop;
	struct web_server server;
	struct connection connection;
	struct web_exchange *exchange;
};

static void stage_job(struct job *job)
{
	(void)job;
}

/* TEXT is a whole head; what follows it is the body. */
static inline void stage_begin(struct stage *stage, enum web_door door, const char *text)
{
	static const struct http_limits limits = { WEB_HEAD_BYTES, WEB_TARGET_BYTES, WEB_HEAD_FIELDS, WEB_BODY_MAX };
	struct web_exchange *exchange;
	enum http_fault fault;
	size_t used = 0;

	*stage = (struct stage){ 0 };
	assert_int_equal(loop_init(&stage->loop), RESULT_OK);
	stage->server.loop = &stage->loop;
	stage->server.name_len = strlen("hub.commune.example");
	memcpy(stage->server.name, "hub.commune.example", stage->server.name_len);
	stage->connection = (struct connection){ .server = &stage->server, .door = door, .transport.fd = -1 };
	job_init(&stage->connection.job, stage_job);
	exchange = stage->exchange = stage->connection.exchange = exchange_new(&stage->connection);
	assert_non_null(exchange);
	assert_int_equal(request_head_read(&stage->connection.reader, span_of(text), &limits, &exchange->head, &used, &fault), RESULT_OK);
	assert_int_equal(web_path_read(exchange->head.path, &exchange->arena, &exchange->path), RESULT_OK);
	exchange->request = (struct web_request){ .exchange = exchange, .head = &exchange->head, .path = exchange->path.text, .door = door, .body = span_of(text + used) };
}

static inline void stage_end(struct stage *stage)
{
	exchange_free(stage->exchange);
	loop_done(&stage->loop);
}

/* A field of the answer; empty: it is not there. */
static inline struct span stage_field(const struct stage *stage, const char *name)
{
	const struct web_answer *answer = &stage->exchange->answer;

	for (size_t i = 0; i < answer->field_count; i++)
		if (span_equal_nocase(answer->fields[i].name, span_of(name)))
			return answer->fields[i].value;
	return SPAN_NONE;
}

#define assert_text(span, text) assert_true(span_equal((span), span_of(text)))
