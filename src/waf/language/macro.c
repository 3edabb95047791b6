#include "waf/language/macro.h"

#include "waf/language/targets.h"

#include "base/banned.h"

struct macro_cutter {
	struct reader *reader;
	const struct word *word;
	size_t offset;
	enum macro_use use;
	struct span text;
	struct bag pieces;
};

static size_t find_opening(struct span text, size_t from)
{
	for (; from + 1 < text.len; from++) {
		if (text.at[from] == '%' && text.at[from + 1] == '{')
			return from;
	}
	return text.len;
}

static struct place place_of(const struct macro_cutter *cutter, size_t at)
{
	return word_place(cutter->word, cutter->offset + at);
}

static enum result report(struct macro_cutter *cutter, size_t at, struct span suggestion, const char *what, struct span name)
{
	if (cutter->use == MACRO_DECIDES)
		return fault(cutter->reader, place_of(cutter, at), suggestion, "%s in %%{%.*s}", what, SPAN_ARG(name));
	remark(cutter->reader, place_of(cutter, at), suggestion, "%s in %%{%.*s}: it becomes nothing", what, SPAN_ARG(name));
	return RESULT_OK;
}

static bool needs_selector(enum variable variable)
{
	return variable_kind(variable) == VARIABLE_NAMED || variable_kind(variable) == VARIABLE_STORED;
}

static bool takes_selector(enum variable variable)
{
	return needs_selector(variable) || variable_kind(variable) == VARIABLE_COLLECTION;
}

static enum result resolve(struct macro_cutter *cutter, size_t at, struct span inner, struct macro_piece *piece)
{
	struct span rest = inner, name = span_cut(&rest, '.'), selector = SPAN_NONE;
	enum variable variable;

	if (variable_read(name, &variable, &selector) != RESULT_OK)
		return report(cutter, at, did_you_mean(cutter->reader, "", variable_suggest(name)), "unknown variable", inner);
	if (rest.at && (selector.len || !takes_selector(variable)))
		return report(cutter, at, SPAN_NONE, "a selector that the variable does not take", inner);
	if (!rest.len && needs_selector(variable))
		return report(cutter, at, SPAN_NONE, "no selector, which the variable needs,", inner);
	piece->has_reference = true;
	piece->variable = variable;
	piece->selector = rest.len ? rest : selector;
	if (variable == VARIABLE_TX)
		return names_number(&cutter->reader->ruleset->names, &cutter->reader->ruleset->arena, piece->selector, &piece->slot);
	return RESULT_OK;
}

static enum result add_piece(struct macro_cutter *cutter, struct macro_piece piece)
{
	struct macro_piece *kept = bag_add(&cutter->pieces, &cutter->reader->scratch, sizeof(*kept));

	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = piece;
	return RESULT_OK;
}

static enum result cut(struct macro_cutter *cutter)
{
	size_t at = 0, opening;
	enum result result = RESULT_OK;

	while ((opening = find_opening(cutter->text, at)) < cutter->text.len) {
		struct span rest = span_skip(cutter->text, opening + 2);
		size_t inner = span_find(rest, '}');
		struct macro_piece piece = { .text = span_make(cutter->text.at + at, opening - at) };

		if (inner == rest.len)
			break;
		result = worse(result, resolve(cutter, opening, span_take(rest, inner), &piece));
		if (result != RESULT_NO_MEMORY)
			result = worse(result, add_piece(cutter, piece));
		if (result == RESULT_NO_MEMORY)
			return result;
		at = opening + 2 + inner + 1;
	}
	if (at && at < cutter->text.len)
		result = worse(result, add_piece(cutter, (struct macro_piece){ .text = span_skip(cutter->text, at) }));
	return result;
}

enum result macro_read(struct reader *reader, const struct word *word, struct span text, size_t offset, enum macro_use use,
                       struct macro *out)
{
	struct macro_cutter cutter = { reader, word, offset, use, text, { 0 } };
	enum result result = cut(&cutter);

	if (result != RESULT_OK)
		return result;
	*out = (struct macro){ .text = text };
	if (cutter.pieces.count) {
		out->pieces = bag_copy(&cutter.pieces, &reader->ruleset->arena, sizeof(struct macro_piece));
		out->count = (unsigned)cutter.pieces.count;
		if (!out->pieces)
			return RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}
