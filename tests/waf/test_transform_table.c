/* The table: every row is there, and its set of bytes is exact: each byte of it changes something somewhere, and no other
 * byte ever does. */
#include "transform_check.h"

#include "waf/transform/parts.h"

static void every_row_is_there(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++) {
		assert_non_null(transform_names[i]);
		assert_non_null(transform_table[i].apply);
		assert_ptr_equal(transform_touches((enum transform)i), transform_table[i].touches);
	}
}

static bool is_changed(enum transform transform, struct span in)
{
	struct arena arena;
	struct span out;
	bool is_same;

	arena_init(&arena, 4096, 4096);
	assert_ok(transform_apply(transform, in, &arena, &out));
	is_same = span_equal(in, out);
	arena_done(&arena);
	return !is_same;
}

/* Is there a value with BYTE, whose other bytes are not in the set or are what the byte needs, that changes? */
static bool can_change(enum transform transform, char byte)
{
	static const char *const frames[] = { "%c", "%c ", " %c", "%c41", "a%c1", "0%c41", "%c*", "%c-", "%c!--", "*%c", "-%c", "%clt;", "%c.", "a/%c/b",
		                              "%c%c", "a%cb", "%c\x80\x80\x80", "%c\x80\x80", "%c\x80", "*%c/", "%c/", "%cx41", "/%c" };

	for (size_t i = 0; i < COUNT(frames); i++) {
		char text[32];
		size_t len = 0;

		for (const char *c = frames[i]; *c; c++) {
			bool is_place = c[0] == '%' && c[1] == 'c';

			text[len++] = is_place ? byte : *c;
			c += is_place ? 1 : 0;
		}
		if (is_changed(transform, span_make(text, len)))
			return true;
	}
	return false;
}

static void every_byte_of_a_set_can_change_a_value(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++)
		for (unsigned byte = 0; byte < 256 && transform_table[i].touches; byte++)
			if (byte_set_has(transform_table[i].touches, (unsigned char)byte) && !can_change((enum transform)i, (char)byte))
				fail_msg("%s never changes for byte %u", transform_names[i], byte);
}

/* Values of bytes outside the set only: nothing changes, and there is no other place than this for the claim to be wrong. */
static void no_other_byte_ever_does(void **state)
{
	struct draws draws = { 7 };

	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++) {
		const struct byte_set *touches = transform_table[i].touches;

		for (unsigned round = 0; round < 3000 && touches; round++) {
			char text[64];
			size_t len = 0;

			for (unsigned n = 0; n < sizeof(text); n++) {
				unsigned char byte = (unsigned char)draw(&draws);

				if (!byte_set_has(touches, byte))
					text[len++] = (char)byte;
			}
			assert_false(is_changed((enum transform)i, span_make(text, len)));
		}
	}
}

static void digits(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		bool is_digit_or_letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		assert_int_equal(is_hex((char)c), is_digit_or_letter);
		if (is_digit_or_letter)
			assert_int_equal(hex_values[c], strtoul((char[]){ (char)c, 0 }, NULL, 16));
	}
	assert_int_equal(hex_pair("4g"), -1);
	assert_int_equal(hex_pair("g4"), -1);
	assert_int_equal(hex_pair("fF"), 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_there),
		cmocka_unit_test(every_byte_of_a_set_can_change_a_value),
		cmocka_unit_test(no_other_byte_ever_does),
		cmocka_unit_test(digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
