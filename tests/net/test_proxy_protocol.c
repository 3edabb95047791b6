#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/proxy_protocol.h"

static void texts(void **state)
{
	(void)state;
	static const struct { struct span input; enum result result; const char *source; const char *destination; size_t used; } cases[] = {
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\nGET"), RESULT_OK, "192.0.2.1:1234", "192.0.2.2:443", 41 },
		{ SPAN_INIT("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 65535\r\n"), RESULT_OK, "[2001:db8::1]:1", "192.0.2.2:65535", 49 },
		{ SPAN_INIT("PROXY UNKNOWN\r\n"), RESULT_OK, NULL, NULL, 15 },
		{ SPAN_INIT("PROXY UNKNOWN whatever this is\r\n"), RESULT_OK, NULL, NULL, 32 },
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 01 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 1 443 \r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4  192.0.2.1 192.0.2.2 1 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4 2001:db8::1 192.0.2.2 1 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP6 192.0.2.1 2001:db8::1 1 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP6 [2001:db8::1] 2001:db8::1 1 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY UDP4 192.0.2.1 192.0.2.2 1 443\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 1 443\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 1 443\rX"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXY TCP4\0"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("PROXYTCP4"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("GET / HTTP/1.1\r\n"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\x16\x03\x01"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x22\x11\0\0"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0c" "aaaabbbbccdd"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0b" "aaaabbbbccd"), RESULT_MALFORMED, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x11\x10\x01"), RESULT_LIMIT, NULL, NULL, 0 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x20\x00\0\x00"), RESULT_OK, NULL, NULL, 16 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x02xx"), RESULT_OK, NULL, NULL, 18 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x00\0\x03xxx"), RESULT_OK, NULL, NULL, 19 },
		{ SPAN_INIT("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\x0a\x00\x00\x01\x0a\x00\x00\x02\x04\xd2\x01\xbb\x03\x00\x02yy"), RESULT_OK,
		  "10.0.0.1:1234", "10.0.0.2:443", 33 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy_header header;
		size_t used = 0;
		char text[ENDPOINT_TEXT_MAX];
		assert_int_equal(proxy_header_read(cases[i].input, &header, &used), cases[i].result);
		if (cases[i].result != RESULT_OK)
			continue;
		assert_int_equal(used, cases[i].used);
		assert_int_equal(header.is_local, cases[i].source == NULL);
		for (size_t len = 0; len < used; len++)
			assert_int_equal(proxy_header_read(span_take(cases[i].input, len), &header, &used), RESULT_MORE);
		if (!cases[i].source)
			continue;
		assert_int_equal(proxy_header_read(cases[i].input, &header, &used), RESULT_OK);
		endpoint_write(&header.source, text);
		assert_string_equal(text, cases[i].source);
		endpoint_write(&header.destination, text);
		assert_string_equal(text, cases[i].destination);
	}
}

static void too_long_a_line(void **state)
{
	(void)state;
	char line[PROXY_V1_MAX + 1];
	struct proxy_header header;
	size_t used;
	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	assert_int_equal(proxy_header_read(span_make(line, PROXY_V1_MAX - 1), &header, &used), RESULT_MORE);
	assert_int_equal(proxy_header_read(span_make(line, PROXY_V1_MAX), &header, &used), RESULT_LIMIT);
	memcpy(line + PROXY_V1_MAX - 2, "\r\n", 2);
	assert_int_equal(proxy_header_read(span_make(line, PROXY_V1_MAX), &header, &used), RESULT_OK);
}

/* What is written reads back as the same. */
static void written_and_reread(void **state)
{
	(void)state;
	static const char *const ends[][2] = { { "192.0.2.1:1", "10.0.0.1:443" }, { "[2001:db8::1]:65535", "[::1]:80" }, { "192.0.2.1:9", "[::1]:80" }, { NULL, NULL } };
	for (size_t i = 0; i < 4; i++) {
		for (int version = 1; version <= 2; version++) {
			struct proxy_header header = { .is_local = !ends[i][0] }, read;
			struct buffer out;
			size_t used;
			buffer_init(&out, 4096);
			if (ends[i][0]) {
				assert_int_equal(endpoint_read(span_of(ends[i][0]), &header.source), RESULT_OK);
				assert_int_equal(endpoint_read(span_of(ends[i][1]), &header.destination), RESULT_OK);
			}
			assert_int_equal(proxy_header_write(version, &header, &out), RESULT_OK);
			assert_int_equal(proxy_header_read(buffer_span(&out), &read, &used), RESULT_OK);
			assert_int_equal(used, buffer_len(&out));
			assert_int_equal(read.is_local, header.is_local);
			assert_true(header.is_local || endpoint_equal(&read.source, &header.source));
			assert_true(header.is_local || endpoint_equal(&read.destination, &header.destination));
			buffer_done(&out);
			buffer_init(&out, 10);
			assert_int_equal(proxy_header_write(version, &header, &out), RESULT_LIMIT);
			buffer_done(&out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(too_long_a_line),
		cmocka_unit_test(written_and_reread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
