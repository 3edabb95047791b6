/* UTF-8 as %uXXXX: good characters, and each kind of bad one. */
#include "transform_check.h"

/* C0 80 grows most: the limit of transform.h holds for a value made of nothing else. */
static void what_grows_most(void **state)
{
	static const char pair[2] = { '\xc0', '\x80' };
	char bytes[2000];
	struct arena arena;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pair[i % 2];
	arena_init(&arena, 1 << 16, 4096);
	assert_int_equal(check_laws(TRANSFORM_UTF8_TO_UNICODE, span_make(bytes, sizeof(bytes)), &arena).len, 7000);
	arena_done(&arena);
}

static void characters(void **state)
{
	static const struct example table[] = {
		SAME("abc %u00e9"),
		ROW("\xc3\xa9t\xc3\xa9", "%u00e9t%u00e9"),
		ROW("\xe2\x82\xac", "%u20ac"),
		ROW("\xf0\x9f\x98\x80", "%u1f600"),
		ROW("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80", "%u07ff%u0800%uffff%u10000"),
		ROW("\xf4\x90\x80\x80", "%u110000"),
	};

	(void)state;
	check_examples(TRANSFORM_UTF8_TO_UNICODE, table);
}

static void nulls_are_dropped(void **state)
{
	static const struct example table[] = {
		ROW("a\0b\0", "ab"),
		ROW("\0", ""),
	};

	(void)state;
	check_examples(TRANSFORM_UTF8_TO_UNICODE, table);
}

static void what_begins_no_character_stays(void **state)
{
	static const struct example table[] = {
		SAME("\x80\xbf"),
		SAME("\xf8\x88\x80\x80\x80\xff"),
	};

	(void)state;
	check_examples(TRANSFORM_UTF8_TO_UNICODE, table);
}

static void cut_characters_lose_their_beginning(void **state)
{
	static const struct example table[] = {
		ROW("\xc3", ""),
		ROW("\xc3x", "x"),
		ROW("\xe2\x82", "\x82"),
		ROW("\xe2x\x82", "x\x82"),
		ROW("\xf0\x9f\x98x", "\x9f\x98x"),
		SAME("\xf5\x80\x80"),
	};

	(void)state;
	check_examples(TRANSFORM_UTF8_TO_UNICODE, table);
}

static void forbidden_ones_keep_it(void **state)
{
	static const struct example table[] = {
		ROW("\xc0\xaf", "%u002f\xc0"),
		ROW("\xc0\x80", "%u0000\xc0"),
		ROW("\xe0\x80\xaf", "%u002f\xe0"),
		ROW("\xf0\x80\x80\xaf", "%u002f\xf0"),
		ROW("\xed\xa0\x80", "%ud800\xed"),
		ROW("\xf5\x80\x80\x80", "\xf5%u140000"),
		ROW("\xf7\xbf\xbf\xbf", "\xf7%u1fffff"),
	};

	(void)state;
	check_examples(TRANSFORM_UTF8_TO_UNICODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters),
		cmocka_unit_test(nulls_are_dropped),
		cmocka_unit_test(what_begins_no_character_stays),
		cmocka_unit_test(cut_characters_lose_their_beginning),
		cmocka_unit_test(forbidden_ones_keep_it),
		cmocka_unit_test(what_grows_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
