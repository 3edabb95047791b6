#include "waf/operator/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <assert.h>
#include <pcre2.h>

#include "waf/operator/scratch.h"

#include "base/banned.h"

#define NEAR_BYTES 24

static void complain_of(const struct regex_birth *birth, struct span pattern, int error, size_t offset)
{
	unsigned char text[256] = "";
	struct span near = span_take(span_skip(pattern, offset), NEAR_BYTES);

	if (!birth->complaints)
		return;
	pcre2_get_error_message(error, text, sizeof(text));
	if (near.len)
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "the expression is broken at its byte %zu: %s, before \"%.*s\"",
		         offset + 1, (const char *)text, SPAN_ARG(near));
	else
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "the expression is broken at its end: %s", (const char *)text);
}

static bool is_utf(const pcre2_code *code)
{
	uint32_t options = 0;

	return pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) == 0 && (options & PCRE2_UTF);
}

static bool has_machine_code(const pcre2_code *code)
{
	size_t size = 0;

	return pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size;
}

/* A pattern that asks for UTF-8 with (*UTF) is compiled again to bear bytes that are none: they match nothing, and what stands
 * between them is still looked at. Otherwise one such byte would hide a value from its rule. */
static pcre2_code *compile(struct span pattern, uint32_t options, int *error, size_t *offset)
{
	const unsigned char *at = (const unsigned char *)(pattern.at ? pattern.at : "");
	pcre2_code *code = pcre2_compile(at, pattern.len, options, error, offset, NULL);

	if (!code || !is_utf(code))
		return code;
	pcre2_code_free(code);
	return pcre2_compile(at, pattern.len, options | PCRE2_MATCH_INVALID_UTF, error, offset, NULL);
}

enum result regex_init(struct regex *regex, struct span pattern, unsigned flags, const struct regex_birth *birth)
{
	uint32_t options = PCRE2_DOTALL;
	int error = 0;
	size_t offset = 0;

	options |= flags & REGEX_LINES ? PCRE2_MULTILINE : PCRE2_DOLLAR_ENDONLY;
	if (flags & REGEX_IGNORES_CASE)
		options |= PCRE2_CASELESS;
	*regex = (struct regex){ .limits = birth->limits ? *birth->limits : (struct operator_limits){ 0 } };
	regex->code = compile(pattern, options, &error, &offset);
	if (!regex->code && error == PCRE2_ERROR_HEAP_FAILED)
		return RESULT_NO_MEMORY;
	if (!regex->code) {
		complain_of(birth, pattern, error, offset);
		return RESULT_MALFORMED;
	}
	/* Where the processor, or a sandbox without executable memory, allows no JIT, PCRE2 interprets: slower, the same answers. */
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	regex->is_whole = span_equal(pattern, SPAN("^.*$")) && !(flags & REGEX_LINES);
	regex->is_direct = has_machine_code(regex->code) && !is_utf(regex->code);
	return RESULT_OK;
}

enum result regex_compile(struct span pattern, unsigned flags, const struct regex_birth *birth, struct regex **out)
{
	struct regex *regex = arena_new(birth->arena, struct regex);
	enum result result;

	if (!regex)
		return RESULT_NO_MEMORY;
	result = regex_init(regex, pattern, flags, birth);
	if (result == RESULT_OK)
		*out = regex;
	return result;
}

void regex_done(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	regex->code = NULL;
}

/* Groups that took no part come out empty; so does one that \K put before its own start. */
static void take_captures(struct span subject, const size_t *vector, unsigned count, struct captures *captures)
{
	captures->count = count;
	for (unsigned i = 0; i < count; i++) {
		size_t start = vector[2 * i], end = vector[2 * i + 1];
		bool is_set = start != PCRE2_UNSET && start <= end;

		captures->list[i] = is_set ? span_make(subject.at + start, end - start) : span_make(subject.at, 0);
	}
}

static enum match judge_failure(int code)
{
	switch (code) {
	case PCRE2_ERROR_NOMATCH:
		return MATCH_NO;
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return MATCH_LIMIT;
	default:
		return MATCH_BROKEN;
	}
}

/* PCRE2's answer: the number of groups, or an error. Calling the machine code directly halves the cost of most questions. */
static int ask(const struct regex *regex, struct operator_scratch *scratch, struct span subject, size_t offset, uint32_t options)
{
	const unsigned char *at = (const unsigned char *)subject.at;
	int code;

	if (regex->is_direct)
		code = pcre2_jit_match(regex->code, at, subject.len, offset, options, scratch->data, scratch->context);
	else
		code = pcre2_match(regex->code, at, subject.len, offset, options, scratch->data, scratch->context);
	if (code == PCRE2_ERROR_JIT_STACKLIMIT)
		code = pcre2_match(regex->code, at, subject.len, offset, options | PCRE2_NO_JIT, scratch->data, scratch->context);
	return code;
}

/* "^.*$", as CRS writes where it wants a value and no condition: PCRE2_DOTALL, and $ is the very end. */
static enum match whole(struct span subject, struct captures *captures)
{
	if (captures) {
		captures->count = 1;
		captures->list[0] = subject;
	}
	return MATCH_YES;
}

enum match regex_match(const struct regex *regex, struct operator_scratch *scratch, struct span subject, size_t offset,
                       unsigned flags, struct captures *captures)
{
	int code;

	if (captures)
		captures->count = 0;
	if (!subject.at)
		subject = SPAN("");
	assert(offset <= subject.len);
	if (regex->is_whole && !offset && !flags)
		return whole(subject, captures);
	scratch_limit(scratch, &regex->limits);
	code = ask(regex, scratch, subject, offset, flags & REGEX_NOT_EMPTY ? PCRE2_NOTEMPTY : 0);
	if (code < 0)
		return judge_failure(code);
	if (captures)  /* 0: there were more groups than CAPTURES_MAX */
		take_captures(subject, pcre2_get_ovector_pointer(scratch->data), code ? (unsigned)code : CAPTURES_MAX, captures);
	return MATCH_YES;
}
