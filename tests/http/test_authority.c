#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/head_reader.h"

static const struct {
	const char *text, *host;
	uint16_t port;
} goods[] = {
	{ "a", "a", 0 }, { "A.example", "A.example", 0 }, { "a.example:1", "a.example", 1 }, { "a.example:65535", "a.example", 65535 },
	{ "a.example.", "a.example", 0 }, { "a.example.:80", "a.example", 80 }, { "a_b-c.9d", "a_b-c.9d", 0 }, { "1.example", "1.example", 0 },
	{ "192.0.2.1", "192.0.2.1", 0 }, { "192.0.2.1:8080", "192.0.2.1", 8080 }, { "[::1]", "[::1]", 0 }, { "[2001:db8::1]:443", "[2001:db8::1]", 443 },
	{ "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", 0 }, { "xn--bcher-kva.example", "xn--bcher-kva.example", 0 }, { "a:00080", "a", 80 },
};

static const char *const bads[] = {
	"", ":", ":80", "a:", "a:0", "a:65536", "a:000080", "a:+80", "a:8 0", "a:80:80", "a b", "a/b", "a@b", "a,b", "a%41", "a\xc3\xa9", "a?b", "a#b", "a\\b",
	".", "..", ".a", "a..b", "a..", "1.2.3", "256.1.1.1", "1.2.3.4.5", "0300.1.1.1", "1", "0x7f.1", "a.1", "[", "]", "[]", "[::1", "::1", "[::1]80", "[::1]:",
	"[::1]:0", "[::1%25eth0]", "[::1%eth0]", "[192.0.2.1]", "[v1.x]", "[::g]", "[::1]]", "a[::1]", "[a.example]", "a\tb", "'a'", "a;b", "a=b", "*", "*.a",
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		struct span host = SPAN_NONE;
		uint16_t port = 9;

		assert_int_equal(authority_read(span_of(goods[i].text), &host, &port), RESULT_OK);
		assert_true(span_equal(host, span_of(goods[i].host)));
		assert_int_equal(port, goods[i].port);
	}
}

static void test_bad(void **state)
{
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		struct span text = span_of(bads[i]), host = SPAN("untouched");
		uint16_t port = 9;
		enum result result = authority_read(text, &host, &port);

		if (result != RESULT_MALFORMED)
			print_error("'%.*s' was read\n", SPAN_ARG(text));
		assert_int_equal(result, RESULT_MALFORMED);
		assert_true(span_equal(host, SPAN("untouched")) && port == 9);
	}
	memset(name, 'a', sizeof(name));
	for (size_t len = 250; len < 260; len++) {
		struct span host;
		uint16_t port;

		assert_int_equal(authority_read(span_make(name, len), &host, &port), len <= 253 ? RESULT_OK : RESULT_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
