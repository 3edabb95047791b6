/* A command line as a shell would see it, of Unix or of Windows: quotes, backslashes and carets are noise, and so is how
 * its words are kept apart. */
#include "waf/transform/parts.h"

#include "base/banned.h"

/* Bits, so that what is done about a byte is reckoned and not branched upon. */
#define BLANK 1u
#define NOISE 2u
#define OPENING 4u      /* a slash, a bracket: no space stays before it */
#define LETTER 0x20u    /* the bit that makes it lower case */

static const unsigned char kinds[256] = {
	['A' ... 'Z'] = LETTER, ['"'] = NOISE, ['\''] = NOISE, ['\\'] = NOISE, ['^'] = NOISE, [' '] = BLANK, [','] = BLANK,
	[';'] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, ['/'] = OPENING, ['('] = OPENING,
};

static unsigned kind_at(struct span in, size_t at)
{
	return at < in.len ? kinds[(unsigned char)in.at[at]] : 0;
}

/* A space stays where a word follows, and one that ends the value stays as well. */
static bool is_changed(struct span in, size_t at)
{
	if (kind_at(in, at) == OPENING)
		return false;
	return in.at[at] != ' ' || (kind_at(in, at + 1) & (NOISE | BLANK | OPENING));
}

/* IN from FROM on, in lower case, without noise, one space for each run of blanks, to OUT behind its first LEN bytes; how
 * long OUT becomes. */
static size_t write_line(struct span in, size_t from, char *out, size_t len)
{
	unsigned is_pending = 0;  /* OUT ends in the space of a run that may go on */

	for (size_t i = from; i < in.len; i++) {
		unsigned kind = kinds[(unsigned char)in.at[i]], is_blank = kind & BLANK, is_noise = kind / NOISE & 1;
		unsigned c = (unsigned char)in.at[i] | (kind & LETTER);

		len -= is_pending & (kind / OPENING & 1);
		out[len] = (char)((c & (is_blank - 1)) | (' ' & (0u - is_blank)));
		len += 1 ^ (is_noise | (is_blank & is_pending));
		is_pending = is_blank | (is_noise & is_pending);
	}
	return len;
}

/* The reference ends its answer at the first NUL. */
enum result transform_cmd_line(struct span in, struct arena *arena, struct span *out)
{
	struct span line = span_take(in, find_byte(in, 0, 0));
	size_t first = find_marked(line, 0, kinds);
	char *copy;

	while (first < line.len && !is_changed(line, first))
		first = find_marked(line, first + 1, kinds);
	if (first == line.len) {
		*out = line;
		return RESULT_OK;
	}
	copy = arena_take(arena, line.len);
	if (!copy)
		return RESULT_NO_MEMORY;
	memcpy(copy, line.at, first);
	*out = span_make(copy, write_line(line, first, copy, first));
	return RESULT_OK;
}
