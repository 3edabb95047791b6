/* Stand-ins for transformations, operators and expressions, so that the language is tested by itself: they know all names, and
 * an expression is wrong when its brackets do not match. What they answer never depends on another part of the room. */
#ifndef BOUCLIER_TESTS_FAKE_PARTS_H
#define BOUCLIER_TESTS_FAKE_PARTS_H

#include <regex.h>
#include <stdlib.h>

#include "waf/language/ruleset.h"
#include "waf/nearest.h"

static const char *const fake_transforms[] = {
#define X(id, name) name,
	TRANSFORM_LIST(X)
#undef X
};

static const char *const fake_operators[] = {
#define X(id, name) name,
	OPERATOR_LIST(X)
#undef X
};

static inline const char *fake_transform_at(size_t index)
{
	return fake_transforms[index];
}

static inline const char *fake_operator_at(size_t index)
{
	return fake_operators[index];
}

enum result transform_find(struct span name, enum transform *out)
{
	if (span_equal_nocase(name, SPAN("normalisePath")))
		name = SPAN("normalizePath");
	for (size_t i = 0; i < TRANSFORM_COUNT; i++) {
		if (span_equal_nocase(name, span_of(fake_transforms[i]))) {
			*out = (enum transform)i;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

const char *transform_suggest(struct span name)
{
	return nearest_name(name, fake_transform_at, TRANSFORM_COUNT);
}

enum result operator_find(struct span name, enum operator_id *out)
{
	for (size_t i = 0; i < OPERATOR_COUNT; i++) {
		if (span_equal_nocase(name, span_of(fake_operators[i]))) {
			*out = (enum operator_id)i;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

const char *operator_suggest(struct span name)
{
	return nearest_name(name, fake_operator_at, OPERATOR_COUNT);
}

const char *operator_refusal(struct span name)
{
	return span_equal_nocase(name, SPAN("fuzzyHash")) || span_equal_nocase(name, SPAN("gsbLookup")) ? "others do this better" : NULL;
}

struct operator {
	enum operator_id id;
};

struct regex {
	struct span pattern;
	void *code;
	bool ignores_case;
};

/* Operators and expressions that are there: none may be left when a load is over. */
static int fake_alive;

static inline bool fake_brackets_match(struct span pattern)
{
	int depth = 0;

	for (size_t i = 0; i < pattern.len && depth >= 0; i++) {
		if (pattern.at[i] == '\\')
			i++;
		else if (pattern.at[i] == '[')
			while (i < pattern.len && pattern.at[i] != ']')
				i += pattern.at[i] == '\\' ? 2 : 1;
		else
			depth += (pattern.at[i] == '(') - (pattern.at[i] == ')');
	}
	return depth == 0;
}

enum result operator_compile(enum operator_id id, struct span parameter, bool has_macro, const struct operator_birth *birth,
                             struct operator **out)
{
	struct operator *operator;

	if (id == OPERATOR_RX && !has_macro && !fake_brackets_match(parameter)) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "brackets do not match");
		return RESULT_MALFORMED;
	}
	operator = malloc(sizeof(*operator));
	if (!operator)
		return RESULT_NO_MEMORY;
	operator->id = id;
	fake_alive++;
	*out = operator;
	return RESULT_OK;
}

void operator_done(struct operator *operator)
{
	fake_alive--;
	free(operator);
}

static inline enum result fake_regex_compile(void *context, struct span pattern, bool ignores_case, const struct operator_birth *birth,
                                             struct regex **out)
{
	struct regex *regex;
	char text[512];

	(void)context;
	if (!fake_brackets_match(pattern)) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "brackets do not match");
		return RESULT_MALFORMED;
	}
	regex = calloc(1, sizeof(*regex));
	if (!regex)
		return RESULT_NO_MEMORY;
	*regex = (struct regex){ .pattern = pattern, .ignores_case = ignores_case, .code = malloc(sizeof(regex_t)) };
	if (!regex->code || span_to_text(pattern, text, sizeof(text)) != RESULT_OK ||
	    regcomp(regex->code, text, REG_EXTENDED | REG_NOSUB | (ignores_case ? REG_ICASE : 0))) {
		free(regex->code);
		regex->code = NULL;
	}
	fake_alive++;
	*out = regex;
	return RESULT_OK;
}

static inline void fake_regex_done(struct regex *regex)
{
	if (regex->code)
		regfree(regex->code);
	free(regex->code);
	free(regex);
	fake_alive--;
}

static inline bool fake_regex_matches(void *context, const struct regex *regex, struct span subject)
{
	char text[512];

	(void)context;
	return regex->code && span_to_text(subject, text, sizeof(text)) == RESULT_OK && regexec(regex->code, text, 0, NULL, 0) == 0;
}

#endif
