#include "hub/web/read/value.h"

#include "base/encode.h"

#include "base/banned.h"

/* RAW decoded is NAME. Without memory: every name of a query is looked at for each that is asked for. */
static bool is_named(struct span raw, struct span name)
{
	size_t at = 0, count = 0;

	while (at < raw.len) {
		char c = raw.at[at++];

		if (c == '%') {
			int high = at < raw.len ? hex_digit(raw.at[at]) : -1, low = at + 1 < raw.len ? hex_digit(raw.at[at + 1]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			at += 2;
		} else if (c == '+') {
			c = ' ';
		}
		if (count == name.len || name.at[count++] != c)
			return false;
	}
	return count == name.len;
}

unsigned web_value_find(struct span text, struct span name, struct span *raw)
{
	unsigned count = 0;

	while (text.len) {
		struct span value = span_cut(&text, '&'), key = span_cut(&value, '=');

		if (key.len == 0 || !is_named(key, name))
			continue;
		*raw = value;
		count++;
	}
	return count;
}

static unsigned find_in(struct span text, struct span name, struct span *value)
{
	unsigned count = 0;

	while (text.len) {
		struct span given = span_trim(span_cut(&text, ';')), key = span_trim(span_cut(&given, '='));

		if (!given.at || !span_equal(key, name))
			continue;
		*value = span_trim(given);
		count++;
	}
	return count;
}

unsigned web_cookie_find(const struct fields *fields, struct span name, struct span *value)
{
	unsigned count = 0;

	for (unsigned i = 0; name.len && i < fields->count; i++)
		if (fields->list[i].id == FIELD_COOKIE)
			count += find_in(fields->list[i].value, name, value);
	return count;
}
