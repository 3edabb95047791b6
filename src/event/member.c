#include "event/member.h"

#include "base/encode.h"

#include "base/banned.h"

static void skip_space(struct span *rest)
{
	size_t count = 0;

	while (count < rest->len && (rest->at[count] == ' ' || rest->at[count] == '\t' || rest->at[count] == '\n' || rest->at[count] == '\r'))
		count++;
	*rest = span_skip(*rest, count);
}

static bool take_byte(struct span *rest, char byte)
{
	if (rest->len == 0 || rest->at[0] != byte)
		return false;
	*rest = span_skip(*rest, 1);
	return true;
}

static bool is_hex4(struct span text)
{
	for (size_t i = 0; i < 4; i++) {
		if (i >= text.len || hex_digit(text.at[i]) < 0)
			return false;
	}
	return true;
}

/* A string, whose inside goes to OUT. */
static bool take_text(struct span *rest, struct span *out)
{
	size_t at = 1;

	if (rest->len == 0 || rest->at[0] != '"')
		return false;
	while (at < rest->len && rest->at[at] != '"') {
		if ((unsigned char)rest->at[at] < 0x20)
			return false;
		if (rest->at[at++] != '\\')
			continue;
		if (at >= rest->len || !memchr("\"\\/bfnrtu", rest->at[at], 9))
			return false;
		if (rest->at[at] == 'u' && !is_hex4(span_skip(*rest, at + 1)))
			return false;
		at += rest->at[at] == 'u' ? 5 : 1;
	}
	if (at >= rest->len)
		return false;
	*out = span_make(rest->at + 1, at - 1);
	*rest = span_skip(*rest, at + 1);
	return true;
}

static size_t count_digits(struct span text)
{
	size_t count = 0;

	while (count < text.len && is_digit(text.at[count]))
		count++;
	return count;
}

static bool take_digits(struct span *rest)
{
	size_t count = count_digits(*rest);

	*rest = span_skip(*rest, count);
	return count > 0;
}

static bool take_number(struct span *rest)
{
	take_byte(rest, '-');
	if (rest->len > 1 && rest->at[0] == '0' && is_digit(rest->at[1]))
		return false;
	if (!take_digits(rest))
		return false;
	if (take_byte(rest, '.') && !take_digits(rest))
		return false;
	if (!take_byte(rest, 'e') && !take_byte(rest, 'E'))
		return true;
	if (!take_byte(rest, '+'))
		take_byte(rest, '-');
	return take_digits(rest);
}

static bool take_word(struct span *rest)
{
	static const struct span words[] = { SPAN_INIT("true"), SPAN_INIT("false"), SPAN_INIT("null") };

	for (size_t i = 0; i < 3; i++) {
		if (span_starts(*rest, words[i])) {
			*rest = span_skip(*rest, words[i].len);
			return true;
		}
	}
	return false;
}

static bool take_value(struct span *rest, unsigned depth, enum member_kind *kind, struct span *value);

/* A list or an object, its brackets included. */
static bool take_group(struct span *rest, unsigned depth, char close)
{
	enum member_kind kind;
	struct span part;

	*rest = span_skip(*rest, 1);
	skip_space(rest);
	if (take_byte(rest, close))
		return true;
	if (depth >= MEMBER_DEPTH_MAX)
		return false;
	do {
		skip_space(rest);
		if (close == '}') {
			if (!take_text(rest, &part))
				return false;
			skip_space(rest);
			if (!take_byte(rest, ':'))
				return false;
		}
		if (!take_value(rest, depth + 1, &kind, &part))
			return false;
		skip_space(rest);
	} while (take_byte(rest, ','));
	return take_byte(rest, close);
}

