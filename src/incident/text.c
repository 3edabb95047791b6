#include "incident/text.h"

#include "base/encode.h"

#include "base/banned.h"

static bool is_control(struct span text, bool lines)
{
	return utf8_is_control(text) && !(lines && text.at[0] == '\n');
}

/* How many bytes the character at the front has; 0: it is not kept. */
static size_t kept_length(struct span text, bool lines)
{
	return is_control(text, lines) ? 0 : utf8_length(text);
}

static void set(char *out, size_t size, struct span text, bool lines)
{
	size_t len = 0;

	while (text.len) {
		size_t count = kept_length(text, lines), taken = count ? count : 1;

		if (len + taken >= size)
			break;
		if (count)
			memcpy(out + len, text.at, count);
		else
			out[len] = '?';
		len += taken;
		text = span_skip(text, taken);
	}
	out[len] = 0;
}

void text_set(char *out, size_t size, struct span text)
{
	set(out, size, text, false);
}

void text_set_lines(char *out, size_t size, struct span text)
{
	set(out, size, text, true);
}

bool text_is_kept(struct span text, size_t size, bool lines)
{
	if (text.len >= size)
		return false;
	while (text.len) {
		size_t count = kept_length(text, lines);

		if (!count)
			return false;
		text = span_skip(text, count);
	}
	return true;
}
