/* One pair of a query: what is written of it is short, safe in JSON, no long number, and of its value only how long it was. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "event/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_length(struct span text, size_t length)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "*%zu", length);
	return span_equal(text, span_of(wanted));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span pair = { (const char *)data, size }, value = pair, name = span_cut(&value, '='), kept, length;
	char out[MASK_TEXT_MAX];
	size_t digits = 0;

	kept = length = mask_pair(pair, out);
	assert(kept.len <= MASK_TEXT_MAX && (kept.len == 0) == (size == 0));
	for (size_t i = 0; i < kept.len; i++)
		assert(kept.at[i] > ' ' && kept.at[i] <= '~' && kept.at[i] != '"' && kept.at[i] != '\\');
	kept = span_cut(&length, '=');
	if (!length.at) {  /* no pair: nothing of it */
		assert(!size || is_length(kept, size));
		return 0;
	}
	assert(is_length(length, value.len) && (span_equal(kept, name) || is_length(kept, name.len)));
	for (size_t i = 0; i < kept.len && kept.at[0] != '*'; i++)
		digits += is_digit(kept.at[i]) && (i < 1 || kept.at[i - 1] != '%') && (i < 2 || kept.at[i - 2] != '%');
	assert(digits < 7);
	return 0;
}
