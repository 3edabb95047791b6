/* Whatever a request and an answer say, they are read to their ends: a visitor is always one of his own kind, and so is whoever asks in the words of that
 * kind; a secret is not hidden by what stands behind it, and the same answer is the same. Lines of the input: query, Accept-Language, Accept, User-Agent, Vary, Cache-Control. */
#include <assert.h>

#include "cache/likeness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum field_id ids[] = { FIELD_ACCEPT_LANGUAGE, FIELD_ACCEPT, FIELD_USER_AGENT, FIELD_VARY, FIELD_CACHE_CONTROL };
	struct span rest = span_make((const char *)data, size), query = span_cut(&rest, '\n');
	struct response_head answer = { .status = 200 };
	struct hash_stream one, two;
	struct address source = { { 0 } };
	struct visitor_kind kind, again;
	char text[LIKENESS_LANGUAGE_MAX];
	struct kind_words words;
	struct field list[5], said[3];
	struct fields asked = { .list = said, .count = 3, .size = 3, .max = 3 };

	for (unsigned i = 0; i < 5; i++)
		list[i] = (struct field){ field_name(ids[i]), span_trim(span_cut(&rest, '\n')), ids[i] };
	answer.fields = (struct fields){ .list = list, .count = 5, .size = 5, .max = 5 };
	kind = likeness_kind(&answer.fields, &source);
	assert(likeness_equals(&kind, &kind));
	likeness_words(&answer.fields, &kind, text, &words);
	said[0] = (struct field){ field_name(FIELD_ACCEPT_LANGUAGE), words.language, FIELD_ACCEPT_LANGUAGE };
	said[1] = (struct field){ field_name(FIELD_ACCEPT), words.accept, FIELD_ACCEPT };
	said[2] = (struct field){ field_name(FIELD_USER_AGENT), words.agent, FIELD_USER_AGENT };
	again = likeness_kind(&asked, &source);
	answer.fields.count = 3;  /* as a request says them */
	assert(likeness_is_plain(&asked) && (!likeness_is_plain(&answer.fields) || likeness_equals(&kind, &again)));
	answer.fields.count = 5;
	for (size_t i = 0; i < query.len && i <= LIKENESS_QUERY_MAX; i++)
		assert(!likeness_has_secret(SPAN_NONE, span_take(query, i)) || likeness_has_secret(SPAN_NONE, query));
	(void)likeness_has_secret(query, SPAN_NONE);
	assert(likeness_judge(&answer) == WORD_FIT || likeness_judge(&answer) == WORD_UNFIT);
	hash_stream_begin(&one, (struct hash_seed){ 1, 2 });
	hash_stream_begin(&two, (struct hash_seed){ 1, 2 });
	likeness_add_head(&one, &answer);
	likeness_add_head(&two, &answer);
	assert(hash_stream_get(&one) == hash_stream_get(&two));
	return 0;
}
