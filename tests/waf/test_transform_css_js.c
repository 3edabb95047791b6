/* Backslashes as CSS, JavaScript and C read them; cut at every place. */
#include "transform_check.h"

static void css(void **state)
{
	static const struct example table[] = {
		ROW("\\41", "A"),
		ROW("\\41 b", "Ab"),
		ROW("\\41  b", "A b"),
		ROW("\\41\r\nb", "A\nb"),
		ROW("\\000041b", "Ab"),
		ROW("\\0000041", "\x04" "1"),
		ROW("\\141\\1141", "AA"),
		ROW("\\g\\z\\\\", "gz\\"),
		ROW("a\\\nb", "ab"),
		ROW("\\\r\nb", "\r\nb"),
		ROW("a\\", "a"),
		ROW("\\", ""),
		ROW("\\4", "\x04"),
		ROW("ja\\vascript", "javascript"),
		SAME("plain"),
	};

	(void)state;
	check_examples(TRANSFORM_CSS_DECODE, table);
}

static void css_full_width(void **state)
{
	static const struct example table[] = {
		ROW("\\ff41", "a"),
		ROW("\\0ff41 x", "ax"),
		ROW("\\00ff41", "a"),
		ROW("\\1ff41", "A"),
		ROW("\\12ff41", "A"),
		ROW("\\ff00", "\0"),
		ROW("\\ff5e\\ff5f", "~_"),
	};

	(void)state;
	check_examples(TRANSFORM_CSS_DECODE, table);
}

static void javascript(void **state)
{
	static const struct example table[] = {
		ROW("\\a\\b\\f\\n\\r\\t\\v", "\a\b\f\n\r\t\v"),
		ROW("\\\\\\?\\\'\\\"\\q", "\\?\'\"q"),
		ROW("\\x41\\x4a\\x4A", "AJJ"),
		ROW("\\xg\\x4\\x4g\\X41\\x", "xgx4x4gX41x"),
		ROW("\\u0041\\u0141", "AA"),
		ROW("\\uff41\\uff00\\uff5e\\uff5f", "a\0~_"),
		ROW("\\u00g1\\u004\\u{41}\\U0041", "u00g1u004u{41}U0041"),
		ROW("\\101\\1\\12\\0\\377", "A\x01\n\0\xff"),
		ROW("\\400\\777\\8\\08\\0000\\1234", " 0?78\0" "8\0" "0S4"),
		SAME("a\\"),
		SAME("\\"),
		ROW("\\\n", "\n"),
	};

	(void)state;
	check_examples(TRANSFORM_JS_DECODE, table);
}

static void escape_sequences(void **state)
{
	static const struct example table[] = {
		ROW("\\a\\b\\f\\n\\r\\t\\v", "\a\b\f\n\r\t\v"),
		ROW("\\\\\\?\\\'\\\"\\q", "\\?\'\"q"),
		ROW("\\x41\\X4a", "AJ"),
		ROW("\\xg\\x4\\Xag", "xgx4Xag"),
		ROW("\\u0041", "u0041"),
		ROW("\\101\\1\\12\\0\\377", "A\x01\n\0\xff"),
		ROW("\\400\\777\\666", "\0\xff\xb6"),
		ROW("\\8\\08\\0000", "8\0" "8\0" "0"),
		SAME("a\\"),
	};

	(void)state;
	check_examples(TRANSFORM_ESCAPE_SEQ_DECODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(css),
		cmocka_unit_test(css_full_width),
		cmocka_unit_test(javascript),
		cmocka_unit_test(escape_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
