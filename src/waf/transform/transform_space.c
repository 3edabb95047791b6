/* White space, within a value and at its ends. */
#include "waf/transform/parts.h"

#include "base/banned.h"

/* 0xa0 is the space without a break of ISO 8859-1. */
static const unsigned char white[256] = { ['\t' ... '\r'] = 1, [' '] = 1, [0xa0] = 1 };

/* The first byte that compressing would change: white space that is no space, or a space behind one. */
static size_t find_to_compress(struct span in)
{
	size_t i = find_marked(in, 0, white);

	while (i < in.len && in.at[i] == ' ' && (i + 1 == in.len || !white[(unsigned char)in.at[i + 1]]))
		i = find_marked(in, i + 1, white);
	return i;
}

/* The loops below have no branch, so that the cost does not depend on where the white space is. */
enum result transform_compress_whitespace(struct span in, struct arena *arena, struct span *out)
{
	size_t first = find_to_compress(in), len = first;
	unsigned last = 0;
	enum result result;
	char *copy;

	result = transform_begin(in, first, arena, out, &copy);
	if (!copy)
		return result;
	for (size_t i = first; i < in.len; i++) {
		unsigned now = white[(unsigned char)in.at[i]];

		copy[len] = now ? ' ' : in.at[i];
		len += !(now & last);
		last = now;
	}
	*out = span_make(copy, len);
	return RESULT_OK;
}

enum result transform_remove_whitespace(struct span in, struct arena *arena, struct span *out)
{
	size_t first = find_marked(in, 0, white), len = first;
	enum result result;
	char *copy;

	result = transform_begin(in, first, arena, out, &copy);
	if (!copy)
		return result;
	for (size_t i = first; i < in.len; i++) {
		copy[len] = in.at[i];
		len += !white[(unsigned char)in.at[i]];
	}
	*out = span_make(copy, len);
	return RESULT_OK;
}

static struct span trim_left(struct span in)
{
	while (in.len && is_space(*in.at))
		in = span_skip(in, 1);
	return in;
}

static struct span trim_right(struct span in)
{
	while (in.len && is_space(in.at[in.len - 1]))
		in.len--;
	return in;
}

enum result transform_trim(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_right(trim_left(in));
	return RESULT_OK;
}

enum result transform_trim_left(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_left(in);
	return RESULT_OK;
}

enum result transform_trim_right(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_right(in);
	return RESULT_OK;
}
