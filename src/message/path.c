#include "message/path.h"

#include "base/encode.h"

#include "base/banned.h"

bool path_is_plain(struct span path)
{
	char before = 0;

	for (size_t i = 0; i < path.len; i++) {
		char c = path.at[i];

		if (c == '%' || c == ';' || c == '\\' || (before == '/' && (c == '/' || c == '.')))
			return false;
		before = c;
	}
	return true;
}

bool path_has_one_reading(struct span path)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.at[i];
		bool begins_with_dot = c == '.' && i && path.at[i - 1] == '/';  /* "/.", "/..", "/.x": few names begin so */

		if (c == '%') {
			int high = i + 2 < path.len ? hex_digit(path.at[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(path.at[i + 2]);

			if (low < 0 || (high < 8 && !(high == 2 && low == 0)))
				return false;
			i += 2;
		} else if (c == ';' || c == '\\' || !c || begins_with_dot || (c == '/' && i && path.at[i - 1] == '/')) {
			return false;
		}
	}
	return true;
}

/* The byte at the front of REST, decoded, and past it. What is no %XX stands for itself. */
static char take(struct span *rest)
{
	char c = rest->at[0];
	int high = c == '%' && rest->len > 2 ? hex_digit(rest->at[1]) : -1, low = high >= 0 ? hex_digit(rest->at[2]) : -1;

	*rest = span_skip(*rest, low >= 0 ? 3 : 1);
	if (low >= 0)
		c = (char)(high << 4 | low);
	return c == '\\' ? '/' : c;
}

/* The segment that begins at OUT[START] and ends at LEN is whole: the length with what it means. */
static size_t close_segment(const char *out, size_t start, size_t len)
{
	struct span segment = span_make(out + start, len - start);

	segment = span_take(segment, span_find(segment, ';'));
	if (segment.len == 0 || span_equal(segment, SPAN(".")))
		return start - 1;
	if (!span_equal(segment, SPAN("..")))
		return start + segment.len;
	for (len = start - 1; len > 0 && out[len - 1] != '/';)
		len--;
	return len ? len - 1 : 0;
}

struct span path_tidy(struct span path, char *out)
{
	size_t len = 0, start = 1;

	out[len++] = '/';
	if (path.len && path.at[0] == '/')
		path = span_skip(path, 1);
	while (path.len) {
		char c = take(&path);

		if (c == 0)
			break;
		if (c != '/') {
			out[len++] = c;
			continue;
		}
		len = close_segment(out, start, len);
		out[len++] = '/';
		start = len;
	}
	len = close_segment(out, start, len);
	return len ? span_make(out, len) : span_make("/", 1);
}
