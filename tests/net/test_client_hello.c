#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "net/client_hello.h"


static void put(struct buffer *out, unsigned value, unsigned bytes)
{
	while (bytes-- > 0)
		assert_int_equal(buffer_append_byte(out, (char)(value >> 8 * bytes)), RESULT_OK);
}

static void put_span(struct buffer *out, struct span span, unsigned length_bytes)
{
	put(out, (unsigned)span.len, length_bytes);
	assert_int_equal(buffer_append(out, span), RESULT_OK);
}

struct parts {
	const uint16_t *ciphers; size_t cipher_count;
	const uint16_t *extensions; size_t extension_count;  /* SNI, ALPN, signatures, versions get their content */
	const uint16_t *signatures; size_t signature_count;
	struct span alpn, sni;
	const uint16_t *versions; size_t version_count;
};

static void codes_put(struct buffer *out, const uint16_t *codes, size_t count, unsigned length_bytes)
{
	put(out, (unsigned)count * 2, length_bytes);
	for (size_t i = 0; i < count; i++)
		put(out, codes[i], 2);
}

static void extension_put(struct buffer *out, uint16_t type, const struct parts *parts)
{
	struct buffer body;
	buffer_init(&body, 4096);
	if (type == 0) {
		put(&body, (unsigned)parts->sni.len + 3, 2);
		put(&body, 0, 1);
		put_span(&body, parts->sni, 2);
	} else if (type == 16) {
		put(&body, (unsigned)parts->alpn.len + 1, 2);
		put_span(&body, parts->alpn, 1);
	} else if (type == 13) {
		codes_put(&body, parts->signatures, parts->signature_count, 2);
	} else if (type == 43) {
		codes_put(&body, parts->versions, parts->version_count, 1);
	}
	put(out, type, 2);
	put_span(out, buffer_span(&body), 2);
	buffer_done(&body);
}

/* The handshake message, without records. */
static void message_build(struct buffer *out, const struct parts *parts)
{
	struct buffer body, extensions;
	buffer_init(&body, 65536);
	buffer_init(&extensions, 65536);
	put(&body, 0x0303, 2);
	for (int i = 0; i < 32; i++)
		put(&body, 7, 1);
	put_span(&body, SPAN_NONE, 1);
	codes_put(&body, parts->ciphers, parts->cipher_count, 2);
	put_span(&body, SPAN("\0"), 1);
	for (size_t i = 0; i < parts->extension_count; i++)
		extension_put(&extensions, parts->extensions[i], parts);
	put_span(&body, buffer_span(&extensions), 2);
	put(out, 1, 1);
	put_span(out, buffer_span(&body), 3);
	buffer_done(&extensions);
	buffer_done(&body);
}

static void records_build(struct buffer *out, struct span message, size_t a_record)
{
	while (message.len > 0) {
		put(out, 0x160301, 3);
		put_span(out, span_take(message, a_record), 2);
		message = span_skip(message, a_record);
	}
}

