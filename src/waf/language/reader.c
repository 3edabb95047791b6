#include "waf/language/reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "waf/operator/regex.h"

#include "base/banned.h"

#define TEXT_MAX 1024
/* However many warnings there are, errors find room. */
#define WARNINGS_MAX (COMPLAINTS_MAX / 2)

static void say(struct reader *reader, enum complaint_kind kind, struct place place, struct span suggestion, const char *text)
{
	if (kind == COMPLAINT_ERROR)
		reader->has_failed = true;
	if (kind == COMPLAINT_WARNING && reader->complaints->count >= WARNINGS_MAX) {
		reader->complaints->dropped++;
		return;
	}
	if (reader->rule_id)
		complain(reader->complaints, kind, place, suggestion, "rule %u: %s", reader->rule_id, text);
	else
		complain(reader->complaints, kind, place, suggestion, "%s", text);
}

enum result fault(struct reader *reader, struct place place, struct span suggestion, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	say(reader, COMPLAINT_ERROR, place, suggestion, text);
	return RESULT_MALFORMED;
}

void remark(struct reader *reader, struct place place, struct span suggestion, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	say(reader, COMPLAINT_WARNING, place, suggestion, text);
}

static struct span print_in(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct span print_in(struct arena *arena, const char *format, ...)
{
	char text[TEXT_MAX + 32];
	va_list list;
	int count;

	va_start(list, format);
	count = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (count < 0 || (size_t)count >= sizeof(text))
		return SPAN_NONE;
	return arena_copy(arena, span_make(text, (size_t)count));
}

void name_rule_in(struct reader *reader, size_t count)
{
	struct complaints *complaints = reader->complaints;

	for (size_t i = count; reader->rule_id && i < complaints->count; i++) {
		struct span text = print_in(&complaints->arena, "rule %u: %.*s", reader->rule_id, SPAN_ARG(complaints->list[i].text));

		if (text.at)
			complaints->list[i].text = text;
	}
}

enum result fault_was_told(struct reader *reader, size_t count)
{
	reader->has_failed = true;
	name_rule_in(reader, count);
	return RESULT_MALFORMED;
}

struct span did_you_mean(struct reader *reader, const char *prefix, const char *name)
{
	return name ? print_in(&reader->scratch, "did you mean %s%s?", prefix, name) : SPAN_NONE;
}

enum result reader_compile(struct reader *reader, struct span pattern, bool ignores_case, struct place place,
                               struct regex **out)
{
	struct ruleset *ruleset = reader->ruleset;
	struct regex_birth birth = { &ruleset->arena, &ruleset->operator_limits, place, reader->complaints };
	struct regex **kept = bag_add(&ruleset->expressions, &ruleset->arena, sizeof(*kept));
	size_t count = reader->complaints->count;
	enum result result;

	if (!kept)
		return RESULT_NO_MEMORY;
	result = regex_compile(pattern, ignores_case ? REGEX_IGNORES_CASE : 0, &birth, kept);
	if (result == RESULT_OK)
		*out = *kept;
	else if (result != RESULT_NO_MEMORY)
		return fault_was_told(reader, count);
	return result;
}

enum result reader_ask(struct reader *reader, const struct regex *regex, struct span subject, struct place place, bool *out)
{
	enum match match;

	if (!reader->matching)
		reader->matching = operator_scratch_new();
	if (!reader->matching)
		return RESULT_NO_MEMORY;
	match = regex_match(regex, reader->matching, subject, 0, 0, NULL);
	if (match != MATCH_YES && match != MATCH_NO)
		return fault(reader, place, SPAN_NONE, "the expression takes too long on \"%.*s\"", SPAN_ARG(subject));
	*out = match == MATCH_YES;
	return RESULT_OK;
}

enum result word_items(struct reader *reader, const struct word *word, struct bag *out)
{
	struct item_fault found;
	enum result result = items_read(word->text, &reader->ruleset->arena, out, &found);

	if (result == RESULT_MALFORMED)
		return fault(reader, word_place(word, found.offset), SPAN_NONE, "%s", found.what);
	return result;
}

static enum result range_read(struct span text, struct id_range *out)
{
	struct span rest = text, first = span_trim(span_cut(&rest, '-'));
	struct span second = rest.at ? span_trim(rest) : first;
	uint64_t from, to;

	if (span_to_u64(first, INT32_MAX, &from) != RESULT_OK || span_to_u64(second, INT32_MAX, &to) != RESULT_OK || to < from)
		return RESULT_MALFORMED;
	*out = (struct id_range){ (uint32_t)from, (uint32_t)to };
	return RESULT_OK;
}

enum result id_ranges_read(struct reader *reader, struct span text, struct place place, struct bag *out)
{
	size_t at = 0;

	while (at < text.len) {
		size_t start = at;
		struct id_range range, *kept;

		while (at < text.len && text.at[at] != ',')
			at++;
		if (at++ == start)
			continue;
		if (range_read(span_make(text.at + start, at - 1 - start), &range) != RESULT_OK)
			return fault(reader, place, SPAN("a rule's number, or a range such as 941000-941999"),
			             "not an id or a range of ids: \"%.*s\"", (int)(at - 1 - start), text.at + start);
		kept = bag_add(out, &reader->ruleset->arena, sizeof(*kept));
		if (!kept)
			return RESULT_NO_MEMORY;
		*kept = range;
	}
	return out->count ? RESULT_OK : fault(reader, place, SPAN_NONE, "an id is missing");
}

bool id_ranges_have(const struct id_range *ranges, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (id >= ranges[i].from && id <= ranges[i].to)
			return true;
	}
	return false;
}
