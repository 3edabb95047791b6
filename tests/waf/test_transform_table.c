/* The table: every row is there, and its set of bytes is exact: each byte of it changes some value that holds no other byte
 * of the set, and a value that holds none never changes. */
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

/* FRAME with each %c in it as BYTE; 0: it holds another byte of the set. */
static size_t fill_frame(const char *frame, const struct byte_set *touches, char byte, char *text)
{
	size_t len = 0;

	for (const char *c = frame; *c; c++) {
		bool is_place = c[0] == '%' && c[1] == 'c';

		text[len++] = is_place ? byte : *c;
		if (!is_place && *c != byte && byte_set_has(touches, (unsigned char)*c))
			return 0;
		c += is_place ? 1 : 0;
	}
	return len;
}

/* Is there a value with BYTE that changes, and with no other byte of the set? */
static bool can_change(enum transform transform, char byte)
{
	static const char *const frames[] = { "%c", "%cb", "a%c1", "%c41", "0%c41", "%c*", "%c%c", "%clt;", "%c\x80\x80\x80", "%c\x80\x80", "%c\x80", "a%cb" };
	char text[32];

	for (size_t i = 0; i < COUNT(frames); i++) {
		size_t len = fill_frame(frames[i], transform_touches(transform), byte, text);

		if (len && is_changed(transform, span_make(text, len)))
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

/* Values of bytes outside the set only, most of them such as mean something to some transformation. */
static void no_other_byte_ever_does(void **state)
{
	static const char often[] = "\\%&#;xXu0041fF/*-<>!.. \t+\"'^,=[]_\xa0\xc0\xe2\x80";
	struct draws draws = { 7 };

	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++) {
		const struct byte_set *touches = transform_table[i].touches;

		for (unsigned round = 0; round < 3000 && touches; round++) {
			char text[64];
			size_t len = 0;

			for (unsigned n = 0; n < sizeof(text); n++) {
				unsigned char byte = (unsigned char)(draw_below(&draws, 4) ? often[draw_below(&draws, sizeof(often))] : (char)draw(&draws));

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