static const uint16_t chrome_ciphers[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
static const uint16_t greasy_ciphers[] = { 0xaaaa, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
static const uint16_t chrome_extensions[] = { 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015 };
static const uint16_t greasy_extensions[] = { 0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xdada };
static const uint16_t chrome_signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };
static const uint16_t grease_case_extensions[] = { 0xfe0d, 0x0010, 0x0017, 0x0033, 0x44cd, 0xff01, 0x000a, 0x000d, 0x0023, 0x002b, 0x000b, 0xca34, 0x002d, 0x0000, 0x0005, 0x001b, 0x0012 };
static const uint16_t grease_case_signatures[] = { 0x8a8a, 0x0904, 0x0905, 0x0906, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };
static const uint16_t versions_13[] = { 0x5a5a, 0x0304, 0x0303 }, versions_12[] = { 0x0303, 0x0302 };

#define LIST(list) (list), sizeof(list) / sizeof((list)[0])

static struct parts chrome(void)
{
	return (struct parts){ LIST(chrome_ciphers), LIST(chrome_extensions), LIST(chrome_signatures), SPAN("h2"), SPAN("www.example.org"), LIST(versions_13) };
}

static void ja4_is(const struct parts *parts, const char *expected)
{
	struct buffer message, input, scratch;
	struct client_hello hello;
	char ja4[JA4_LEN + 1] = "";
	buffer_init(&message, 65536);
	buffer_init(&input, 131072);
	buffer_init(&scratch, CLIENT_HELLO_MAX + 4);
	message_build(&message, parts);
	records_build(&input, buffer_span(&message), 16384);
	assert_int_equal(client_hello_read(buffer_span(&input), &scratch, &hello), RESULT_OK);
	assert_int_equal(ja4_write(&hello, ja4), RESULT_OK);
	assert_string_equal(ja4, expected);
	buffer_done(&message);
	buffer_done(&input);
	buffer_done(&scratch);
}

/* The first is the worked example of the JA4 description; "sigalg grease" is one of its authors' published captures (raw
 * form and fingerprint); the ALPN cases are those of the description. */
static void ja4_of_published_examples(void **state)
{
	(void)state;
	struct parts parts = chrome();
	ja4_is(&parts, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	parts.ciphers = greasy_ciphers, parts.cipher_count++;
	parts.extensions = greasy_extensions, parts.extension_count += 2;
	ja4_is(&parts, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	parts = chrome();
	parts.extensions = grease_case_extensions;
	parts.extension_count = 17;
	parts.signatures = grease_case_signatures;
	parts.signature_count = 12;
	ja4_is(&parts, "t13d1517h2_8daaf6152771_cb7bf5808d99");
}

static void ja4_parts(void **state)
{
	(void)state;
	static const struct { struct span alpn; const char *ends; } cases[] = {
		{ SPAN_INIT("http/1.1"), "h1" }, { SPAN_INIT("\xab"), "ab" }, { SPAN_INIT("\xab\xcd"), "ad" },
		{ SPAN_INIT("0\xab"), "3b" }, { SPAN_INIT("01\xab\xcd"), "3d" }, { SPAN_INIT("0\xab\xcd" "1"), "01" },
		{ SPAN_INIT("h-"), "6d" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parts parts = chrome();
		char expected[] = "t13d1516h2_8daaf6152771_e5627efa2ab1";
		parts.alpn = cases[i].alpn;
		memcpy(expected + 8, cases[i].ends, 2);
		ja4_is(&parts, expected);
	}
	struct parts parts = chrome();
	parts.versions = versions_12, parts.version_count = 2;
	ja4_is(&parts, "t12d1516h2_8daaf6152771_e5627efa2ab1");
	/* Nothing but ciphers: no extensions, no hash of them. */
	parts.extension_count = 0;
	ja4_is(&parts, "t12i150000_8daaf6152771_000000000000");
}

static void fields_are_found(void **state)
{
	(void)state;
	struct parts parts = chrome();
	struct buffer message, input, scratch;
	struct client_hello hello;
	buffer_init(&message, 65536);
	buffer_init(&input, 131072);
	buffer_init(&scratch, CLIENT_HELLO_MAX + 4);
	message_build(&message, &parts);
	/* Any cut into records gives the same, as long as there are not too many. */
	for (size_t a_record = buffer_len(&message) / 30 + 1; a_record <= buffer_len(&message) + 1; a_record++) {
		buffer_reset(&input);
		records_build(&input, buffer_span(&message), a_record);
		assert_int_equal(client_hello_read(buffer_span(&input), &scratch, &hello), RESULT_OK);
		assert_true(span_equal(hello.sni, SPAN("www.example.org")));
		assert_true(span_equal(hello.alpn, SPAN("\x02h2")));
		assert_int_equal(hello.version, 0x0304);
		assert_int_equal(hello.legacy_version, 0x0303);
		assert_int_equal(hello.ciphers.len, sizeof(chrome_ciphers));
		assert_int_equal(hello.signature_algorithms.len, sizeof(chrome_signatures));
		/* Any proper prefix says MORE. */
		for (size_t len = 0; len < buffer_len(&input); len += a_record > 60 ? 7 : 1)
			assert_int_equal(client_hello_read(span_take(buffer_span(&input), len), &scratch, &hello), RESULT_MORE);
	}
	buffer_reset(&input);
	records_build(&input, buffer_span(&message), buffer_len(&message) / 40);
	assert_int_equal(client_hello_read(buffer_span(&input), &scratch, &hello), RESULT_LIMIT);
	buffer_done(&message);
	buffer_done(&input);
	buffer_done(&scratch);
}

static void bad_ones_are_refused(void **state)
{
	(void)state;
	static const struct { struct span bytes; enum result result; } cases[] = {
		{ SPAN_INIT("G"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x02"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x00\x00"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x40\x01"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x00\x04\x02"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x00\x04\x01\x01\x00\x01"), RESULT_LIMIT },
		{ SPAN_INIT("\x16\x03\x01\x00\x04\x01\x00\x00\x00"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x00\x05\x01\x00\x00\x00\x00"), RESULT_MALFORMED },
		{ SPAN_INIT("\x16\x03\x01\x00\x04\x01\x00\x00\x64"), RESULT_MORE },
	};
	struct buffer scratch, message, input;
	struct client_hello hello;
	buffer_init(&scratch, CLIENT_HELLO_MAX + 4);
	buffer_init(&message, 65536);
	buffer_init(&input, 65536);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(client_hello_read(cases[i].bytes, &scratch, &hello), cases[i].result);
	/* Twice SNI, an SNI with a NUL, versions of odd length. */
	static const uint16_t twice[] = { 0, 0 };
	for (int i = 0; i < 2; i++) {
		struct parts parts = chrome();
		parts.extensions = twice;
		parts.extension_count = i == 0 ? 2 : 1;
		parts.sni = i == 0 ? SPAN("a.example") : SPAN("a\0b");
		buffer_reset(&message), buffer_reset(&input);
		message_build(&message, &parts);
		records_build(&input, buffer_span(&message), 16384);
		assert_int_equal(client_hello_read(buffer_span(&input), &scratch, &hello), RESULT_MALFORMED);
	}
	buffer_done(&scratch);
	buffer_done(&message);
	buffer_done(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja4_of_published_examples),
		cmocka_unit_test(ja4_parts),
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(bad_ones_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
