/* Hexadecimal: both ways, odd ends, what is no digit; the literals of SQL. */
#include "transform_check.h"

static void decodes(void **state)
{
	static const struct example table[] = {
		SAME(""),
		ROW("414a4A", "AJJ"),
		ROW("414", "A"),
		ROW("4", ""),
		ROW("zz", "S"),
		ROW("@1", "\x01"),
		ROW("00", "\0"),
	};

	(void)state;
	check_examples(TRANSFORM_HEX_DECODE, table);
}

static void encodes(void **state)
{
	static const struct example table[] = {
		SAME(""),
		ROW("A\0\xff", "4100ff"),
	};

	(void)state;
	check_examples(TRANSFORM_HEX_ENCODE, table);
}

static void sql_literals(void **state)
{
	static const struct example table[] = {
		ROW("0x41", "A"),
		ROW("0X4142", "AB"),
		ROW("a=0x414a4A;", "a=AJJ;"),
		ROW("0x414", "A4"),
		ROW("00x41", "0A"),
		ROW("0x0x41", "0xA"),
		SAME("0x"),
		SAME("0x4"),
		SAME("0xg1"),
		SAME("x41"),
		SAME("1x41"),
		SAME("xX"),
	};

	(void)state;
	check_examples(TRANSFORM_SQL_HEX_DECODE, table);
}

static void the_byte_behind_a_literal_begins_none(void **state)
{
	static const struct example table[] = {
		ROW("0x410x42", "A0x42"),
		ROW("0x410x42a0x43", "A0x42aC"),
		ROW("0x41 0x42", "A B"),
	};

	(void)state;
	check_examples(TRANSFORM_SQL_HEX_DECODE, table);
}

static void sql_ends_at_a_null(void **state)
{
	static const struct example table[] = {
		ROW("a\0b", "a"),
		ROW("0x00", ""),
		ROW("a0x41004242", "aA"),
		ROW("0x4100x42", "A"),
		ROW("\0" "0x41", ""),
	};

	(void)state;
	check_examples(TRANSFORM_SQL_HEX_DECODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(encodes),
		cmocka_unit_test(sql_literals),
		cmocka_unit_test(the_byte_behind_a_literal_begins_none),
		cmocka_unit_test(sql_ends_at_a_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
