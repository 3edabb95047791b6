/* Upper and lower case, of ASCII. Most rules ask for it, of every value: sixteen bytes at a time. */
#include "waf/transform/parts.h"

#include "base/banned.h"

typedef unsigned char block __attribute__((vector_size(16)));

#define LETTERS 26
#define CASE_BIT 0x20  /* is all that tells one case from the other */

static inline block load(const char *at)
{
	block bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* The case bit, in each byte that is one of the 26 letters from FIRST. */
static inline block letters(block bytes, unsigned char first)
{
	return (block)((bytes - first) < LETTERS) & CASE_BIT;
}

static inline bool is_any(block bytes)
{
	uint64_t halves[2];

	memcpy(halves, &bytes, sizeof(halves));
	return (halves[0] | halves[1]) != 0;
}

static inline bool is_letter(char c, unsigned char first)
{
	return (unsigned char)((unsigned char)c - first) < LETTERS;
}

/* Where the first sixteen bytes with a letter begin, or the last few bytes. */
static size_t skip_others(struct span in, unsigned char first)
{
	size_t i = 0;

	while (in.len - i >= sizeof(block) && !is_any(letters(load(in.at + i), first)))
		i += sizeof(block);
	return i;
}

static enum result change(struct span in, unsigned char first, struct arena *arena, struct span *out)
{
	size_t same = skip_others(in, first), i;
	enum result result;
	char *copy;

	while (same < in.len && !is_letter(in.at[same], first))
		same++;
	result = transform_begin(in, same, arena, out, &copy);
	if (!copy)
		return result;
	for (i = same; in.len - i >= sizeof(block); i += sizeof(block)) {
		block bytes = load(in.at + i);

		bytes ^= letters(bytes, first);
		memcpy(copy + i, &bytes, sizeof(bytes));
	}
	for (; i < in.len; i++)
		copy[i] = (char)(in.at[i] ^ (is_letter(in.at[i], first) ? CASE_BIT : 0));
	*out = span_make(copy, in.len);
	return RESULT_OK;
}

enum result transform_lowercase(struct span in, struct arena *arena, struct span *out)
{
	return change(in, 'A', arena, out);
}

enum result transform_uppercase(struct span in, struct arena *arena, struct span *out)
{
	return change(in, 'a', arena, out);
}
