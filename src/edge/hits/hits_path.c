#include "edge/hits/hits.h"

#include "message/path.h"

#include "base/banned.h"

#define SEGMENT_MAX 40u
#define DIGITS_MAX 4u            /* "2026" is a year in a name; more is a number of something */

/* A number, or a token: it differs with every visitor, and may be a secret. */
static bool is_variable(struct span segment)
{
	size_t digits = 0;

	for (size_t i = 0; i < segment.len; i++)
		digits += is_digit(segment.at[i]);
	return segment.len > SEGMENT_MAX || digits > DIGITS_MAX || (digits && digits == segment.len);
}

struct span hits_path(struct span path, char *out, bool *is_cut)
{
	bool has_slash = path.len && path.at[path.len - 1] == '/';  /* "/a/" is not "/a": exact exclusions know both */
	struct span rest = span_skip(path, 1);
	size_t len = 0;

	*is_cut = false;
	if (!path.len || path.at[0] != '/' || !path_has_one_reading(path) || span_find(path, '*') < path.len)
		return SPAN_NONE;
	while (rest.len) {
		struct span segment = span_cut(&rest, '/');

		if (is_variable(segment))
			segment = SPAN("*");
		if (len + 1 + segment.len + has_slash > HITS_PATH_MAX) {
			*is_cut = true;
			break;
		}
		out[len++] = '/';
		memcpy(out + len, segment.at, segment.len);
		len += segment.len;
	}
	if (!len || (has_slash && !*is_cut))
		out[len++] = '/';
	return span_make(out, len);
}
