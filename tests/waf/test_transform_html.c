/* Entities: numbers of both kinds, the names that count, what is none, numbers too large. */
#include "transform_check.h"

static void numbers(void **state)
{
	static const struct example table[] = {
		ROW("&#65;", "A"),
		ROW("&#65", "A"),
		ROW("&#x41;&#X4a", "AJ"),
		ROW("&#0;", "\0"),
		ROW("&#x141;", "A"),
		ROW("&#321;", "A"),
		ROW("&#00000000000000000000000065;", "A"),
		ROW("&#65&#66", "AB"),
		ROW("&#6a;", "\x06" "a;"),
		ROW("a&#65;;", "aA;"),
	};

	(void)state;
	check_examples(TRANSFORM_HTML_ENTITY_DECODE, table);
}

static void numbers_beyond_64_bits(void **state)
{
	static const struct example table[] = {
		ROW("&#9223372036854775807;", "\xff"),
		ROW("&#9223372036854775808;", "\xff"),
		ROW("&#18446744073709551681;", "\xff"),
		ROW("&#x7fffffffffffff41;", "A"),
		ROW("&#x8000000000000041;", "\xff"),
		ROW("&#x10000000000000041;", "\xff"),
	};

	(void)state;
	check_examples(TRANSFORM_HTML_ENTITY_DECODE, table);
}

static void names(void **state)
{
	static const struct example table[] = {
		ROW("&quot;&amp;&lt;&gt;&nbsp;", "\"&<>\xa0"),
		ROW("&QUOT&Amp&lT", "\"&<"),
		ROW("&lt<", "<<"),
		ROW("&amp;lt;", "&lt;"),
		ROW("&&lt;", "&<"),
	};

	(void)state;
	check_examples(TRANSFORM_HTML_ENTITY_DECODE, table);
}

static void what_is_no_entity_stays(void **state)
{
	static const struct example table[] = {
		SAME("&"),
		SAME("&#"),
		SAME("&#;"),
		SAME("&#x"),
		SAME("&#xg;"),
		SAME("&#-1;"),
		SAME("&apos;&copy;&foo"),
		SAME("&ltx;"),
		SAME("& lt;"),
		SAME("a=1&b=2"),
		SAME("&l\0t;"),
		SAME("&;"),
	};

	(void)state;
	check_examples(TRANSFORM_HTML_ENTITY_DECODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_beyond_64_bits),
		cmocka_unit_test(names),
		cmocka_unit_test(what_is_no_entity_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
