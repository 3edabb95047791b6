/* What somebody else keeps for us, and what proves that it is ours: known answers, and every byte that is changed. */
#include "../base/check.h"

#include <string.h>

#include "base/encode.h"
#include "net/digest.h"
#include "net/mac.h"
#include "net/sealed.h"

#include "base/banned.h"

static void hmac_of_rfc_4231(void **state)
{
	uint8_t key[MAC_KEY_LEN] = "Jefe", out[MAC_LEN], wanted[MAC_LEN];

	(void)state;
	/* Test case 2: a shorter key is one with zeros behind it (RFC 2104, 2). */
	assert_ok(hex_read(SPAN("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), wanted, sizeof(wanted)));
	assert_ok(mac_make(key, SPAN("what do ya want for nothing?"), out));
	assert_true(mac_equal(out, wanted, sizeof(out)));
	out[31] ^= 1;
	assert_false(mac_equal(out, wanted, sizeof(out)));
}

static void sha256_of_fips_180(void **state)
{
	uint8_t out[DIGEST_LEN], wanted[DIGEST_LEN];

	(void)state;
	assert_ok(hex_read(SPAN("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), wanted, sizeof(wanted)));
	assert_ok(digest_plain(SPAN("abc"), out));
	assert_memory_equal(out, wanted, sizeof(out));
}

static void sealed(void **state)
{
	uint8_t key[SEALED_KEY_LEN] = { 1, 2, 3 }, other[SEALED_KEY_LEN] = { 4 }, text[5 + SEALED_MORE], twice[sizeof(text)], out[sizeof(text)];
	struct span all = span_make((const char *)text, sizeof(text));

	(void)state;
	assert_ok(sealed_make(key, SPAN("about"), SPAN("hello"), text));
	assert_ok(sealed_make(key, SPAN("about"), SPAN("hello"), twice));
	assert_memory_not_equal(text, twice, sizeof(text));
	assert_ok(sealed_open(key, SPAN("about"), all, out));
	assert_memory_equal(out, "hello", 5);
	assert_result(sealed_open(key, SPAN("abou"), all, out), RESULT_MALFORMED);
	assert_memory_not_equal(out, "hello", 5);
	assert_result(sealed_open(other, SPAN("about"), all, out), RESULT_MALFORMED);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] ^= 1;
		assert_result(sealed_open(key, SPAN("about"), all, out), RESULT_MALFORMED);
		text[i] ^= 1;
		assert_result(sealed_open(key, SPAN("about"), span_take(all, i), out), RESULT_MALFORMED);
	}
	assert_ok(sealed_make(key, SPAN(""), SPAN(""), text));
	assert_ok(sealed_open(key, SPAN(""), span_take(all, SEALED_MORE), out));
	assert_result(sealed_make(key, SPAN(""), span_make(NULL, SEALED_BYTES_MAX + 1), text), RESULT_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hmac_of_rfc_4231), cmocka_unit_test(sha256_of_fips_180), cmocka_unit_test(sealed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
