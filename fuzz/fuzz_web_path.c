/* A path has one list of segments or none: what is written of it reads as the same; nothing in it climbs; a pattern matches as many segments as it has. */
#include <assert.h>

#include "hub/web/read/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct web_path *path, struct arena *arena)
{
	struct web_path again;

	assert(path->count > 0 && web_path_read(path->text, arena, &again) == RESULT_OK && again.count == path->count);
	for (size_t i = 0; i < path->count; i++) {
		struct span segment = path->segments[i];

		assert(span_equal(again.segments[i], segment) && (segment.len || i + 1 == path->count));
		assert(!span_contains(segment, SPAN("/../")) && !span_starts(segment, SPAN("../")) && !span_ends(segment, SPAN("/..")) && !span_equal(segment, SPAN("..")));
		assert(!span_contains(segment, SPAN("\\")) && span_find(segment, '\0') == segment.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span raw = span_make((const char *)data, size), pattern = span_cut(&raw, '\n'), parts[WEB_PATTERN_PARTS_MAX] = { 0 };
	struct web_path path;
	struct arena arena;
	size_t slashes = 0;
	uint32_t rank;

	arena_init(&arena, 4 * size + 4096, 4096);
	if (web_path_read(raw, &arena, &path) == RESULT_OK) {
		check(&path, &arena);
		for (size_t i = 0; i < pattern.len; i++)
			slashes += pattern.at[i] == '/';
		if (web_pattern_is_valid(pattern) && web_pattern_matches(pattern, &path, parts, &rank))
			assert(slashes == path.count && (span_find(pattern, '{') == pattern.len) == (parts[0].len == 0));
	}
	arena_done(&arena);
	return 0;
}
