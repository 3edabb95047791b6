#include "hub/api/ask/cursor.h"

#include <stdio.h>

#include "base/banned.h"

#define DIGITS 16u

void cursor_write(enum cursor_kind kind, struct cursor cursor, char out[CURSOR_LEN + 1])
{
	snprintf(out, CURSOR_LEN + 1, "%c%016llx-%016llx", (char)kind, (unsigned long long)cursor.sort, (unsigned long long)cursor.key);
}

/* Lower-case digits only: a place has one way to be written. */
static bool read_number(struct span text, uint64_t *out)
{
	uint64_t number = 0;

	for (size_t i = 0; i < DIGITS; i++) {
		char c = text.at[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
		number = number << 4 | (uint64_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*out = number;
	return true;
}

enum result cursor_read(enum cursor_kind kind, struct span text, struct cursor *out)
{
	struct cursor cursor;

	if (text.len != CURSOR_LEN || text.at[0] != (char)kind || text.at[1 + DIGITS] != '-')
		return RESULT_MALFORMED;
	if (!read_number(span_skip(text, 1), &cursor.sort) || !read_number(span_skip(text, 2 + DIGITS), &cursor.key))
		return RESULT_MALFORMED;
	*out = cursor;
	return RESULT_OK;
}
