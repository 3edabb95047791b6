/* The first byte says which: its answer is bounded; nothing changed: the same span, an untouched arena; nothing changes without
 * a byte it touches; again gives the same; one byte of memory less gives no answer. */
#include <assert.h>

#include "waf/transform/transform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool may_change(enum transform transform, struct span in)
{
	struct byte_set bytes = { { 0 } };

	byte_set_add_span(&bytes, in);
	return !transform_touches(transform) || byte_sets_meet(&bytes, transform_touches(transform));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum transform transform = (enum transform)(size ? data[0] % TRANSFORM_COUNT : 0);
	struct span in = span_skip(span_make((const char *)data, size), 1), out, again;
	struct arena arena, tight;

	arena_init(&arena, 8 * size + 256, 64);
	assert(transform_apply(transform, in, &arena, &out) == RESULT_OK);
	assert(out.len <= 4 * in.len + 64);
	if (span_equal(in, out))
		assert(in.at == out.at && arena.used_bytes == 0);
	else
		assert(may_change(transform, in));
	arena_init(&tight, arena.used_bytes, 1);
	assert(transform_apply(transform, in, &tight, &again) == RESULT_OK && span_equal(out, again));
	arena_done(&tight);
	if (arena.used_bytes) {
		arena_init(&tight, arena.used_bytes - 1, 1);
		assert(transform_apply(transform, in, &tight, &again) == RESULT_NO_MEMORY);
		arena_done(&tight);
	}
	arena_done(&arena);
	return 0;
}
