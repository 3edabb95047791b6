/* Encodings: tables, there and back, limits; jansson and OpenSSL are the oracles. */
#include "check.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/encode.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void hexadecimal(void **state)
{
	unsigned char bytes[256], again[256];
	char text[512];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	hex_write(bytes, 256, text);
	assert_memory_equal(text, "000102", 6);
	assert_ok(hex_read(span_make(text, 512), again, 256));
	assert_memory_equal(bytes, again, 256);
	assert_ok(hex_read(SPAN("aAfF"), again, 2));
	assert_memory_equal(again, "\xaa\xff", 2);
	assert_result(hex_read(SPAN("aaf"), again, 2), RESULT_MALFORMED);
	assert_result(hex_read(SPAN("aaffa"), again, 2), RESULT_MALFORMED);
	assert_result(hex_read(SPAN("aafg"), again, 2), RESULT_MALFORMED);
	assert_result(hex_read(SPAN(" aaf"), again, 2), RESULT_MALFORMED);
	assert_memory_equal(again, "\xaa\xff", 2);
	for (int c = 0; c < 256; c++)
		assert_int_equal(hex_digit((char)c), c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

static void base64_agrees_with_openssl_and_reads_back(void **state)
{
	struct draws draws = { 31 };
	struct buffer text, again;
	unsigned char bytes[100], oracle[200];

	(void)state;
	buffer_init(&text, 1000);
	buffer_init(&again, 1000);
	for (size_t count = 0; count < sizeof(bytes); count++) {
		for (size_t i = 0; i < count; i++)
			bytes[i] = (unsigned char)draw(&draws);
		buffer_reset(&text);
		buffer_reset(&again);
		assert_ok(base64_write(span_make((char *)bytes, count), &text));
		int len = EVP_EncodeBlock(oracle, bytes, (int)count);

		assert_true(span_equal(buffer_span(&text), span_make((char *)oracle, (size_t)len)));
		assert_ok(base64_read(buffer_span(&text), &again));
		assert_true(span_equal(buffer_span(&again), span_make((char *)bytes, count)));
	}
	buffer_done(&text);
	buffer_done(&again);
}

static void base64url(void **state)
{
	static const struct { const char *bytes, *text; } rows[] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "\xfb\xff\xbf", "-_-_" },
	};
	static const char *const bad[] = { "Zh", "Zg=", "Zg==", "Z", "+/+/", "Zm9 ", "Zm9v\n" };
	char text[64], bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t count = strlen(rows[i].bytes), len = strlen(rows[i].text);

		assert_int_equal(BASE64URL_LEN(count), len);
		assert_int_equal(base64url_bytes(len), count);
		base64url_write(rows[i].bytes, count, text);
		assert_memory_equal(text, rows[i].text, len);
		assert_ok(base64url_read(span_make(text, len), bytes, count));
		assert_memory_equal(bytes, rows[i].bytes, count);
		assert_result(base64url_read(span_make(text, len), bytes, count + 1), RESULT_MALFORMED);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_result(base64url_read(span_of(bad[i]), bytes, base64url_bytes(strlen(bad[i]))), RESULT_MALFORMED);
}

static void bad_base64(void **state)
{
	static const char *const table[] = { "a", "ab", "abc", "ab=c", "a===", "====", "=abc", "abcd=", "ab==abcd", "abc=abcd", "ab c", "ab\ncd",
		                             "abc-", "ab_d", "ab=", "aB==", "abC=x", "abF=", "ab==\n" };
	struct buffer out;

	(void)state;
	buffer_init(&out, 100);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_result(base64_read(span_of(table[i]), &out), RESULT_MALFORMED);
	assert_result(base64_read(span_make("ab\0d", 4), &out), RESULT_MALFORMED);
	buffer_done(&out);
	buffer_init(&out, 2);
	assert_result(base64_read(SPAN("YWJj"), &out), RESULT_LIMIT);
	assert_result(base64_write(SPAN("a"), &out), RESULT_LIMIT);
	buffer_done(&out);
}

