#include "waf/collection_inner.h"

#include "base/banned.h"

/* As atoi, but what is beyond MAX is MAX. */
static int64_t number_of(struct span text, int64_t max)
{
	int64_t value = 0;
	bool is_negative = false;

	text = span_trim(text);
	if (text.len && (text.at[0] == '-' || text.at[0] == '+')) {
		is_negative = text.at[0] == '-';
		text = span_skip(text, 1);
	}
	for (size_t i = 0; i < text.len && is_digit(text.at[i]) && value <= max; i++)
		value = value * 10 + (text.at[i] - '0');
	value = value > max ? max : value;
	return is_negative ? -value : value;
}

int64_t integer_of(struct span text)
{
	return number_of(text, INT32_MAX);
}

int64_t stored_time(struct span text)
{
	return number_of(text, (int64_t)1 << 50);
}

bool pieces_next(struct pieces *pieces)
{
	const unsigned char *at = (const unsigned char *)pieces->rest.at;
	size_t name, value;

	if (pieces->rest.len < 4)
		return false;
	name = (size_t)at[0] << 8 | at[1];
	value = (size_t)at[2] << 8 | at[3];
	if (pieces->rest.len < 4 + name + value)
		return false;
	pieces->name = span_make(pieces->rest.at + 4, name);
	pieces->value = span_make(pieces->rest.at + 4 + name, value);
	pieces->rest = span_skip(pieces->rest, 4 + name + value);
	return true;
}

bool stored_find(struct span stored, struct span name, struct span *value)
{
	struct pieces pieces = { .rest = stored };

	while (pieces_next(&pieces)) {
		if (span_equal_nocase(pieces.name, name)) {
			*value = pieces.value;
			return true;
		}
	}
	return false;
}

static bool is_over(struct span until, uint64_t now_s)
{
	return stored_time(until) <= (int64_t)now_s;
}

bool stored_has_expired(struct span stored, struct span name, uint64_t now_s)
{
	struct pieces pieces = { .rest = stored };

	while (pieces_next(&pieces)) {
		if (span_starts(pieces.name, SPAN(EXPIRE)) && span_equal_nocase(span_skip(pieces.name, sizeof(EXPIRE) - 1), name))
			return is_over(pieces.value, now_s);
	}
	return span_starts(name, SPAN(EXPIRE)) && stored_find(stored, name, &pieces.value) && is_over(pieces.value, now_s);
}
