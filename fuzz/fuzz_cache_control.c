/* Whatever Cache-Control says, it is read to its end, ages are in range, and a directive more never makes an answer less private. */
#include <assert.h>

#include "cache/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t age)
{
	assert(age == CONTROL_NONE || (age >= 0 && age <= CONTROL_SECONDS_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct field list[2] = { { SPAN("cache-control"), span_make((const char *)data, size), FIELD_CACHE_CONTROL },
	                         { SPAN("cache-control"), SPAN("no-store, private, max-age=5"), FIELD_CACHE_CONTROL } };
	struct fields fields = { .list = list, .count = 1, .size = 2, .max = 2 };
	struct cache_control control, more;

	cache_control_read(&fields, &control);
	check(control.max_age);
	check(control.s_maxage);
	check(control.min_fresh);
	check(control.while_revalidate);
	check(control.if_error);
	fields.count = 2;
	cache_control_read(&fields, &more);
	assert(more.no_store && more.is_private && more.max_age >= 0 && more.max_age <= 5);
	assert(more.is_public == control.is_public && more.no_cache == control.no_cache && more.is_broken == control.is_broken);
	return 0;
}