static void characters(void **state)
{
	static const struct { const char *bytes; size_t len, length; } table[] = {
		{ "a", 1, 1 }, { "\x7f", 1, 1 }, { "\x80", 1, 0 }, { "\xbf", 1, 0 }, { "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 },
		{ "\xc2\x80", 2, 2 }, { "\xdf\xbf", 2, 2 }, { "\xc2", 1, 0 }, { "\xc2g", 2, 0 }, { "\xe0\xa0\x80", 3, 3 }, { "\xe0\x9f\xbf", 3, 0 },
		{ "\xed\x9f\xbf", 3, 3 }, { "\xed\xa0\x80", 3, 0 }, { "\xee\x80\x80", 3, 3 }, { "\xef\xbf\xbf", 3, 3 }, { "\xe1\x80", 2, 0 },
		{ "\xf0\x90\x80\x80", 4, 4 }, { "\xf0\x8f\xbf\xbf", 4, 0 }, { "\xf4\x8f\xbf\xbf", 4, 4 }, { "\xf4\x90\x80\x80", 4, 0 },
		{ "\xf5\x80\x80\x80", 4, 0 }, { "\xff", 1, 0 }, { "\xf1\x80\x80", 3, 0 }, { "\xf1\x80\x80g", 4, 0 }, { "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(utf8_length(span_make(table[i].bytes, table[i].len)), table[i].length);
}

static void what_a_screen_obeys(void **state)
{
	static const struct { const char *bytes; bool is_control; } table[] = {
		{ "", false }, { "a", false }, { "\x1b[31m", true }, { "\n", true }, { "\x7f", true }, { "\xc2\x80", true }, { "\xc2\x9b" "31m", true }, { "\xc2\x9f", true },
		{ "\xc2\xa0", false }, { "\xc3\xa9", false }, { "\xe2\x80\xa7", false }, { "\xe2\x80\xa8", true }, { "\xe2\x80\xae" "cod.exe", true }, { "\xe2\x80\xaf", false },
		{ "\xe2\x81\xa5", false }, { "\xe2\x81\xa6", true }, { "\xe2\x81\xa9", true }, { "\xe2\x81\xaa", false }, { "\xe2\x82\xac", false }, { "\xc2", false }, { "\xe2\x80", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(utf8_is_control(span_of(table[i].bytes)), table[i].is_control);
}

static void json_strings(void **state)
{
	static const struct { struct span text, json; } table[] = {
		{ SPAN_INIT(""), SPAN_INIT("\"\"") }, { SPAN_INIT("plain"), SPAN_INIT("\"plain\"") },
		{ SPAN_INIT("a\"b\\c"), SPAN_INIT("\"a\\\"b\\\\c\"") }, { SPAN_INIT("\b\f\n\r\t"), SPAN_INIT("\"\\b\\f\\n\\r\\t\"") },
		{ SPAN_INIT("\0\x01\x1f\x7f"), SPAN_INIT("\"\\u0000\\u0001\\u001f\\u007f\"") }, { SPAN_INIT("é€😀"), SPAN_INIT("\"é€😀\"") },
		{ SPAN_INIT("\xff" "a\xc3"), SPAN_INIT("\"\xef\xbf\xbd" "a\xef\xbf\xbd\"") }, { SPAN_INIT("</script>"), SPAN_INIT("\"</script>\"") },
	};
	struct buffer out;

	(void)state;
	buffer_init(&out, 100);
	for (size_t i = 0; i < COUNT(table); i++) {
		buffer_reset(&out);
		assert_ok(json_write_string(table[i].text, &out));
		assert_true(span_equal(buffer_span(&out), table[i].json));
	}
	buffer_reset(&out);
	assert_ok(json_write_string(SPAN_NONE, &out));
	assert_span(buffer_span(&out), "\"\"");
	buffer_done(&out);
}

/* Whatever the bytes, a JSON reader that others wrote accepts the line; at every size of the buffer it is whole or refused. */
static void any_bytes_become_json(void **state)
{
	struct draws draws = { 41 };
	char bytes[40];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		size_t count = (size_t)draw_below(&draws, sizeof(bytes));
		struct buffer out, small;
		json_t *value;

		for (size_t b = 0; b < count; b++)
			bytes[b] = (char)(draw_below(&draws, 3) ? draw(&draws) : 0xc0 + draw_below(&draws, 64));
		buffer_init(&out, 1000);
		assert_ok(json_write_string(span_make(bytes, count), &out));
		value = json_loadb(buffer_span(&out).at, buffer_len(&out), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(value);
		json_decref(value);
		buffer_init(&small, buffer_len(&out) - 1);
		assert_result(json_write_string(span_make(bytes, count), &small), RESULT_LIMIT);
		buffer_done(&small);
		buffer_done(&out);
	}
}

static void percent(void **state)
{
	static const struct { struct span text, bytes; } good[] = {
		{ SPAN_INIT(""), SPAN_INIT("") }, { SPAN_INIT("a%20b"), SPAN_INIT("a b") }, { SPAN_INIT("%00%fF"), SPAN_INIT("\0\xff") },
		{ SPAN_INIT("%25%32%35"), SPAN_INIT("%25") }, { SPAN_INIT("+"), SPAN_INIT("+") },
	};
	static const char *const bad[] = { "%", "%2", "a%", "%g0", "%0g", "%%20", "%2%20", "% 20" };
	struct buffer out;

	(void)state;
	buffer_init(&out, 10);
	for (size_t i = 0; i < COUNT(good); i++) {
		buffer_reset(&out);
		assert_ok(percent_read(good[i].text, &out));
		assert_true(span_equal(buffer_span(&out), good[i].bytes));
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_result(percent_read(span_of(bad[i]), &out), RESULT_MALFORMED);
	buffer_reset(&out);
	assert_result(percent_read(SPAN("12345678901"), &out), RESULT_LIMIT);
	buffer_done(&out);
}

static void html(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 100);
	assert_ok(html_write(SPAN("<a href=\"x\" title='é'>&amp;"), &out));
	assert_span(buffer_span(&out), "&lt;a href=&quot;x&quot; title=&#39;é&#39;&gt;&amp;amp;");
	buffer_done(&out);
	buffer_init(&out, 4);
	assert_result(html_write(SPAN("ab<"), &out), RESULT_LIMIT);
	assert_span(buffer_span(&out), "ab");  /* never half an escape */
	buffer_done(&out);
}

static void one_byte_of_a_form(void **state)
{
	static const struct { const char *text; size_t used; char byte; } rows[] = {
		{ "a%41", 1, 'a' }, { "%41b", 3, 'A' }, { "%fF", 3, (char)0xff }, { "%00", 3, 0 }, { "%", 1, '%' }, { "%4", 1, '%' },
		{ "%4g", 1, '%' }, { "%g4", 1, '%' }, { "%%41", 1, '%' }, { "+", 1, '+' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t at = 0;

		assert_int_equal(percent_byte(span_of(rows[i].text), &at), rows[i].byte);
		assert_int_equal(at, rows[i].used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_of_a_form), cmocka_unit_test(hexadecimal), cmocka_unit_test(base64_agrees_with_openssl_and_reads_back), cmocka_unit_test(base64url), cmocka_unit_test(bad_base64),
		cmocka_unit_test(characters), cmocka_unit_test(what_a_screen_obeys), cmocka_unit_test(json_strings), cmocka_unit_test(any_bytes_become_json), cmocka_unit_test(percent),
		cmocka_unit_test(html),
	};

	return cmocka_run_group_tests_name("base/encode", tests, NULL, NULL);
}
