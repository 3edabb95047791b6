/* @pm, @pmFromFile and @strmatch. */
#include "waf/operator/parts.h"
#include "waf/operator/phrase_text.h"
#include "waf/operator/port_file.h"

#include "base/banned.h"

static enum result make_set(struct operator *operator, const struct operator_birth *birth, const struct phrase_list *list)
{
	struct phrase_set *set = NULL;
	enum result result;

	if (!list->count) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "@%s has no phrase to look for",
		         operator_name(operator->id));
		return RESULT_MALFORMED;
	}
	result = phrase_set_new(birth->arena, list->list, list->count, &set);
	if (result == RESULT_LIMIT)
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "the phrases are longer than %d MiB",
		         PHRASES_MAX_BYTES / (1024 * 1024));
	operator->phrases = set;
	return result;
}

/* What the parameter cannot mean in that notation, 2.9.7 takes as it stands. */
enum result operator_words_compile(struct operator *operator, const struct operator_birth *birth)
{
	struct phrase_list list = { 0 };
	struct span text = operator->parameter;
	enum result result = phrase_decode(operator->parameter, birth->arena, &text);

	if (result != RESULT_NO_MEMORY)
		result = phrase_words_read(text, &list);
	if (result == RESULT_OK)
		result = make_set(operator, birth, &list);
	phrase_list_done(&list);
	return result;
}

enum result operator_word_files_compile(struct operator *operator, const struct operator_birth *birth)
{
	struct phrase_list files = { 0 }, list = { 0 };
	enum result result = phrase_words_read(operator->parameter, &files);

	for (size_t i = 0; i < files.count && result == RESULT_OK; i++) {
		struct span text = SPAN_NONE;

		result = port_file_read(birth, files.list[i], &text);
		if (result == RESULT_OK)
			result = phrase_lines_read(text, files.list[i], birth->arena, birth->complaints, &list);
	}
	if (result == RESULT_OK)
		result = make_set(operator, birth, &list);
	phrase_list_done(&list);
	phrase_list_done(&files);
	return result;
}

enum match operator_words_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                struct captures *captures)
{
	struct span found;

	(void)call;
	if (!phrase_set_find(operator->phrases, value, &found))
		return MATCH_NO;
	return captured(captures, found);
}

enum result operator_one_word_compile(struct operator *operator, const struct operator_birth *birth)
{
	struct span text;
	enum result result = phrase_decode(operator->parameter, birth->arena, &text);

	if (result == RESULT_MALFORMED || (result == RESULT_OK && !text.len)) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN("a \\ may stand before : ; \\ and \""),
		         "@strmatch has no phrase, or a \\ where none may be");
		return RESULT_MALFORMED;
	}
	if (result == RESULT_OK)
		operator->text = arena_copy(birth->arena, text);
	return result == RESULT_OK && !operator->text.at ? RESULT_NO_MEMORY : result;
}

enum match operator_one_word_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                   struct captures *captures)
{
	(void)call;
	(void)captures;
	return match_if(span_contains(value, operator->text));
}
