/* Conditions, cookies and variants of whatever a request says: read to their ends, and the same twice; what only one of two requests says
 * keeps them apart. Lines of the input: If-None-Match, If-Modified-Since, If-Range, ETag, Cookie, Accept-Encoding, Vary. */
#include <assert.h>

#include "cache/condition.h"
#include "cache/cookie.h"
#include "cache/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum field_id ids[] = { FIELD_IF_NONE_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_RANGE, FIELD_ETAG, FIELD_COOKIE, FIELD_ACCEPT_ENCODING, FIELD_VARY };
	struct span rest = span_make((const char *)data, size), wordpress = SPAN("wordpress"), vary = SPAN_NONE, one = SPAN_NONE, two = SPAN_NONE;
	char vary_text[VARIANT_BYTES_MAX], text[VARIANT_BYTES_MAX], again[VARIANT_BYTES_MAX];
	struct field list[7];
	struct fields fields = { .list = list, .count = 7, .size = 7, .max = 7 };

	for (unsigned i = 0; i < 7; i++)
		list[i] = (struct field){ field_name(ids[i]), span_trim(span_cut(&rest, '\n')), ids[i] };
	/* What is not "*" and holds no such tag is none. */
	if (condition_is_not_modified(&fields, &fields, INT64_C(1790000000)))
		assert(span_equal(list[0].value, SPAN("*")) || (list[3].value.len && span_find(list[0].value, '"') < list[0].value.len));
	if (condition_allows_range(&fields, &fields, INT64_C(1790000000)))
		assert(span_equal(list[2].value, list[3].value));
	assert(cookie_kind_of(&fields, &wordpress, 1) <= COOKIE_SESSION);
	assert(key_vary_kind(&fields) <= VARY_ANYTHING);
	if (key_vary_write(&fields, vary_text, &vary) != RESULT_OK)
		return 0;
	if (key_variant_write(&fields, vary, text, &one) == RESULT_OK) {
		assert(one.len <= VARIANT_BYTES_MAX);
		assert(key_variant_write(&fields, vary, again, &two) == RESULT_OK && span_equal(one, two));
	}
	(void)key_accepts_codings(&fields, list[5].value);
	return 0;
}
