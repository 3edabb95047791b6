#include "hub/web/read/path.h"

#include "hub/web/read/decode.h"

#include "base/banned.h"

static bool is_dots(struct span text)
{
	return span_equal(text, SPAN(".")) || span_equal(text, SPAN(".."));
}

/* What an encoded slash hides is looked at as if it stood there. */
static bool is_safe(struct span segment)
{
	if (span_find(segment, '\\') < segment.len)
		return false;
	while (segment.at)
		if (is_dots(span_cut(&segment, '/')))
			return false;
	return true;
}

static enum result segments_read(struct span raw, struct arena *arena, struct web_path *path)
{
	struct span rest = raw;

	(void)span_cut(&rest, '/');
	path->count = 0;
	while (rest.at) {
		struct span text = span_cut(&rest, '/'), decoded;
		enum result result;

		if (text.len == 0 && rest.at)
			return RESULT_MALFORMED;
		if (path->count == WEB_SEGMENTS_MAX)
			return RESULT_LIMIT;
		result = percent_decode(text, DECODE_SEGMENT, arena, &decoded);
		if (result != RESULT_OK)
			return result;
		if (!is_safe(decoded))
			return RESULT_MALFORMED;
		path->segments[path->count++] = decoded;
	}
	return RESULT_OK;
}

/* OUT has room for what SEGMENT was decoded from. */
static size_t segment_write(struct span segment, char *out)
{
	size_t len = 0;

	out[len++] = '/';
	for (size_t i = 0; i < segment.len; i++) {
		char c = segment.at[i];

		if (c == '/' || c == '%') {
			memcpy(out + len, c == '/' ? "%2F" : "%25", 3);
			len += 3;
		} else {
			out[len++] = c;
		}
	}
	return len;
}

enum result web_path_read(struct span raw, struct arena *arena, struct web_path *out)
{
	struct web_path path;
	enum result result;
	size_t len = 0;
	char *text;

	if (raw.len == 0 || raw.at[0] != '/')
		return RESULT_MALFORMED;
	result = segments_read(raw, arena, &path);
	if (result != RESULT_OK)
		return result;
	text = arena_take(arena, raw.len);
	if (!text)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < path.count; i++)
		len += segment_write(path.segments[i], text + len);
	path.text = span_make(text, len);
	*out = path;
	return RESULT_OK;
}

static bool is_part(struct span piece)
{
	return piece.len > 2 && piece.at[0] == '{' && piece.at[piece.len - 1] == '}';
}

static bool is_word(struct span piece)
{
	for (size_t i = 0; i < piece.len; i++) {
		char c = ascii_lower(piece.at[i]);

		if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return piece.len > 0 && !is_dots(piece);
}

bool web_pattern_is_valid(struct span pattern)
{
	size_t segments = 0, parts = 0;

	if (span_equal(pattern, SPAN("/")))
		return true;
	if (pattern.len == 0 || pattern.at[0] != '/')
		return false;
	(void)span_cut(&pattern, '/');
	for (; pattern.at; segments++) {
		struct span piece = span_cut(&pattern, '/');

		parts += is_part(piece);
		if (!is_word(is_part(piece) ? span_make(piece.at + 1, piece.len - 2) : piece))
			return false;
	}
	return segments <= WEB_SEGMENTS_MAX && parts <= WEB_PATTERN_PARTS_MAX;
}

bool web_pattern_matches(struct span pattern, const struct web_path *path, struct span parts[WEB_PATTERN_PARTS_MAX], uint32_t *rank)
{
	struct span found[WEB_PATTERN_PARTS_MAX] = { 0 };
	size_t at = 0, count = 0;
	uint32_t literal = 0;

	(void)span_cut(&pattern, '/');
	for (; pattern.at && at < path->count; at++) {
		struct span piece = span_cut(&pattern, '/');

		if (!is_part(piece)) {
			if (!span_equal(piece, path->segments[at]))
				return false;
			literal |= 1u << (WEB_SEGMENTS_MAX - 1 - at);
		} else if (path->segments[at].len == 0 || count == WEB_PATTERN_PARTS_MAX) {
			return false;
		} else {
			found[count++] = path->segments[at];
		}
	}
	if (pattern.at || at < path->count)
		return false;
	memcpy(parts, found, sizeof(found));
	*rank = literal;
	return true;
}
