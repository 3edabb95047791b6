/* A value that is added, in a query or as a cookie, is found once more, and is the last; what is found lies in the text. */
#include <assert.h>

#include "hub/web/read/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), raw = SPAN_NONE, more, found = SPAN_NONE;
	struct fields fields;
	struct arena arena;
	unsigned count = web_value_find(text, SPAN("q"), &raw);

	arena_init(&arena, 4 * size + 65536, 4096);
	fields_init(&fields, &arena, 4);
	assert(raw.len == 0 || (count && raw.at >= text.at && raw.at + raw.len <= text.at + size));
	more = arena_print(&arena, "%.*s&%%71=new", SPAN_ARG(text));
	if (more.len == size + 8)  /* there was no NUL in it */
		assert(web_value_find(more, SPAN("q"), &found) == count + 1 && span_equal(found, SPAN("new")));
	raw = SPAN_NONE;
	assert(fields_add(&fields, FIELD_COOKIE, SPAN("Cookie"), text) == RESULT_OK);
	count = web_cookie_find(&fields, SPAN("q"), &raw);
	assert(raw.len == 0 || (count && raw.at >= text.at && raw.at + raw.len <= text.at + size));
	assert(fields_add(&fields, FIELD_COOKIE, SPAN("Cookie"), SPAN("a=b; q=new")) == RESULT_OK);
	assert(web_cookie_find(&fields, SPAN("q"), &found) == count + 1 && span_equal(found, SPAN("new")));
	arena_done(&arena);
	return 0;
}
