/* Transformations that look at one byte at a time: parity, NULs, length. */
#include "waf/transform/parts.h"

#include "base/banned.h"

/* OUT byte for byte what OF says of IN. Inlined, so that OF is no call. */
static inline __attribute__((always_inline)) enum result map(struct span in, struct arena *arena, struct span *out,
                                                             unsigned char (*of)(unsigned char byte))
{
	size_t same = 0;
	enum result result;
	char *copy;

	while (same < in.len && of((unsigned char)in.at[same]) == (unsigned char)in.at[same])
		same++;
	result = transform_begin(in, same, arena, out, &copy);
	if (!copy)
		return result;
	for (size_t i = same; i < in.len; i++)
		copy[i] = (char)of((unsigned char)in.at[i]);
	*out = span_make(copy, in.len);
	return RESULT_OK;
}

static inline unsigned char space_for_null(unsigned char byte)
{
	return byte ? byte : ' ';
}

/* The reference counts the top bit, too, before it sets it anew: a byte above 0x7f gets the other parity. */
static inline unsigned char even_of(unsigned char byte)
{
	return (unsigned char)(__builtin_parity(byte) ? byte | 0x80 : byte & 0x7f);
}

static inline unsigned char odd_of(unsigned char byte)
{
	return (unsigned char)(__builtin_parity(byte) ? byte & 0x7f : byte | 0x80);
}

static inline unsigned char zero_of(unsigned char byte)
{
	return byte & 0x7f;
}

enum result transform_replace_nulls(struct span in, struct arena *arena, struct span *out)
{
	return map(in, arena, out, space_for_null);
}

enum result transform_parity_even_7bit(struct span in, struct arena *arena, struct span *out)
{
	return map(in, arena, out, even_of);
}

enum result transform_parity_odd_7bit(struct span in, struct arena *arena, struct span *out)
{
	return map(in, arena, out, odd_of);
}

enum result transform_parity_zero_7bit(struct span in, struct arena *arena, struct span *out)
{
	return map(in, arena, out, zero_of);
}

/* Without a branch, so that the cost does not depend on where the NULs are. */
enum result transform_remove_nulls(struct span in, struct arena *arena, struct span *out)
{
	size_t first = find_byte(in, 0, 0), len = first;
	enum result result;
	char *copy;

	result = transform_begin(in, first, arena, out, &copy);
	if (!copy)
		return result;
	for (size_t i = first; i < in.len; i++) {
		copy[len] = in.at[i];
		len += in.at[i] != 0;
	}
	*out = span_make(copy, len);
	return RESULT_OK;
}

enum result transform_length(struct span in, struct arena *arena, struct span *out)
{
	char digits[DECIMAL_MAX];
	struct span text = span_make(digits, decimal_write(in.len, digits));

	if (span_equal(text, in)) {  /* "1" is one byte long */
		*out = in;
		return RESULT_OK;
	}
	text = arena_copy(arena, text);
	if (!text.at)
		return RESULT_NO_MEMORY;
	*out = text;
	return RESULT_OK;
}
