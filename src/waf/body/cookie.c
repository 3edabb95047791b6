#include "waf/body/cookie.h"

#include "waf/body/inside.h"

#include "base/banned.h"

static struct span skip_spaces(struct span text)
{
	while (text.len && is_space(*text.at))
		text = span_skip(text, 1);
	return text;
}

static struct span trim_end(struct span text)
{
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Up to the first of STOPS. */
static struct span take_until(struct span text, const char *stops)
{
	size_t len = 0;

	while (len < text.len && !(text.at[len] && strchr(stops, text.at[len])))
		len++;
	return span_take(text, len);
}

/* A header without a semicolon whose first comma has a space behind it was joined with commas, as some proxies did. */
static char find_separator(struct span header)
{
	size_t comma = span_find(header, ',');

	return memchr(header.at, ';', header.len) || header.len - comma < 2 || header.at[comma + 1] != ' ' ? ';' : ',';
}

static enum result version_0(struct reader *reader, struct span header, char separator)
{
	enum result result = RESULT_OK;

	if (!separator && header.len)
		separator = find_separator(header);
	while (result == RESULT_OK && header.len) {
		struct span value = skip_spaces(span_cut(&header, separator));
		struct span name = span_cut(&value, '=');

		if (name.len)
			result = reader_argument(reader, name, value);
	}
	return result;
}

/* After '=': "quoted", without escapes, or up to a separator. */
static struct span version_1_value(struct span *rest)
{
	struct span value;

	*rest = skip_spaces(*rest);
	if (rest->len == 0 || *rest->at != '"') {
		value = take_until(*rest, ",;");
		*rest = span_skip(*rest, value.len);
		return trim_end(value);
	}
	value = take_until(span_skip(*rest, 1), "\"");
	*rest = span_skip(*rest, value.len + 2);
	return value;
}

/* An attribute ($Path ...) is named after the cookie that it belongs to. */
static enum result give_attribute(struct reader *reader, struct span owner, struct span name, struct span value)
{
	struct buffer full;
	enum result result;

	if (!owner.len)
		return reader_argument(reader, name, value);
	buffer_init(&full, owner.len + name.len + 1);
	result = buffer_append_byte(&full, '$');
	if (result == RESULT_OK)
		result = buffer_append(&full, owner);
	if (result == RESULT_OK)
		result = buffer_append_byte(&full, '_');
	if (result == RESULT_OK)
		result = buffer_append(&full, span_skip(name, 1));
	if (result == RESULT_OK)
		result = reader_argument(reader, buffer_span(&full), value);
	buffer_done(&full);
	return result;
}

static enum result version_1(struct reader *reader, struct span rest)
{
	struct span owner = SPAN_NONE;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && rest.len) {
		struct span name, value = SPAN_NONE;

		rest = skip_spaces(rest);
		name = take_until(rest, "=;,");
		rest = span_skip(rest, name.len);
		name = trim_end(name);
		if (rest.len && *rest.at == '=') {
			rest = span_skip(rest, 1);
			value = version_1_value(&rest);
		}
		if (name.len && *name.at == '$')
			result = give_attribute(reader, owner, name, value);
		else if (name.len)
			result = reader_argument(reader, owner = name, value);
		while (rest.len && (is_space(*rest.at) || *rest.at == ',' || *rest.at == ';'))
			rest = span_skip(rest, 1);
	}
	return result;
}

enum result cookies_read(enum cookie_format format, struct span header, char separator, const struct body_limits *limits,
                         const struct body_sink *sink, struct body_report *report)
{
	struct reader reader;
	enum result result;

	reader_init(&reader, limits, sink);
	reader.report = *report;
	result = format == COOKIE_V0 ? version_0(&reader, header, separator) : version_1(&reader, header);
	*report = reader.report;
	return result == RESULT_MALFORMED ? RESULT_OK : result;
}
