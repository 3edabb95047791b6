/* Rules of a few lines, and requests and answers of a few bytes that they are asked about. */
#ifndef BOUCLIER_TESTS_ENGINE_STAGE_H
#define BOUCLIER_TESTS_ENGINE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"
#include "waf/waf.h"

#define ENGINE_BYTES (8 << 20)

struct engine {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	struct waf_birth birth;      /* the test may change it before it asks */
	struct arena arena;
	struct request_head head;
	struct response_head response;
	struct waf_transaction *transaction;
};

/* Ports may be given between engine_begin and engine_load. */
static inline void engine_begin(struct engine *engine)
{
	*engine = (struct engine){ 0 };
	reading_start(&engine->reading);
}

static inline void engine_load(struct engine *engine, const char *rules)
{
	assert_int_equal(texts_add(&engine->reading.texts, SPAN("x"), span_of(rules)), RESULT_OK);
	reading_load(&engine->reading, "x");
	if (engine->reading.result != RESULT_OK)
		fail_msg("%s", reading_said(&engine->reading));
	assert_int_equal(waf_rules_new(engine->reading.ruleset, &engine->reading.complaints, &engine->rules), RESULT_OK);
	engine->reading.ruleset = NULL;
	engine->scratch = operator_scratch_new();
	assert_non_null(engine->scratch);
	engine->birth = (struct waf_birth){ .rules = engine->rules, .scratch = engine->scratch, .limit_bytes = ENGINE_BYTES, .unique_id = SPAN("id"),
		                            .tenant = SPAN("tenant"), .site = SPAN("site") };
	assert_int_equal(endpoint_read(SPAN("192.0.2.1:40000"), &engine->birth.source), RESULT_OK);
	assert_int_equal(endpoint_read(SPAN("198.51.100.1:443"), &engine->birth.destination), RESULT_OK);
}

static inline void engine_start(struct engine *engine, const char *rules)
{
	engine_begin(engine);
	engine_load(engine, rules);
}

static inline void engine_forget(struct engine *engine)
{
	if (!engine->transaction)
		return;
	waf_transaction_free(engine->transaction);
	arena_done(&engine->arena);
	engine->transaction = NULL;
}

static inline void engine_done(struct engine *engine)
{
	engine_forget(engine);
	waf_rules_free(engine->rules);
	operator_scratch_free(engine->scratch);
	reading_done(&engine->reading);
}

static inline struct span engine_fields(struct span rest, struct fields *fields)
{
	while (rest.at && rest.len) {
		struct span value = span_cut(&rest, '\n'), name;

		if (!value.len)
			break;
		name = span_cut(&value, ':');
		assert_int_equal(fields_add(fields, field_id_of(name), name, span_trim(value)), RESULT_OK);
	}
	return rest.at ? rest : SPAN("");
}

/* "POST /path?query HTTP/1.1\nHost: a\n\nbody", lines ended by LF. Returns the body. */
static inline struct span engine_head(struct engine *engine, struct span text)
{
	struct request_head *head = &engine->head;
	struct span line = span_cut(&text, '\n'), body;
	const struct field *host;

	arena_init(&engine->arena, ENGINE_BYTES, 65536);
	*head = (struct request_head){ .version = HTTP_1_1, .method_name = span_cut(&line, ' ') };
	fields_init(&head->fields, &engine->arena, 100);
	head->method = method_of(head->method_name);
	head->target = head->path = span_cut(&line, ' ');
	head->has_query = span_find(head->target, '?') < head->target.len;
	head->query = head->target;
	head->path = span_cut(&head->query, '?');
	body = engine_fields(text, &head->fields);
	host = fields_find(&head->fields, FIELD_HOST);
	head->host = host ? host->value : SPAN_NONE;
	return body;
}

static inline enum waf_answer engine_request(struct engine *engine, struct span text)
{
	struct span body;
	enum waf_answer answer;

	engine_forget(engine);
	body = engine_head(engine, text);
	engine->transaction = waf_transaction_new(&engine->birth);
	assert_non_null(engine->transaction);
	answer = waf_request_head(engine->transaction, &engine->head);
	if (answer == WAF_GO_ON)
		answer = waf_request_body(engine->transaction, body);
	return answer == WAF_GO_ON ? waf_request_body_end(engine->transaction) : answer;
}

/* "200\nContent-Type: text/html\n\nbody". */
static inline enum waf_answer engine_response(struct engine *engine, struct span text)
{
	struct response_head *response = &engine->response;
	struct span line = span_cut(&text, '\n'), body;
	enum waf_answer answer;
	uint64_t status;

	*response = (struct response_head){ .version = HTTP_1_1 };
	fields_init(&response->fields, &engine->arena, 100);
	assert_int_equal(span_to_u64(line, 999, &status), RESULT_OK);
	response->status = (unsigned)status;
	body = engine_fields(text, &response->fields);
	answer = waf_response_head(engine->transaction, response);
	if (answer == WAF_GO_ON)
		answer = waf_response_body(engine->transaction, body);
	return answer == WAF_GO_ON ? waf_response_end(engine->transaction) : answer;
}

/* The whole life of a request; RESPONSE may be NULL. */
static inline void engine_ask(struct engine *engine, const char *request, const char *response)
{
	enum waf_answer answer = engine_request(engine, span_of(request));

	if (answer == WAF_GO_ON && response)
		answer = engine_response(engine, span_of(response));
	assert_int_not_equal(answer, WAF_WAIT);
	assert_int_not_equal(waf_log(engine->transaction), WAF_WAIT);
}

/* The messages of the matches, each behind a space. */
static inline const char *engine_said(const struct engine *engine)
{
	static char said[4096];
	size_t len = 0;

	said[0] = '\0';
	for (const struct waf_match *match = waf_matches(engine->transaction); match; match = match->next) {
		len += (size_t)snprintf(said + len, sizeof(said) - len, "%s%.*s", len ? " " : "", SPAN_ARG(match->msg));
		assert_true(len < sizeof(said));
	}
	return said;
}

#define assert_said(engine, text) assert_string_equal(engine_said(engine), text)

#endif
