#include "pair.h"

#include "base/arena.h"

static struct complaints complaints;

static const char *first_complaint(void)
{
	static char text[512];
	struct buffer out;
	buffer_init(&out, 65536);
	assert_int_equal(complaints_write(&complaints, &out), RESULT_OK);
	struct span rest = buffer_span(&out);
	assert_int_equal(span_to_text(span_cut(&rest, '\n'), text, sizeof(text)), RESULT_OK);
	buffer_done(&out);
	complaints_done(&complaints);
	complaints_init(&complaints);
	return text;
}

static void self_signed_is_what_it_says(void **state)
{
	(void)state;
	struct span hosts[3] = { SPAN_INIT("www.example"), SPAN_INIT("127.0.0.1"), SPAN_INIT("::1") }, *names;
	struct buffer chain, key;
	struct certificate certificate;
	struct arena arena;
	size_t count;
	buffer_init(&chain, 65536), buffer_init(&key, 65536);
	arena_init(&arena, 1 << 20, 4096);
	assert_int_equal(certificate_make_self_signed(hosts, 0, wall_ms(), &chain, &key), RESULT_MALFORMED);
	assert_int_equal(certificate_make_self_signed(hosts, 3, wall_ms(), &chain, &key), RESULT_OK);
	struct certificate_source source = { buffer_span(&chain), buffer_span(&key), SPAN("c"), SPAN("k") };
	assert_int_equal(certificate_read(&source, NULL, &certificate), RESULT_OK);
	assert_true(certificate_is_self_signed(&certificate));
	assert_true(certificate_is_for(&certificate, SPAN("www.example")));
	assert_true(certificate_is_for(&certificate, SPAN("127.0.0.1")));
	assert_true(certificate_is_for(&certificate, SPAN("[::1]")));
	assert_false(certificate_is_for(&certificate, SPAN("example")));
	assert_false(certificate_is_for(&certificate, SPAN("*.example")));
	assert_int_equal(certificate_names(&certificate, &arena, &names, &count), RESULT_OK);
	assert_int_equal(count, 3);
	assert_true(span_equal(names[0], SPAN("www.example")));
	assert_true(span_equal(names[1], SPAN("127.0.0.1")));
	assert_true(span_equal(names[2], SPAN("::1")));
	int64_t days = (certificate_not_after_ms(&certificate) - wall_ms() + 43200000) / 86400000;
	assert_int_equal(days, SELF_SIGNED_DAYS);
	assert_true(certificate_check_dates(&certificate, SPAN("c"), wall_ms(), &complaints));
	assert_false(certificate_check_dates(&certificate, SPAN("c"), wall_ms() + 91ll * 86400000, &complaints));
	assert_non_null(strstr(first_complaint(), "c: error: the certificate expired on 20"));
	assert_false(certificate_check_dates(&certificate, SPAN("c"), wall_ms() - 2ll * 86400000, &complaints));
	assert_non_null(strstr(first_complaint(), "the certificate is not valid before 20"));
	char common[128];
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.leaf), NID_commonName, common, sizeof(common));
	assert_string_equal(common, "www.example (self-signed by Bouclier)");
	certificate_done(&certificate);
	arena_done(&arena);
	buffer_done(&chain), buffer_done(&key);
}

static void faults_are_told(void **state)
{
	(void)state;
	struct made one, other;
	struct buffer both, twice, big;
	struct certificate certificate = { 0 };
	made_init(&one, "one.example");
	made_init(&other, "other.example");
	buffer_init(&both, 65536), buffer_init(&twice, 65536), buffer_init(&big, 1 << 20);
	struct span chain = buffer_span(&one.chain), key = buffer_span(&one.key);
	assert_int_equal(buffer_append(&both, key), RESULT_OK);
	assert_int_equal(buffer_append(&both, chain), RESULT_OK);
	assert_int_equal(buffer_append(&twice, chain), RESULT_OK);
	assert_int_equal(buffer_append(&twice, buffer_span(&other.chain)), RESULT_OK);
	while (buffer_len(&big) <= CERTIFICATE_PEM_MAX)
		assert_int_equal(buffer_append(&big, chain), RESULT_OK);
	static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgxwzzfwx9ikQICCAAw\nDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEK1oJcH+KyfHSLEPEhTcSWMEgZA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
	struct { struct span chain, key; enum result result; const char *says; } cases[] = {
		{ chain, key, RESULT_OK, NULL },
		{ buffer_span(&both), buffer_span(&both), RESULT_OK, NULL },
		{ chain, buffer_span(&other.key), RESULT_MALFORMED, "k: error: the private key does not match the certificate" },
		{ SPAN_NONE, key, RESULT_MALFORMED, "c: error: no certificate found" },
		{ key, key, RESULT_MALFORMED, "c: error: no certificate found" },
		{ chain, chain, RESULT_MALFORMED, "k: error: no private key found" },
		{ chain, SPAN("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), RESULT_MALFORMED, "k: error: the private key cannot be read" },
		{ chain, span_of(encrypted), RESULT_MALFORMED, "k: error: the private key" },
		{ SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), key, RESULT_MALFORMED, "c: error: a certificate cannot be read" },
		{ span_take(chain, chain.len / 2), key, RESULT_MALFORMED, "c: error: a certificate cannot be read" },
		{ buffer_span(&twice), key, RESULT_MALFORMED, "c: error: the certificates of the chain are not in order" },
		{ buffer_span(&big), key, RESULT_LIMIT, "c: error: larger than 256 KiB" },
		{ span_take(buffer_span(&big), chain.len * 20), key, RESULT_LIMIT, "c: error: more than 16 certificates" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certificate_source source = { cases[i].chain, cases[i].key, SPAN("c"), SPAN("k") };
		assert_int_equal(certificate_read(&source, &complaints, &certificate), cases[i].result);
		if (cases[i].result == RESULT_OK) {
			certificate_done(&certificate);
			continue;
		}
		const char *said = first_complaint();
		if (!strstr(said, cases[i].says))
			fail_msg("case %zu says: %s", i, said);
	}
	buffer_done(&both), buffer_done(&twice), buffer_done(&big);
	made_done(&one);
	made_done(&other);
}

/* RFC 9440, appendix A, begins so: the DER of a certificate between colons. */
static void header_is_base64_between_colons(void **state)
{
	(void)state;
	struct buffer out;
	buffer_init(&out, 64);
	assert_int_equal(buffer_append(&out, SPAN("before")), RESULT_OK);
	assert_true(span_equal(certificate_header(SPAN("\x30\x82\x01\xa8"), &out), SPAN(":MIIBqA==:")));
	assert_int_equal(buffer_len(&out), 16);
	char large[64] = { 0 };
	assert_int_equal(certificate_header(span_make(large, sizeof(large)), &out).len, 0);
	buffer_done(&out);
}

static int setup(void **state)
{
	(void)state;
	complaints_init(&complaints);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	complaints_done(&complaints);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(self_signed_is_what_it_says),
		cmocka_unit_test(faults_are_told),
		cmocka_unit_test(header_is_base64_between_colons),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