static bool take_value(struct span *rest, unsigned depth, enum member_kind *kind, struct span *value)
{
	struct span from;
	bool is_good;

	skip_space(rest);
	from = *rest;
	if (from.len == 0)
		return false;
	if (from.at[0] == '"') {
		*kind = MEMBER_TEXT;
		return take_text(rest, value);
	}
	if (from.at[0] == '[' || from.at[0] == '{') {
		*kind = from.at[0] == '[' ? MEMBER_LIST : MEMBER_OBJECT;
		is_good = take_group(rest, depth, from.at[0] == '[' ? ']' : '}');
	} else if (from.at[0] == '-' || is_digit(from.at[0])) {
		*kind = MEMBER_NUMBER;
		is_good = take_number(rest);
	} else {
		*kind = MEMBER_WORD;
		is_good = take_word(rest);
	}
	*value = span_take(from, from.len - rest->len);
	return is_good;
}

void members_init(struct members *members, struct span text)
{
	*members = (struct members){ .rest = text };
}

/* After the bracket that closes the object or list. */
static enum result finish(struct members *members)
{
	skip_space(&members->rest);
	return members->rest.len ? RESULT_MALFORMED : RESULT_END;
}

enum result members_next(struct members *members, struct member *out)
{
	struct span *rest = &members->rest;
	bool is_first = !members->is_begun;
	struct member member = { .name = SPAN_NONE };

	skip_space(rest);
	if (is_first) {
		members->is_list = rest->len && rest->at[0] == '[';
		if (!take_byte(rest, members->is_list ? '[' : '{'))
			return RESULT_MALFORMED;
		members->is_begun = true;
		skip_space(rest);
	}
	if (rest->len && rest->at[0] == (members->is_list ? ']' : '}')) {
		*rest = span_skip(*rest, 1);
		return finish(members);
	}
	if (!is_first && !take_byte(rest, ','))
		return RESULT_MALFORMED;
	skip_space(rest);
	if (!members->is_list) {
		if (!take_text(rest, &member.name))
			return RESULT_MALFORMED;
		skip_space(rest);
		if (!take_byte(rest, ':'))
			return RESULT_MALFORMED;
	}
	if (!take_value(rest, 1, &member.kind, &member.value))
		return RESULT_MALFORMED;
	*out = member;
	return RESULT_OK;
}

enum result member_find(struct span object, struct span name, struct member *out)
{
	struct members members;
	struct member member;
	enum result result;

	members_init(&members, object);
	while ((result = members_next(&members, &member)) == RESULT_OK) {
		if (span_equal(member.name, name)) {
			*out = member;
			return RESULT_OK;
		}
	}
	return result == RESULT_END ? RESULT_NOT_FOUND : result;
}

static uint32_t read_hex4(const char *at)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (uint32_t)(hex_digit(at[i]) & 15);
	return value;
}

/* UTF-8 of CODE; half of a pair that stands alone becomes U+FFFD. */
static size_t write_utf8(uint32_t code, char out[4])
{
	if (code >= 0xd800 && code < 0xe000)
		code = 0xfffd;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* One escape at the front of TEXT, which take_text has checked; returns the bytes it took. */
static size_t read_escape(struct span text, char out[4], size_t *count)
{
	static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *found = strchr(letters, text.at[1]);
	uint32_t code, low;

	*count = 1;
	if (text.at[1] != 'u') {
		out[0] = found ? values[found - letters] : text.at[1];
		return 2;
	}
	code = read_hex4(text.at + 2);
	if (code >= 0xd800 && code < 0xdc00 && text.len >= 12 && text.at[6] == '\\' && text.at[7] == 'u') {
		low = read_hex4(text.at + 8);
		if (low >= 0xdc00 && low < 0xe000) {
			*count = write_utf8(0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)), out);
			return 12;
		}
	}
	*count = write_utf8(code, out);
	return 6;
}

struct span member_text(struct span value, char *out, size_t size)
{
	size_t len = 0;

	if (span_find(value, '\\') == value.len)
		return value;
	while (value.len) {
		char piece[4] = { value.at[0] };
		size_t count = 1;
		size_t taken = value.at[0] == '\\' ? read_escape(value, piece, &count) : 1;

		if (len + count > size)
			break;
		memcpy(out + len, piece, count);
		len += count;
		value = span_skip(value, taken);
	}
	return span_make(out, len);
}
