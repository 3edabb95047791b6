/* Case: every byte at every place of a block, and at the ends. */
#include "transform_check.h"

static void every_byte_at_every_place(void **state)
{
	char bytes[40];
	struct span out;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof(bytes); at++) {
			memset(bytes, '1', sizeof(bytes));
			bytes[at] = (char)c;
			arena_reset(&arena);
			assert_ok(transform_apply(TRANSFORM_LOWERCASE, span_make(bytes, sizeof(bytes)), &arena, &out));
			assert_int_equal((unsigned char)out.at[at], c >= 'A' && c <= 'Z' ? c + 32 : c);
			assert_ok(transform_apply(TRANSFORM_UPPERCASE, span_make(bytes, sizeof(bytes)), &arena, &out));
			assert_int_equal((unsigned char)out.at[at], c >= 'a' && c <= 'z' ? c - 32 : c);
			assert_int_equal(out.at[(at + 1) % sizeof(bytes)], '1');
		}
	arena_done(&arena);
}

static void lowers(void **state)
{
	static const struct example table[] = {
		SAME(""),
		SAME("abc @[`{\x7f\xc9"),
		ROW("ABC", "abc"),
		ROW("SELECT x FROM y WHERE Z=1", "select x from y where z=1"),
		ROW("\0A", "\0a"),
	};

	(void)state;
	check_examples(TRANSFORM_LOWERCASE, table);
}

static void raises(void **state)
{
	static const struct example table[] = {
		SAME("ABC @[`{\xe9"),
		ROW("abc", "ABC"),
		ROW("Ab\0c", "AB\0C"),
	};

	(void)state;
	check_examples(TRANSFORM_UPPERCASE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowers),
		cmocka_unit_test(raises),
		cmocka_unit_test(every_byte_at_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
