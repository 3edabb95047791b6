/* Any phrases, any value: the scanner says what a plain search says. Input: phrases, each ended by a newline, an empty one
 * ends them; the rest is the value. Phrase N is of entry N % 70. */
#include <assert.h>
#include <stdlib.h>

#include "waf/prefilter/scanner.h"

#define PHRASES_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span value = span_make((const char *)data, size), texts[PHRASES_MAX];
	struct scanner_entry entries[PHRASES_MAX];
	uint64_t hits[2] = { 0 }, expected[2] = { 0 };
	struct byte_set bytes, all = { 0 };
	struct scanner *scanner;
	struct arena arena;
	size_t count = 0;
	char *lower;

	for (; value.len && count < PHRASES_MAX && (texts[count] = span_cut(&value, '\n')).len; count++)
		entries[count] = (struct scanner_entry){ count % 70, { &texts[count], 1 } };
	arena_init(&arena, 16 << 20, 65536);
	lower = malloc(value.len + 1);
	for (size_t i = 0; i < value.len; i++)
		lower[i] = ascii_lower(value.at[i]);
	if (scanner_new(&arena, entries, count, &scanner) == RESULT_OK) {
		for (size_t i = 0; i < count; i++)
			if (span_contains(span_make(lower, value.len), texts[i]))
				expected[i % 70 / 64] |= (uint64_t)1 << i % 70 % 64;
		scanner_scan(scanner, value, &bytes, hits);
		byte_set_add_span(&all, value);
		assert(memcmp(hits, expected, sizeof(hits)) == 0 && memcmp(&all, &bytes, sizeof(all)) == 0);
	}
	free(lower);
	arena_done(&arena);
	return 0;
}
