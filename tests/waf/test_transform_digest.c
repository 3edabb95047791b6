/* Digests, against published answers (RFC 1321, FIPS 180). */
#include "transform_check.h"

static void md5(void **state)
{
	static const struct example table[] = {
		ROW("", "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"),
		ROW("abc", "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72"),
	};

	(void)state;
	check_examples(TRANSFORM_MD5, table);
}

static void sha1(void **state)
{
	static const struct example table[] = {
		ROW("", "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09"),
		ROW("abc", "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d"),
	};

	(void)state;
	check_examples(TRANSFORM_SHA1, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5),
		cmocka_unit_test(sha1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
