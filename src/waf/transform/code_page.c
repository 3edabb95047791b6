#include "waf/transform/code_page.h"

#include "waf/transform/parts.h"

#include "base/banned.h"

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span next_word(struct span *rest)
{
	struct span word;
	size_t len = 0;

	while (rest->len && is_white(rest->at[0]))
		*rest = span_skip(*rest, 1);
	while (len < rest->len && !is_white(rest->at[len]))
		len++;
	word = span_take(*rest, len);
	*rest = span_skip(*rest, len);
	return word;
}

/* "0107:63" */
static enum result read_pair(struct span word, struct code_page *page)
{
	int high, low, byte;
	unsigned code;

	if (word.len != 7 || word.at[4] != ':')
		return RESULT_MALFORMED;
	high = hex_pair(word.at);
	low = hex_pair(word.at + 2);
	byte = hex_pair(word.at + 5);
	if (high < 0 || low < 0 || byte < 0)
		return RESULT_MALFORMED;
	code = (unsigned)high << 8 | (unsigned)low;
	page->bytes[code] = (unsigned char)byte;
	page->has[code >> 3] = (unsigned char)(page->has[code >> 3] | 1u << (code & 7));
	return RESULT_OK;
}

static enum result read_pairs(struct span line, struct code_page *page)
{
	enum result result = RESULT_OK;

	for (struct span word = next_word(&line); word.len && result == RESULT_OK; word = next_word(&line))
		result = read_pair(word, page);
	return result;
}

enum result code_page_read(struct span text, uint64_t number, struct arena *arena, const struct code_page **out)
{
	struct code_page *page = NULL;
	enum result result = RESULT_OK;

	while (text.len && result == RESULT_OK) {
		struct span line = span_cut(&text, '\n'), rest = line, word = next_word(&rest);
		uint64_t found;

		if (!word.len || word.at[0] == '#')
			continue;
		if (span_to_u64(word, UINT32_MAX, &found) == RESULT_OK) {
			if (page)
				break;  /* the next page begins */
			if (found == number && !(page = arena_new(arena, struct code_page)))
				return RESULT_NO_MEMORY;
		} else if (page) {
			result = read_pairs(line, page);
		}
	}
	if (result == RESULT_OK && !page)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		*out = page;
	return result;
}
