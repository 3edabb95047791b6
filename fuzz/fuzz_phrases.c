/* Phrases (lines up to an empty one) in a value (the rest): as a search for each of them finds them. */
#include <assert.h>

#include "waf/operator/phrases.h"

#define COUNT_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where PHRASE first ends in VALUE; SIZE_MAX: nowhere. */
static size_t naive_end(struct span phrase, struct span value)
{
	for (size_t end = phrase.len; end <= value.len; end++) {
		if (span_equal_nocase(span_make(value.at + end - phrase.len, phrase.len), phrase))
			return end;
	}
	return SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size), list[COUNT_MAX], found = SPAN_NONE;
	size_t count = 0, best = SIZE_MAX, len = 0;
	struct phrase_set *set;
	struct arena arena;

	while (count < COUNT_MAX && rest.len && rest.at[0] != '\n')
		list[count++] = span_cut(&rest, '\n');
	for (size_t i = 0; i < count; i++) {
		size_t end = naive_end(list[i], rest);

		if (end < best || (end == best && list[i].len > len))
			best = end, len = list[i].len;
	}
	arena_init(&arena, 64 << 20, 4096);
	assert(phrase_set_new(&arena, list, count, &set) == RESULT_OK);
	assert(phrase_set_find(set, rest, &found) == (best != SIZE_MAX));
	assert(best == SIZE_MAX || (found.len == len && span_equal_nocase(found, span_make(rest.at + best - len, len))));
	arena_done(&arena);
	return 0;
}
