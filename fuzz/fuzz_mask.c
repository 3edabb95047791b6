/* A target, a newline, what matched there: what is kept stays within its room and shows no long number; of a secret, nothing. */
#include <assert.h>

#include "event/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t longest_number(struct span text)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = is_digit(text.at[i]) ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size }, target = span_cut(&text, '\n'), kept;
	char first[MASK_TEXT_MAX], second[MASK_TEXT_MAX];
	bool is_whole;

	kept = mask_match(text, first);
	assert(kept.len <= MASK_TEXT_MAX && longest_number(kept) < 11);
	assert(mask_match(kept, second).len <= MASK_TEXT_MAX);
	kept = mask_target(target, text.len, first, &is_whole);
	assert(kept.len <= MASK_TEXT_MAX && (!is_whole || span_equal(kept, span_take(target, MASK_TEXT_MAX))));
	if (mask_keeps(target))
		assert(!mask_is_secret(span_skip(target, span_find(target, ':') + 1)) || span_starts_nocase(target, SPAN("REQUEST_")));
	return 0;
}
