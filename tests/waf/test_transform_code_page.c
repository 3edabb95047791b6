/* Code pages: what is read of their file, and what urlDecodeUni makes of %uXXXX with one. */
#include "transform_check.h"
#include "waf/transform/code_page.h"

static const char file[] = "# comment\n\n1250 (ANSI - Central Europe)\n0107:e6 0108:43\n\n20127 (US-ASCII)\r\n00a0:20 0107:63 ff41:61\r\n2025:2e\n\n28591 (x)\n0107:7a\n";

static const struct code_page *page_of(const char *text, uint64_t number, struct arena *arena, enum result wanted)
{
	const struct code_page *page = NULL;

	assert_result(code_page_read(span_of(text), number, arena, &page), wanted);
	assert_int_equal(page != NULL, wanted == RESULT_OK);
	return page;
}

static void pages(void **state)
{
	static const struct { const char *text; enum result result; } rows[] = {
		{ file, RESULT_OK }, { "", RESULT_NOT_FOUND }, { "2012 (x)\n0107:63", RESULT_NOT_FOUND }, { "20127 (x)\n0107:6", RESULT_MALFORMED },
		{ "20127 (x)\n0107-63", RESULT_MALFORMED }, { "20127 (x)\n010g:63", RESULT_MALFORMED }, { "20127 (x)\n0107:63 0107:g3", RESULT_MALFORMED },
		{ "0107:63\n20127 (x)", RESULT_OK }, { "20127", RESULT_OK },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, CHECK_LIMIT, 4096);
	for (size_t i = 0; i < COUNT(rows); i++)
		(void)page_of(rows[i].text, 20127, &arena, rows[i].result);
	assert_true(code_page_has(page_of(file, 20127, &arena, RESULT_OK), 0x2025));
	assert_false(code_page_has(page_of(file, 20127, &arena, RESULT_OK), 0x0108));
	assert_int_equal(page_of(file, 1250, &arena, RESULT_OK)->bytes[0x107], 0xe6);
	arena_done(&arena);
	arena_init(&arena, 1024, 512);
	(void)page_of(file, 20127, &arena, RESULT_NO_MEMORY);
	arena_done(&arena);
}

static void decoding(void **state)
{
	static const struct example examples[] = {
		{ SPAN_INIT("%u0107"), SPAN_INIT("c") }, { SPAN_INIT("%uff41"), SPAN_INIT("a") }, { SPAN_INIT("%U2025%u0108"), SPAN_INIT(".\x08") },
		{ SPAN_INIT("%u0041%41+"), SPAN_INIT("AA ") }, { SPAN_INIT("%uff42"), SPAN_INIT("b") }, { SPAN_INIT("%u010"), SPAN_INIT("%u010") }, { SPAN_INIT("x"), SPAN_INIT("x") },
	};
	const struct code_page *page;
	struct arena arena;

	(void)state;
	arena_init(&arena, CHECK_LIMIT, 4096);
	page = page_of(file, 20127, &arena, RESULT_OK);
	for (size_t i = 0; i < COUNT(examples); i++) {
		struct span out;

		assert_result(transform_url_decode_with(page, examples[i].in, &arena, &out), RESULT_OK);
		assert_true(span_equal(out, examples[i].out));
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pages), cmocka_unit_test(decoding) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
