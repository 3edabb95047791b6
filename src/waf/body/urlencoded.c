/* application/x-www-form-urlencoded, and query strings: pairs between separators, a name before the first '='. An invalid %
 * stays what it is and is flagged; %00 is a byte like any other. */
#include "waf/body/inside.h"

#include <limits.h>

#include "base/encode.h"

#include "base/banned.h"

struct urlencoded {
	struct reader base;
	char separator;
	struct buffer pair;     /* one that is cut by the end of a piece */
	struct buffer decoded;
};

/* 2.9.7: urldecode_nonstrict. OUT has room for TEXT.len bytes. */
static struct span decode(struct reader *reader, struct span text, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && text.len - i > 2 && hex_digit(text.at[i + 1]) >= 0 && hex_digit(text.at[i + 2]) >= 0) {
			c = (char)(hex_digit(text.at[i + 1]) << 4 | hex_digit(text.at[i + 2]));
			i += 2;
		} else if (c == '%') {
			reader_flag(reader, BODY_FLAG_URLENCODED_ERROR);
		}
		out[len++] = c;
	}
	return span_make(out, len);
}

static bool is_coded(struct span text)
{
	return text.len && (memchr(text.at, '%', text.len) || memchr(text.at, '+', text.len));
}

static enum result too_long(struct urlencoded *form)
{
	return reader_fail(&form->base, "Argument too long");
}

static enum result give_pair(struct urlencoded *form, struct span pair)
{
	struct span value = pair, name = span_cut(&value, '=');
	bool is_name_coded = is_coded(name), is_value_coded = is_coded(value);
	char *room;

	if (pair.len > form->pair.max_bytes)
		return too_long(form);
	if (is_name_coded || is_value_coded) {
		room = buffer_reserve(&form->decoded, pair.len);
		if (!room)
			return RESULT_NO_MEMORY;
		if (is_name_coded)
			name = decode(&form->base, name, room);
		if (is_value_coded)
			value = decode(&form->base, value, room + (is_name_coded ? name.len : 0));
	}
	return reader_argument(&form->base, name, value);
}

/* What is longer than this decodes to something longer than its limit, whatever it is. */
static size_t pair_bytes_max(const struct body_limits *limits)
{
	size_t names = limits->name_bytes < INT_MAX ? limits->name_bytes : INT_MAX;
	size_t values = limits->value_bytes < INT_MAX ? limits->value_bytes : INT_MAX;

	return 3 * (names + values) + 1;
}

static enum result keep(struct urlencoded *form, struct span part)
{
	enum result result = buffer_append(&form->pair, part);

	return result == RESULT_LIMIT ? too_long(form) : result;
}

static enum result urlencoded_feed(struct reader *reader, struct span piece)
{
	struct urlencoded *form = (struct urlencoded *)reader;
	enum result result = RESULT_OK;
	const char *end;

	while (result == RESULT_OK && piece.len && (end = memchr(piece.at, form->separator, piece.len))) {
		struct span part = span_make(piece.at, (size_t)(end - piece.at));

		if (buffer_len(&form->pair)) {
			result = keep(form, part);
			part = buffer_span(&form->pair);
		}
		if (result == RESULT_OK)
			result = give_pair(form, part);
		buffer_reset(&form->pair);
		piece = span_skip(piece, (size_t)(end - piece.at) + 1);
	}
	return result == RESULT_OK ? keep(form, piece) : result;
}

static enum result urlencoded_end(struct reader *reader)
{
	struct urlencoded *form = (struct urlencoded *)reader;

	return buffer_len(&form->pair) ? give_pair(form, buffer_span(&form->pair)) : RESULT_OK;
}

static void urlencoded_init(struct urlencoded *form, char separator)
{
	form->separator = separator ? separator : '&';
	buffer_init(&form->pair, pair_bytes_max(&form->base.limits));
	buffer_init(&form->decoded, SIZE_MAX / 2);  /* born for each pair, of its size */
}

static enum result urlencoded_begin(struct reader *reader, const struct reader_birth *birth)
{
	urlencoded_init((struct urlencoded *)reader, birth->separator);
	return RESULT_OK;
}

static void urlencoded_done(struct reader *reader)
{
	struct urlencoded *form = (struct urlencoded *)reader;

	buffer_done(&form->pair);
	buffer_done(&form->decoded);
}

const struct reader_type urlencoded_type = {
	sizeof(struct urlencoded), urlencoded_begin, urlencoded_feed, urlencoded_end, urlencoded_done,
};

enum result query_string_read(struct span query, char separator, const struct body_limits *limits, const struct body_sink *sink,
                       struct body_report *report)
{
	struct urlencoded form;
	enum result result = RESULT_OK;

	reader_init(&form.base, limits, sink);
	form.base.report = *report;
	urlencoded_init(&form, separator);
	while (result == RESULT_OK && query.len) {
		const char *end = memchr(query.at, form.separator, query.len);

		result = give_pair(&form, span_make(query.at, end ? (size_t)(end - query.at) : query.len));
		query = span_skip(query, end ? (size_t)(end - query.at) + 1 : query.len);
	}
	*report = form.base.report;
	urlencoded_done(&form.base);
	return result == RESULT_MALFORMED ? RESULT_OK : result;
}
