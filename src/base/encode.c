#include "base/encode.h"

#include "base/banned.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four bytes at a time: each becomes two bytes of 0..15, and those above 9 are moved to the letters. */
static void hex_write_four(const unsigned char *at, char *out)
{
	uint64_t word = (uint64_t)at[0] | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 32 | (uint64_t)at[3] << 48;
	uint64_t letters;

	word = (word >> 4 & 0x000f000f000f000fu) | (word & 0x000f000f000f000fu) << 8;
	letters = (word + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
	word += 0x3030303030303030u + letters * ('a' - '9' - 1);
	for (size_t i = 0; i < 8; i++)
		out[i] = (char)(word >> 8 * i);
}

void hex_write(const void *bytes, size_t count, char *out)
{
	const unsigned char *at = bytes;
	size_t i = 0;

	for (; i + 4 <= count; i += 4)
		hex_write_four(at + i, out + 2 * i);
	for (; i < count; i++) {
		out[2 * i] = hex_digits[at[i] >> 4];
		out[2 * i + 1] = hex_digits[at[i] & 15];
	}
}

int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum result hex_read(struct span text, void *out, size_t count)
{
	unsigned char *to = out;

	if (text.len != 2 * count)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		if (hex_digit(text.at[i]) < 0)
			return RESULT_MALFORMED;
	}
	for (size_t i = 0; i < count; i++)
		to[i] = (unsigned char)(hex_digit(text.at[2 * i]) << 4 | hex_digit(text.at[2 * i + 1]));
	return RESULT_OK;
}

enum result base64_write(struct span bytes, struct buffer *out)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		struct span part = span_take(span_skip(bytes, i), 3);
		uint32_t word = 0;
		char digits[4];
		enum result result;

		for (size_t j = 0; j < 3; j++)
			word = word << 8 | (j < part.len ? (unsigned char)part.at[j] : 0u);
		for (size_t j = 0; j < 4; j++)
			digits[j] = j <= part.len ? base64_digits[word >> (18 - 6 * j) & 63] : '=';
		result = buffer_append(out, span_make(digits, 4));
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static int base64_digit(char c)
{
	const char *found = c ? memchr(base64_digits, c, 64) : NULL;

	return found ? (int)(found - base64_digits) : -1;
}

/* '=' at the end of the last four digits: 0, 1 or 2. */
static unsigned count_padding(struct span four)
{
	if (four.at[3] != '=')
		return 0;
	return four.at[2] == '=' ? 2 : 1;
}

enum result base64_read(struct span text, struct buffer *out)
{
	if (text.len % 4)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.len; i += 4) {
		bool is_last = i + 4 == text.len;
		unsigned pad = is_last ? count_padding(span_skip(text, i)) : 0;
		uint32_t word = 0;
		char bytes[3];
		enum result result;

		for (size_t j = 0; j < 4; j++) {
			int digit = j < 4 - pad ? base64_digit(text.at[i + j]) : 0;

			if (digit < 0)
				return RESULT_MALFORMED;
			word = word << 6 | (uint32_t)digit;
		}
		if (pad && word & (pad == 1 ? 0xffu : 0xffffu))
			return RESULT_MALFORMED;
		for (size_t j = 0; j < 3; j++)
			bytes[j] = (char)(word >> (16 - 8 * j));
		result = buffer_append(out, span_make(bytes, 3 - pad));
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static char url_digit(unsigned value)
{
	return value == 62 ? '-' : value == 63 ? '_' : base64_digits[value];
}

void base64url_write(const void *bytes, size_t count, char *out)
{
	const uint8_t *at = bytes;
	uint32_t word = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < count; i++) {
		word = word << 8 | at[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = url_digit(word >> (bits - 6) & 63);
	}
	if (bits)
		*out = url_digit(word << (6 - bits) & 63);
}

static int url_value(char c)
{
	return c == '-' ? 62 : c == '_' ? 63 : c == '+' || c == '/' ? -1 : base64_digit(c);
}

enum result base64url_read(struct span text, void *out, size_t count)
{
	uint8_t *to = out;
	uint32_t word = 0;
	unsigned bits = 0;

	if (text.len != BASE64URL_LEN(count))
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		int value = url_value(text.at[i]);

		if (value < 0)
			return RESULT_MALFORMED;
		word = word << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (uint8_t)(word >> bits & 0xff);
		}
	}
	return word & ((1u << bits) - 1) ? RESULT_MALFORMED : RESULT_OK;
}

