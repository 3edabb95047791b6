/* What every test of a transformation asks: the answer, and the laws of transform.h around it. */
#ifndef BOUCLIER_TESTS_WAF_TRANSFORM_CHECK_H
#define BOUCLIER_TESTS_WAF_TRANSFORM_CHECK_H

#include "../base/check.h"

#include <stdlib.h>

#include "waf/transform/transform.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CHECK_LIMIT ((size_t)64 << 20)

struct example {
	struct span in, out;
};

static inline bool meets_touches(enum transform transform, struct span in)
{
	const struct byte_set *touches = transform_touches(transform);
	struct byte_set bytes = { { 0 } };

	byte_set_add_span(&bytes, in);
	return !touches || byte_sets_meet(&bytes, touches);
}

/* One byte less than it took: fails, and OUT is untouched. */
static inline void check_limit(enum transform transform, struct span in, size_t used_bytes)
{
	struct span out = SPAN("untouched");
	struct arena arena;

	arena_init(&arena, used_bytes - 1, 1);
	assert_result(transform_apply(transform, in, &arena, &out), RESULT_NO_MEMORY);
	assert_span(out, "untouched");
	arena_done(&arena);
}

/* What TRANSFORM makes of IN, in ARENA, which must be empty; IN must be memory of its exact size. */
static inline struct span check_laws(enum transform transform, struct span in, struct arena *arena)
{
	struct span out;
	bool is_same;

	assert_ok(transform_apply(transform, in, arena, &out));
	is_same = span_equal(in, out);
	if (is_same) {
		assert_ptr_equal(out.at, in.at);
		assert_int_equal(arena->used_bytes, 0);
	}
	assert_true(is_same || meets_touches(transform, in));
	assert_true(out.len <= 4 * in.len + 64);
	if (arena->used_bytes)
		check_limit(transform, in, arena->used_bytes);
	return out;
}

/* IN is copied, so that a sanitizer sees a byte read beyond it. */
static inline void check_example(enum transform transform, struct span in, struct span want)
{
	char *copy = malloc(in.len ? in.len : 1);
	struct arena arena;
	struct span out;

	if (in.len)
		memcpy(copy, in.at, in.len);
	arena_init(&arena, CHECK_LIMIT, 4096);
	out = check_laws(transform, span_make(copy, in.len), &arena);
	if (!span_equal(out, want))
		fail_msg("%s of \"%.*s\" is \"%.*s\", not \"%.*s\"", transform_name(transform), SPAN_ARG(in), SPAN_ARG(out), SPAN_ARG(want));
	arena_done(&arena);
	free(copy);
}

#define check_examples(transform, table) \
	do { \
		for (size_t example_i = 0; example_i < COUNT(table); example_i++) \
			check_example(transform, (table)[example_i].in, (table)[example_i].out); \
	} while (0)

#define ROW(in, out) { SPAN_INIT(in), SPAN_INIT(out) }
#define SAME(in) { SPAN_INIT(in), SPAN_INIT(in) }

#endif
