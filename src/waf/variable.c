#include "waf/variable.h"

#include <assert.h>

#include "waf/nearest.h"

#include "base/banned.h"

static const struct {
	struct span name;
	enum variable_kind kind;
} table[VARIABLE_COUNT] = {
#define X(id, text, sort) [VARIABLE_##id] = { SPAN_INIT(text), VARIABLE_##sort },
	VARIABLE_LIST(X)
#undef X
};

static const struct {
	struct span name;
	enum variable variable;
} aliases[] = {
	{ SPAN_INIT("REQBODY_PROCESSOR_ERROR"), VARIABLE_REQBODY_ERROR },
	{ SPAN_INIT("REQBODY_PROCESSOR_ERROR_MSG"), VARIABLE_REQBODY_ERROR_MSG },
};

enum result variable_find(struct span name, enum variable *out)
{
	for (size_t i = 0; i < VARIABLE_COUNT; i++) {
		if (span_equal_nocase(name, table[i].name)) {
			*out = (enum variable)i;
			return RESULT_OK;
		}
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (span_equal_nocase(name, aliases[i].name)) {
			*out = aliases[i].variable;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

const char *variable_name(enum variable variable)
{
	assert(variable < VARIABLE_COUNT);
	return table[variable].name.at;
}

enum variable_kind variable_kind(enum variable variable)
{
	assert(variable < VARIABLE_COUNT);
	return table[variable].kind;
}

static const char *name_at(size_t index)
{
	return table[index].name.at;
}

const char *variable_suggest(struct span name)
{
	return nearest_name(name, name_at, VARIABLE_COUNT);
}