size_t utf8_length(struct span text)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t need;

	if (text.len == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || text.len < need)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] > 0x8f))  /* overlong, surrogates, beyond U+10FFFF */
		return 0;
	return need;
}

bool utf8_is_control(struct span text)
{
	const unsigned char *at = (const unsigned char *)text.at;

	if (text.len == 0)
		return false;
	if (at[0] < 0x20 || at[0] == 0x7f)
		return true;
	if (text.len >= 2 && at[0] == 0xc2)
		return at[1] >= 0x80 && at[1] <= 0x9f;
	if (text.len < 3 || at[0] != 0xe2)
		return false;
	return (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||  /* separators of lines and paragraphs, embeddings, overrides */
	       (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);    /* isolates */
}

static enum result json_write_special(char c, struct buffer *out)
{
	static const char named[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = c ? strchr(named, c) : NULL;

	if (found)
		return buffer_print(out, "\\%c", letters[found - named]);
	return buffer_print(out, "\\u%04x", (unsigned char)c);
}

enum result json_write_string(struct span text, struct buffer *out)
{
	enum result result = buffer_append_byte(out, '"');
	size_t plain = 0;

	while (result == RESULT_OK && plain <= text.len) {
		struct span rest = span_skip(text, plain);
		size_t run = 0;

		while (run < rest.len && (unsigned char)rest.at[run] >= 0x20 && (unsigned char)rest.at[run] < 0x7f &&
		       rest.at[run] != '"' && rest.at[run] != '\\')
			run++;
		result = buffer_append(out, span_take(rest, run));
		plain += run;
		rest = span_skip(rest, run);
		if (result != RESULT_OK || rest.len == 0)
			break;
		size_t length = utf8_length(rest);

		if (length > 1)
			result = buffer_append(out, span_take(rest, length));
		else if (length == 0)
			result = buffer_append(out, SPAN("\xef\xbf\xbd"));
		else
			result = json_write_special(rest.at[0], out);
		plain += length ? length : 1;
	}
	return result == RESULT_OK ? buffer_append_byte(out, '"') : result;
}

char percent_byte(struct span text, size_t *at)
{
	size_t i = (*at)++;
	int high = text.at[i] == '%' && text.len - i > 2 ? hex_digit(text.at[i + 1]) : -1;
	int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;

	if (low < 0)
		return text.at[i];
	*at += 2;
	return (char)(high << 4 | low);
}

enum result percent_read(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		char byte = text.at[i];

		if (byte == '%') {
			if (text.len - i < 3 || hex_digit(text.at[i + 1]) < 0 || hex_digit(text.at[i + 2]) < 0)
				return RESULT_MALFORMED;
			byte = (char)(hex_digit(text.at[i + 1]) << 4 | hex_digit(text.at[i + 2]));
			i += 2;
		}
		result = buffer_append_byte(out, byte);
	}
	return result;
}

static struct span html_escape(char c)
{
	switch (c) {
	case '&': return SPAN("&amp;");
	case '<': return SPAN("&lt;");
	case '>': return SPAN("&gt;");
	case '"': return SPAN("&quot;");
	case '\'': return SPAN("&#39;");
	default: return SPAN_NONE;
	}
}

enum result html_write(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		struct span escape = html_escape(text.at[i]);

		result = buffer_append(out, escape.len ? escape : span_make(text.at + i, 1));
	}
	return result;
}
