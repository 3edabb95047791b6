#include "waf/operator/phrase_text.h"

#include <stdlib.h>

#include "base/encode.h"
#include "waf/operator/parts.h"

#include "base/banned.h"

void phrase_list_done(struct phrase_list *list)
{
	free(list->list);
	*list = (struct phrase_list){ 0 };
}

static enum result add(struct phrase_list *list, struct span phrase)
{
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 64;
		struct span *larger = reallocarray(list->list, size, sizeof(*larger));

		if (!larger)
			return RESULT_NO_MEMORY;
		list->list = larger;
		list->size = size;
	}
	list->list[list->count++] = phrase;
	return RESULT_OK;
}

static struct span until_nul(struct span text)
{
	return span_take(text, span_find(text, '\0'));
}

static struct span without_quotes(struct span text)
{
	while (text.len && is_white(text.at[0]))
		text = span_skip(text, 1);
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		return span_make(text.at + 1, text.len - 2);
	return text;
}

/* Where reading of a text in this notation is. */
struct decoding {
	char *out;
	size_t len;
	bool is_hex, is_escaped;     /* inside |...|, behind a \ */
	int high;                    /* a first digit that waits for its second; -1: none */
	bool is_converted;           /* something stood for something else */
};

static void take_hex(struct decoding *decoding, char c)
{
	int digit = hex_digit(c);

	if (digit < 0)
		return;
	if (decoding->high < 0) {
		decoding->high = digit;
		return;
	}
	decoding->out[decoding->len++] = (char)(decoding->high << 4 | digit);
	decoding->high = -1;
	decoding->is_converted = true;
}

static enum result take_byte(struct decoding *decoding, char c)
{
	if (c == '|') {
		decoding->is_hex = !decoding->is_hex;
	} else if (c == '\\' && !decoding->is_escaped) {
		decoding->is_escaped = true;
	} else if (decoding->is_hex) {
		take_hex(decoding, c);
	} else if (decoding->is_escaped) {
		if (span_find(SPAN(":;\\\""), c) == 4)
			return RESULT_MALFORMED;
		decoding->is_escaped = false;
		decoding->is_converted = true;
		decoding->out[decoding->len++] = c;
	} else {
		decoding->out[decoding->len++] = c;
	}
	return RESULT_OK;
}

enum result phrase_decode(struct span text, struct arena *arena, struct span *out)
{
	struct decoding decoding = { .high = -1 };

	text = without_quotes(until_nul(text));
	if (!text.len)
		return RESULT_MALFORMED;
	if (span_find(text, '|') == text.len && span_find(text, '\\') == text.len) {
		*out = text;
		return RESULT_OK;
	}
	decoding.out = arena_take(arena, text.len);
	if (!decoding.out)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < text.len; i++) {
		enum result result = take_byte(&decoding, text.at[i]);

		if (result != RESULT_OK)
			return result;
	}
	*out = decoding.is_converted ? until_nul(span_make(decoding.out, decoding.len)) : text;
	return RESULT_OK;
}

enum result phrase_words_read(struct span text, struct phrase_list *list)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK) {
		size_t len = 0;

		text = white_trim(text);
		if (!text.len)
			return RESULT_OK;
		while (len < text.len && !is_white(text.at[len]))
			len++;
		result = add(list, span_take(text, len));
		text = span_skip(text, len);
	}
	return result;
}

static enum result read_line(struct span line, struct place place, struct arena *arena, struct complaints *complaints,
                             struct phrase_list *list)
{
	struct span phrase = line;
	enum result result = phrase_decode(line, arena, &phrase);

	if (result == RESULT_NO_MEMORY)
		return result;
	phrase = white_trim(until_nul(phrase));
	if (!phrase.len || phrase.at[0] == '#')
		return RESULT_OK;
	if (phrase.len == 1) {
		complain(complaints, COMPLAINT_WARNING, place, SPAN("write it in an @pm to have it looked for"),
		         "a phrase of a single byte in a file is left out, as ModSecurity 2.9.7 does");
		return RESULT_OK;
	}
	return add(list, phrase);
}

enum result phrase_lines_read(struct span text, struct span file, struct arena *arena, struct complaints *complaints,
                              struct phrase_list *list)
{
	struct place place = { .file = file, .column = 1 };
	enum result result = RESULT_OK;

	while (text.len && result == RESULT_OK) {
		size_t len = span_find(text, '\n');
		/* With its newline, where it has one: only the last line can end in the quote that it began with. */
		struct span line = span_take(text, len + 1);

		place.line++;
		result = read_line(line, place, arena, complaints, list);
		text = span_skip(text, line.len);
	}
	return result;
}
