/* The notation of phrases: what is read is never longer than what was written, holds no NUL, and is no comment. */
#include <assert.h>

#include "waf/operator/phrase_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size), phrase;
	struct phrase_list words = { 0 }, lines = { 0 };
	struct complaints complaints;
	struct arena arena;

	complaints_init(&complaints);
	arena_init(&arena, 64 << 20, 4096);
	if (phrase_decode(input, &arena, &phrase) == RESULT_OK)
		assert(phrase.len <= size && span_find(phrase, '\0') == phrase.len);
	assert(phrase_words_read(input, &words) == RESULT_OK);
	for (size_t i = 0; i < words.count; i++)
		assert(words.list[i].len && span_trim(words.list[i]).len == words.list[i].len && span_find(words.list[i], '\n') == words.list[i].len);
	assert(phrase_lines_read(input, SPAN("f"), &arena, &complaints, &lines) == RESULT_OK);
	for (size_t i = 0; i < lines.count; i++)
		assert(lines.list[i].len > 1 && lines.list[i].at[0] != '#' && span_trim(lines.list[i]).len == lines.list[i].len);
	phrase_list_done(&words);
	phrase_list_done(&lines);
	arena_done(&arena);
	complaints_done(&complaints);
	return 0;
}
