/* @rx and @rxGlobal. */
#include "waf/operator/parts.h"
#include "waf/operator/scratch.h"

#include "base/banned.h"

#define EXPANDED_MAX_BYTES (16 * 1024)

static enum result compile(struct operator *operator, unsigned flags, const struct operator_birth *birth)
{
	const struct regex_birth regex_birth = { birth->arena, birth->limits, birth->place, birth->complaints };

	return regex_compile(operator->parameter, flags, &regex_birth, &operator->regex);
}

enum result operator_rx_compile(struct operator *operator, const struct operator_birth *birth)
{
	return operator->has_macro ? RESULT_OK : compile(operator, 0, birth);
}

enum result operator_lines_compile(struct operator *operator, const struct operator_birth *birth)
{
	return compile(operator, REGEX_LINES, birth);
}

/* What 2.9.7 does to a pattern with macros once they are expanded, the rule's own text included: these characters stand for
 * themselves (and * { } ^ $ | do not). So a value from the request cannot add a group or a class to the rule. */
static struct span pattern_escape(struct arena *arena, struct span pattern)
{
	char *out = arena_take(arena, 2 * pattern.len);
	size_t len = 0;

	if (!out)
		return SPAN_NONE;
	for (size_t i = 0; i < pattern.len; i++) {
		if (span_find(SPAN("\\+.?()[]"), pattern.at[i]) < 8)
			out[len++] = '\\';
		out[len++] = pattern.at[i];
	}
	return span_make(out, len);
}

/* The expression that call and operator make; RESULT_MALFORMED: it is none, and nothing matches it. */
static enum result expression_of(const struct operator *operator, const struct operator_call *call, const struct regex **out)
{
	struct regex *regex = NULL;
	struct span pattern;
	enum result result;

	if (operator->regex) {
		*out = operator->regex;
		return RESULT_OK;
	}
	if (call->parameter.len > EXPANDED_MAX_BYTES)
		return RESULT_LIMIT;
	pattern = pattern_escape(call->arena, call->parameter);
	if (!pattern.at)
		return RESULT_NO_MEMORY;
	result = scratch_regex(call->scratch, pattern, &operator->limits, &regex);
	if (result == RESULT_OK)
		*out = regex;
	return result;
}

enum match operator_rx_match(const struct operator *operator, const struct operator_call *call, struct span value,
                             struct captures *captures)
{
	const struct regex *regex = NULL;
	enum result result = expression_of(operator, call, &regex);

	if (result == RESULT_OK)
		return regex_match(regex, call->scratch, value, 0, 0, captures);
	return result == RESULT_MALFORMED ? MATCH_NO : MATCH_LIMIT;
}

/* As many groups of MORE as there is room for. */
static void captures_add(struct captures *captures, const struct captures *more)
{
	for (unsigned i = 0; i < more->count && captures->count < CAPTURES_MAX; i++)
		captures->list[captures->count++] = more->list[i];
}

/* The groups of every match, one after the other; empty matches count only where the first one is. */
enum match operator_rx_match_global(const struct operator *operator, const struct operator_call *call, struct span value,
                                    struct captures *captures)
{
	const struct regex *regex = NULL;
	enum result result = expression_of(operator, call, &regex);
	struct captures more;
	enum match match;

	if (result != RESULT_OK)
		return result == RESULT_MALFORMED ? MATCH_NO : MATCH_LIMIT;
	match = regex_match(regex, call->scratch, value, 0, 0, captures);
	more = *captures;
	while (match == MATCH_YES && captures->count < CAPTURES_MAX && value.len) {
		size_t offset = (size_t)(more.list[0].at - value.at) + more.list[0].len;

		/* Running into a limit here takes nothing back: what was found stands. */
		if (regex_match(regex, call->scratch, value, offset, REGEX_NOT_EMPTY, &more) != MATCH_YES)
			break;
		captures_add(captures, &more);
	}
	return match;
}
