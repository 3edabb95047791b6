#include "waf/transform/transform.h"

#include "base/suggest.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

/* Other spellings that 2.9.7 takes. */
static const struct alias {
	const char *name;
	enum transform transform;
} aliases[] = {
	{ "normalisePath", TRANSFORM_NORMALIZE_PATH },
	{ "normalisePathWin", TRANSFORM_NORMALIZE_PATH_WIN },
};

enum result transform_find(struct span name, enum transform *out)
{
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++)
		if (span_equal_nocase(name, span_of(transform_names[i]))) {
			*out = (enum transform)i;
			return RESULT_OK;
		}
	for (unsigned i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (span_equal_nocase(name, span_of(aliases[i].name))) {
			*out = aliases[i].transform;
			return RESULT_OK;
		}
	return RESULT_NOT_FOUND;
}

const char *transform_name(enum transform transform)
{
	return transform_names[transform];
}

const char *transform_suggest(struct span name)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++)
		suggestion_offer(&suggestion, span_of(transform_names[i]));
	return suggestion.best.at;
}

const struct byte_set *transform_touches(enum transform transform)
{
	return transform_table[transform].touches;
}

enum result transform_apply(enum transform transform, struct span in, struct arena *arena, struct span *out)
{
	const struct transform_row *row = &transform_table[transform];

	if (!in.len && row->touches) {
		*out = in;
		return RESULT_OK;
	}
	return row->apply(in, arena, out);
}
