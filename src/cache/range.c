#include "cache/range.h"

#include "base/banned.h"

#define UNIT "bytes="

/* False: no number. */
static bool read_number(struct span text, uint64_t *out)
{
	enum result result = span_to_u64(text, INT64_MAX, out);

	if (result == RESULT_LIMIT)
		*out = INT64_MAX;
	return result == RESULT_OK || result == RESULT_LIMIT;
}

enum range_kind range_read(struct span value, uint64_t length, struct byte_range *out)
{
	uint64_t first = 0, last = INT64_MAX;
	struct span begin, end;

	if (!span_starts_nocase(value, SPAN(UNIT)))
		return RANGE_WHOLE;
	end = span_skip(value, sizeof(UNIT) - 1);
	if (span_find(end, ',') < end.len || span_find(end, '-') == end.len)
		return RANGE_WHOLE;
	begin = span_trim(span_cut(&end, '-'));
	end = span_trim(end);
	if ((begin.len && !read_number(begin, &first)) || (end.len && !read_number(end, &last)) || (!begin.len && !end.len))
		return RANGE_WHOLE;
	if (begin.len && last < first)
		return RANGE_WHOLE;
	if (!begin.len) {
		uint64_t wanted = last < length ? last : length;

		first = length - wanted;
		last = INT64_MAX;
		if (!wanted)
			return RANGE_BEYOND;
	}
	if (first >= length)
		return RANGE_BEYOND;
	*out = (struct byte_range){ first, (last < length - 1 ? last : length - 1) - first + 1 };
	return RANGE_PART;
}
