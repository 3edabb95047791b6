#include "../base/check.h"
#include "hub/api/ask/cursor.h"

static void what_is_written_is_read(void **unused)
{
	static const struct cursor cursors[] = { { 0, 0 }, { 1769860800000u, 23 }, { UINT64_MAX, UINT64_MAX } };

	(void)unused;
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		char text[CURSOR_LEN + 1];
		struct cursor read;

		cursor_write(CURSOR_EVENTS, cursors[i], text);
		assert_ok(cursor_read(CURSOR_EVENTS, span_make(text, CURSOR_LEN), &read));
		assert_true(read.sort == cursors[i].sort && read.key == cursors[i].key);
		assert_result(cursor_read(CURSOR_INCIDENTS, span_make(text, CURSOR_LEN), &read), RESULT_MALFORMED);
	}
}

static void what_is_none_is_refused(void **unused)
{
	static const char *const texts[] = { "", "e", "e0000000000000000-000000000000000", "e0000000000000000-00000000000000000", "e0000000000000000_0000000000000000",
		                             "e000000000000000G-0000000000000000", "e000000000000000A-0000000000000000", "E0000000000000000-0000000000000000",
		                             " e000000000000000-0000000000000000", "e-000000000000001-0000000000000000", "e0x00000000000000-0000000000000000" };

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cursor cursor = { 7, 8 };

		assert_result(cursor_read(CURSOR_EVENTS, span_of(texts[i]), &cursor), RESULT_MALFORMED);
		assert_true(cursor.sort == 7 && cursor.key == 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
