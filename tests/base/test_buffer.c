/* A buffer against a plain array, at its limits, and without memory. */
#include "check.h"
#include "failing.h"

#include "base/buffer.h"

#include "base/block.c"
#include "base/buffer.c"

static void nothing_past_the_maximum(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 10);
	assert_ok(buffer_append(&buffer, SPAN("12345678")));
	assert_result(buffer_append(&buffer, SPAN("9ab")), RESULT_LIMIT);
	assert_span(buffer_span(&buffer), "12345678");
	assert_ok(buffer_append(&buffer, SPAN("9a")));
	assert_int_equal(buffer_room(&buffer), 0);
	assert_result(buffer_append_byte(&buffer, 'x'), RESULT_LIMIT);
	assert_ok(buffer_append(&buffer, SPAN_NONE));
	assert_null(buffer_reserve(&buffer, 1));
	buffer_consume(&buffer, 3);
	assert_ok(buffer_append(&buffer, SPAN("bcd")));
	assert_span(buffer_span(&buffer), "456789abcd");
	buffer_done(&buffer);
}

static void printing_fills_to_the_last_byte(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 8);
	assert_ok(buffer_print(&buffer, "%s-%d", "abc", 7));
	assert_result(buffer_print(&buffer, "%s", "wxyz"), RESULT_LIMIT);
	assert_ok(buffer_print(&buffer, "%s", "xyz"));  /* exactly full: no place for a NUL */
	assert_span(buffer_span(&buffer), "abc-7xyz");
	assert_ok(buffer_print(&buffer, "%s", ""));
	assert_result(buffer_print(&buffer, "%d", 1), RESULT_LIMIT);
	buffer_done(&buffer);
}

static void numbers(void **state)
{
	static const struct { uint64_t value; struct span text; } table[] = {
		{ 0, SPAN_INIT("0") }, { 9, SPAN_INIT("9") }, { 10, SPAN_INIT("10") }, { 4294967296u, SPAN_INIT("4294967296") },
		{ UINT64_MAX, SPAN_INIT("18446744073709551615") },
	};
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 20);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buffer_reset(&buffer);
		assert_ok(buffer_append_u64(&buffer, table[i].value));
		assert_true(span_equal(buffer_span(&buffer), table[i].text));
	}
	assert_result(buffer_append_u64(&buffer, 1), RESULT_LIMIT);
	buffer_done(&buffer);
}

static void random_operations_agree_with_an_array(void **state)
{
	enum { MAX = 3000 };
	struct draws draws = { 11 };
	struct buffer buffer;
	char model[MAX], piece[700];
	size_t len = 0;

	(void)state;
	buffer_init(&buffer, MAX);
	for (unsigned i = 0; i < 20000; i++) {
		size_t count = (size_t)draw_below(&draws, sizeof(piece));

		for (size_t b = 0; b < count; b++)
			piece[b] = (char)draw(&draws);
		if (draw_below(&draws, 3) == 0) {
			count = count < len ? count : len;
			buffer_consume(&buffer, count);
			memmove(model, model + count, len - count);
			len -= count;
		} else if (draw_below(&draws, 2)) {
			assert_result(buffer_append(&buffer, span_make(piece, count)), count > MAX - len ? RESULT_LIMIT : RESULT_OK);
			if (count <= MAX - len) {
				memcpy(model + len, piece, count);
				len += count;
			}
		} else {
			char *to = buffer_reserve(&buffer, count);
			size_t part = count / 2;  /* less may be written than was reserved */

			assert_int_equal(to != NULL, count <= MAX - len);
			if (to) {
				memcpy(to, piece, part);
				buffer_commit(&buffer, part);
				memcpy(model + len, piece, part);
				len += part;
			}
		}
		if (i % 100 == 0)
			buffer_release(&buffer);
		assert_int_equal(buffer_room(&buffer), MAX - len);
		assert_true(buffer.size <= MAX);
		assert_true(span_equal(buffer_span(&buffer), span_make(model, len)));
	}
	buffer_done(&buffer);
}

static void memory_goes_back_only_when_empty(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 100);
	buffer_release(&buffer);
	assert_non_null(buffer_reserve(&buffer, 0));  /* nothing is a piece like any other */
	assert_ok(buffer_append(&buffer, SPAN("ab")));
	buffer_release(&buffer);
	assert_span(buffer_span(&buffer), "ab");
	buffer_consume(&buffer, 2);
	buffer_release(&buffer);
	assert_null(buffer.bytes);
	assert_int_equal(buffer.max_bytes, 100);
	assert_ok(buffer_append(&buffer, SPAN("again")));
	buffer_done(&buffer);
}

static void without_memory_nothing_changes(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 1 << 16);
	failing_from(1);
	assert_result(buffer_append(&buffer, SPAN("x")), RESULT_NO_MEMORY);
	assert_result(buffer_print(&buffer, "%d", 12), RESULT_NO_MEMORY);
	assert_null(buffer_reserve(&buffer, 10));
	failing_from(0);
	assert_ok(buffer_append(&buffer, SPAN("kept")));
	failing_from(1);
	assert_null(buffer_reserve(&buffer, 5000));
	assert_span(buffer_span(&buffer), "kept");
	failing_from(0);
	buffer_done(&buffer);
}

static void a_maximum_near_all_memory_ends(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, SIZE_MAX);
	failing_from(1);
	assert_null(buffer_reserve(&buffer, SIZE_MAX - 1));  /* doubling must not wrap to 0 and go on for ever */
	failing_from(0);
	buffer_done(&buffer);
}

static bool was_seen(size_t size)
{
	unsigned i = size_find(size);
	bool is_seen = false;

	for (unsigned k = 0; k < kept[i].count; k++)
		is_seen |= memmem(kept[i].list[k], size, "password", 8) != NULL;
	return is_seen;
}

/* What the allocator gets back cannot be looked at; what a thread keeps of blocks can. */
static void secrets_are_wiped(void **state)
{
	struct buffer buffer;

	(void)state;
	if (!keeps_blocks)
		skip();
	for (unsigned is_secret = 0; is_secret < 2; is_secret++) {
		block_thread_done();
		(is_secret ? buffer_init_secret : buffer_init)(&buffer, 8192);
		assert_non_null(buffer_reserve(&buffer, 2048));
		assert_ok(buffer_append(&buffer, SPAN("password")));
		assert_non_null(buffer_reserve(&buffer, 4000));  /* it grows */
		assert_int_equal(was_seen(2048), !is_secret);
		assert_span(buffer_span(&buffer), "password");
		buffer_consume(&buffer, 8);
		buffer_release(&buffer);
		assert_int_equal(was_seen(4096), !is_secret);
		block_thread_done();
		assert_non_null(buffer_reserve(&buffer, 2048));
		assert_ok(buffer_append(&buffer, SPAN("password")));  /* it is still one after it was released */
		buffer_done(&buffer);
		assert_int_equal(was_seen(2048), !is_secret);
	}
	block_thread_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_past_the_maximum),
		cmocka_unit_test(printing_fills_to_the_last_byte),
		cmocka_unit_test(numbers),
		cmocka_unit_test(random_operations_agree_with_an_array),
		cmocka_unit_test(memory_goes_back_only_when_empty),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(a_maximum_near_all_memory_ends),
		cmocka_unit_test(secrets_are_wiped),
	};

	return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
