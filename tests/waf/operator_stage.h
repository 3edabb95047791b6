/* What the operators' tests share: a rule set's arena, complaints, ports with files in memory, one question in one line. */
#ifndef BOUCLIER_TESTS_WAF_OPERATOR_STAGE_H
#define BOUCLIER_TESTS_WAF_OPERATOR_STAGE_H

#include "../base/check.h"

#include "base/buffer.h"
#include "waf/operator/operator.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct stage_file {
	struct span path, text;
};

struct stage {
	struct arena arena, request;
	struct complaints complaints;
	struct operator_ports ports;
	struct operator_limits limits;
	struct operator_birth birth;
	struct operator_scratch *scratch;
	const struct stage_file *files;
	size_t file_count;
	struct captures captures;    /* of the last question */
};

static inline enum result stage_file_read(void *context, struct span rule_file, struct span path, struct span *text)
{
	struct stage *stage = context;

	assert_span(rule_file, "rules/a.conf");
	for (size_t i = 0; i < stage->file_count; i++) {
		if (span_equal(stage->files[i].path, path)) {
			*text = stage->files[i].text;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

static inline void stage_init(struct stage *stage)
{
	*stage = (struct stage){ .limits = { 100000, 100000 } };
	arena_init(&stage->arena, 64 * 1024 * 1024, 4096);
	arena_init(&stage->request, 64 * 1024 * 1024, 4096);
	complaints_init(&stage->complaints);
	stage->ports = (struct operator_ports){ .context = stage, .file_read = stage_file_read };
	stage->birth = (struct operator_birth){ .arena = &stage->arena, .ports = &stage->ports, .limits = &stage->limits,
		                                .place = { SPAN("rules/a.conf"), 7, 3 }, .rule_file = SPAN("rules/a.conf"),
		                                .complaints = &stage->complaints };
	stage->scratch = operator_scratch_new();
	assert_non_null(stage->scratch);
}

static inline void stage_done(struct stage *stage)
{
	operator_scratch_free(stage->scratch);
	complaints_done(&stage->complaints);
	arena_done(&stage->request);
	arena_done(&stage->arena);
}

/* VALUE lies in memory of its exact size, so that reading one byte too many is seen. */
static inline enum match stage_match(struct stage *stage, const struct operator *operator, struct span expanded, struct span value)
{
	struct operator_call call = { .scratch = stage->scratch, .arena = &stage->request, .parameter = expanded, .variable = SPAN("ARGS:v") };
	struct span copy = SPAN_NONE;

	if (value.len) {
		char *bytes = arena_take(&stage->request, value.len);

		assert_non_null(bytes);
		memcpy(bytes, value.at, value.len);
		copy = span_make(bytes, value.len);
	}
	return operator_match(operator, &call, copy, &stage->captures);
}

/* Compiles and asks once; a compiled operator is freed again. -1: it does not compile. */
static inline int stage_ask(struct stage *stage, enum operator_id id, struct span parameter, struct span value)
{
	struct operator *operator = NULL;
	enum match match;

	if (operator_compile(id, parameter, false, &stage->birth, &operator) != RESULT_OK)
		return -1;
	match = stage_match(stage, operator, SPAN("not this"), value);
	operator_done(operator);
	return (int)match;
}

/* The one complaint so far, which is then forgotten. */
static inline void stage_complained(struct stage *stage, const char *part)
{
	struct buffer text;

	buffer_init(&text, 65536);
	assert_ok(complaints_write(&stage->complaints, &text));
	if (!span_contains(buffer_span(&text), span_of(part)))
		print_error("no \"%s\" in: %.*s", part, SPAN_ARG(buffer_span(&text)));
	assert_true(span_contains(buffer_span(&text), span_of(part)));
	assert_int_equal(stage->complaints.count, 1);
	buffer_done(&text);
	complaints_done(&stage->complaints);
	complaints_init(&stage->complaints);
}

#endif
