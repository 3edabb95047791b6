#include "event/line.h"

#include "base/clock.h"
#include "base/encode.h"

#include "base/banned.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd"

static const char digit_pairs[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Digits of VALUE into the end of OUT; returns where they start. */
static char *write_digits(char out[20], uint64_t value)
{
	char *at = out + 20;

	while (value >= 100) {
		at -= 2;
		memcpy(at, digit_pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		memcpy(at, digit_pairs + value * 2, 2);
	} else {
		*--at = (char)('0' + value);
	}
	return at;
}

void line_number(struct line *line, uint64_t value)
{
	char digits[20];
	char *at = write_digits(digits, value);

	line_raw(line, span_make(at, (size_t)(digits + 20 - at)));
}

/* Does one of these eight bytes need a look: a control character, '"', '\\', or anything from 0x7f? */
static inline bool is_special(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\'), delete = word ^ (ones * 0x7f);
	uint64_t control = word - ones * 0x20;

	return ((control | (quote - ones) | (slash - ones) | (delete - ones) | word) & high) != 0;
}

/* How many bytes at the front of TEXT are written as they are. */
static inline size_t plain_run(struct span text)
{
	size_t run = 0;
	uint64_t word;

	while (text.len - run >= 8) {
		memcpy(&word, text.at + run, 8);
		if (is_special(word))
			break;
		run += 8;
	}
	while (run < text.len && (unsigned char)text.at[run] >= 0x20 && (unsigned char)text.at[run] < 0x7f && text.at[run] != '"' &&
	       text.at[run] != '\\')
		run++;
	return run;
}

/* One character that is not plain: its output in OUT, how many bytes of TEXT it took in TAKEN. */
static struct span write_special(struct span text, char out[6], size_t *taken)
{
	static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	char c = text.at[0];
	const char *found = c ? strchr(named, c) : NULL;

	*taken = utf8_length(text);
	if (*taken > 1)
		return span_take(text, *taken);
	if (*taken == 0) {
		*taken = 1;
		return SPAN(REPLACEMENT);
	}
	if (found) {
		out[0] = '\\';
		out[1] = letters[found - named];
		return span_make(out, 2);
	}
	memcpy(out, "\\u00", 4);
	hex_write(&c, 1, out + 4);
	return span_make(out, 6);
}

void line_text(struct line *line, struct span text, size_t max)
{
	char escape[6];
	char *limit = line->at + (max < line_room(line) ? max : line_room(line));
	char *stop = limit - (sizeof(ELLIPSIS) - 1);  /* where a text that goes on must stop, to leave room for the mark */

	while (text.len) {
		size_t taken = plain_run(text);
		bool is_plain = taken != 0;
		struct span out = is_plain ? span_take(text, taken) : write_special(text, escape, &taken);

		if (line->at + out.len > (taken == text.len ? limit : stop)) {
			line->is_cut = true;
			if (line->at > stop)  /* not even the mark fits */
				return;
			if (is_plain)  /* it can be cut anywhere */
				line_raw(line, span_take(out, (size_t)(stop - line->at)));
			line_raw(line, SPAN(ELLIPSIS));
			return;
		}
		line_raw(line, out);
		text = span_skip(text, taken);
	}
}

void line_address(struct line *line, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];
	char *at = text;

	if (!address_is_v4(address)) {
		address_write(address, text);
		line_raw(line, span_of(text));
		return;
	}
	for (int i = 12; i < 16; i++) {
		char digits[20];
		char *from = write_digits(digits, address->bytes[i]);

		memcpy(at, from, (size_t)(digits + 20 - from));
		at += digits + 20 - from;
		*at++ = '.';
	}
	line_raw(line, span_make(text, (size_t)(at - 1 - text)));
}

void line_member_number(struct line *line, struct span name, uint64_t value)
{
	if (name.len + 20 > line_room(line)) {
		line->is_cut = true;
		return;
	}
	line_raw(line, name);
	line_number(line, value);
}

void line_member_text(struct line *line, struct span name, struct span text, size_t max)
{
	if (text.len == 0)
		return;
	if (name.len + 16 > line_room(line)) {
		line->is_cut = true;
		return;
	}
	line_raw(line, name);
	*line->at++ = '"';
	line->end--;  /* kept for the closing quote */
	line_text(line, text, max);
	line->end++;
	*line->at++ = '"';
}

struct span line_clock_text(struct line_clock *clock, uint64_t wall_ns)
{
	uint64_t second = wall_ns / 1000000000u;
	unsigned ms = (unsigned)(wall_ns / 1000000u % 1000u);

	if (second != clock->second || clock->text[0] == 0) {
		clock_write_iso(second * 1000000000u, clock->text);
		clock->second = second;
	}
	clock->text[20] = (char)('0' + ms / 100);
	memcpy(clock->text + 21, digit_pairs + ms % 100 * 2, 2);
	return span_make(clock->text, LINE_ISO_LEN);
}
