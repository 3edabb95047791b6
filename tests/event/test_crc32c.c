#include "stage.h"

#include "event/crc32c.h"

static void known_answers(void **state)
{
	char zeros[32] = { 0 };

	(void)state;  /* RFC 3720, appendix B.4 */
	assert_int_equal(crc32c_more(0, SPAN("123456789")), 0xe3069283u);
	assert_int_equal(crc32c_more(0, span_make(zeros, 32)), 0x8a9136aau);
	assert_int_equal(crc32c_by_table(0, SPAN("123456789")), 0xe3069283u);
	assert_int_equal(crc32c_more(0, SPAN("")), 0);
}

static void processor_and_table_agree_at_every_length_and_split(void **state)
{
	char bytes[67];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint32_t whole = crc32c_more(0, span_make(bytes, len));

		assert_int_equal(whole, crc32c_by_table(0, span_make(bytes, len)));
		for (size_t cut = 0; cut <= len; cut++)
			assert_int_equal(whole, crc32c_more(crc32c_more(0, span_make(bytes, cut)), span_make(bytes + cut, len - cut)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(processor_and_table_agree_at_every_length_and_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
