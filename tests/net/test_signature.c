/* Ed25519: known answers, keys as files have them, and every bit that is changed. */
#include "../base/check.h"

#include <string.h>

#include "base/encode.h"
#include "net/signature.h"

#include "base/banned.h"

static void known_answer_of_rfc_8032(void **unused)
{
	uint8_t key[SIGNATURE_PUBLIC_LEN], signature[SIGNATURE_LEN];
	const struct span text = SPAN("\xaf\x82");  /* 7.1, test 3 */

	(void)unused;
	assert_ok(hex_read(SPAN("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"), key, sizeof(key)));
	assert_ok(hex_read(SPAN("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
	                   signature, sizeof(signature)));
	assert_ok(signature_check(key, text, signature));
	assert_result(signature_check(key, SPAN("\xaf\x83"), signature), RESULT_REFUSED);
	assert_result(signature_check(key, SPAN_NONE, signature), RESULT_REFUSED);
	for (unsigned bit = 0; bit < SIGNATURE_LEN * 8; bit += 7) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_result(signature_check(key, text, signature), RESULT_REFUSED);
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < SIGNATURE_PUBLIC_LEN * 8; bit += 5) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_result(signature_check(key, text, signature), RESULT_REFUSED);
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_key_is_written_and_read_again(void **unused)
{
	uint8_t first[SIGNATURE_PUBLIC_LEN], again[SIGNATURE_PUBLIC_LEN], signature[SIGNATURE_LEN];
	struct evp_pkey_st *key = NULL, *read = NULL;
	struct buffer pem, text;

	(void)unused;
	buffer_init(&pem, SIGNATURE_PEM_MAX);
	buffer_init(&text, 64);
	assert_ok(signature_key_make(&key));
	assert_ok(signature_key_write(key, &pem));
	assert_ok(signature_key_read(buffer_span(&pem), &read));
	assert_ok(signature_public(key, first));
	assert_ok(base64_write(span_make((const char *)first, sizeof(first)), &text));
	assert_int_equal(buffer_len(&text), SIGNATURE_PUBLIC_TEXT);
	assert_ok(signature_public_read(buffer_span(&text), again));
	assert_memory_equal(first, again, sizeof(first));
	assert_ok(signature_make(read, SPAN("a text"), signature));
	assert_ok(signature_check(first, SPAN("a text"), signature));
	assert_result(signature_check(first, SPAN("a texT"), signature), RESULT_REFUSED);
	signature_key_free(key);
	signature_key_free(read);
	buffer_done(&pem);
	buffer_done(&text);
}

static void what_is_no_key_is_refused(void **unused)
{
	/* Of P-256; and one of Ed25519 behind a passphrase. */
	static const struct span texts[] = {
		SPAN_INIT(""), SPAN_INIT("key"), SPAN_INIT("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
		SPAN_INIT("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\nOF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n-----END PRIVATE KEY-----\n"),
	};
	struct evp_pkey_st *key = NULL;
	uint8_t bytes[SIGNATURE_PUBLIC_LEN];

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_result(signature_key_read(texts[i], &key), RESULT_MALFORMED);
	assert_null(key);
	assert_result(signature_public_read(SPAN("AAAA"), bytes), RESULT_MALFORMED);
	assert_result(signature_public_read(SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!"), bytes), RESULT_MALFORMED);
	assert_result(signature_public_read(SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), bytes), RESULT_MALFORMED);  /* 33 bytes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answer_of_rfc_8032),
		cmocka_unit_test(a_key_is_written_and_read_again),
		cmocka_unit_test(what_is_no_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
