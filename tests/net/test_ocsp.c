/* What is asked about a certificate, and which answers hold. Who may sign is shown in tests/scenes/test_ocsp.py too, against
 * responses that another library made. */
#include "issue.h"

#include <openssl/ocsp.h>

#include "net/ocsp.h"

#define HOUR 3600

struct stage {
	struct issued root, leaf;
	struct certificate certificate;
};

/* Responders' URLs of a leaf: TEXT as openssl.cnf has it. */
static void stage_init(struct stage *stage, const char *access, bool has_issuer)
{
	struct buffer pem;

	issue(&stage->root, "Root", NULL, false, 1);
	issue(&stage->leaf, "a.example", &stage->root, false, 2);
	if (access) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_info_access, access);
		assert_non_null(extension);
		X509_add_ext(stage->leaf.certificate, extension, -1);
		X509_EXTENSION_free(extension);
		assert_true(X509_sign(stage->leaf.certificate, stage->root.key, EVP_sha256()) > 0);
	}
	BIO *bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, stage->leaf.certificate);
	if (has_issuer)
		PEM_write_bio_X509(bio, stage->root.certificate);
	pem_take(bio, &pem);
	assert_int_equal(certificate_read_chain(buffer_span(&pem), SPAN("c"), NULL, &stage->certificate), RESULT_OK);
	buffer_done(&pem);
}

static void stage_done(struct stage *stage)
{
	certificate_done(&stage->certificate);
	issued_done(&stage->leaf);
	issued_done(&stage->root);
}

struct wanted {
	int status;              /* V_OCSP_CERTSTATUS_... */
	long from_s, until_s;    /* from now; until 0: nextUpdate is left out */
	const struct issued *issuer, *signer;
	const EVP_MD *digest;    /* of the name of the certificate */
};

static size_t respond(const struct stage *stage, struct wanted wanted, unsigned char **der)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const struct issued *issuer = wanted.issuer ? wanted.issuer : &stage->root, *signer = wanted.signer ? wanted.signer : &stage->root;
	OCSP_CERTID *id = OCSP_cert_to_id(wanted.digest ? wanted.digest : EVP_sha1(), stage->leaf.certificate, issuer->certificate);
	ASN1_TIME *from = X509_gmtime_adj(NULL, wanted.from_s), *until = X509_gmtime_adj(NULL, wanted.until_s);
	OCSP_RESPONSE *response;
	int len;

	assert_non_null(OCSP_basic_add1_status(basic, id, wanted.status, 0, from, from, wanted.until_s ? until : NULL));
	assert_int_equal(OCSP_basic_sign(basic, signer->certificate, signer->key, EVP_sha256(), NULL, 0), 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	*der = NULL;
	len = i2d_OCSP_RESPONSE(response, der);
	assert_true(len > 0);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return (size_t)len;
}

static enum result read_back(const struct stage *stage, const unsigned char *der, size_t len, struct ocsp_times *times, const char **why)
{
	return ocsp_response_read(&stage->certificate, span_make((const char *)der, len), wall_ms(), times, why);
}

static void responders(void **state)
{
	(void)state;
	static const struct { const char *access, *url; } cases[] = {
		{ "OCSP;URI:http://ocsp.example/", "http://ocsp.example/" },
		{ "OCSP;URI:http://[2001:db8::1]:8080/a/b", "http://[2001:db8::1]:8080/a/b" },
		{ "OCSP;URI:https://ocsp.example/,OCSP;URI:http://second.example", "http://second.example" },
		{ "OCSP;URI:https://ocsp.example/", NULL }, { "OCSP;URI:ldap://ocsp.example/", NULL }, { "OCSP;URI:http://", NULL },
		{ "OCSP;URI:http:///path", NULL }, { "OCSP;URI:http://:80/path", NULL }, { "OCSP;URI:http://a@b/", NULL },
		{ "OCSP;URI:http://a/?q", NULL }, { "OCSP;URI:http://a/b c", NULL }, { "caIssuers;URI:http://a/", NULL },
		{ "OCSP;DNS:a.example", NULL }, { NULL, NULL },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;
		char url[OCSP_URL_MAX] = "untouched";
		const char *why = NULL;
		stage_init(&stage, cases[i].access, true);
		assert_int_equal(ocsp_responder(&stage.certificate, url, &why), cases[i].url ? RESULT_OK : RESULT_NOT_FOUND);
		assert_string_equal(url, cases[i].url ? cases[i].url : "untouched");
		stage_done(&stage);
	}
}

static void without_an_issuer(void **state)
{
	(void)state;
	struct stage stage;
	struct buffer request;
	struct ocsp_times times;
	unsigned char *der;
	char url[OCSP_URL_MAX];
	const char *why = NULL;
	stage_init(&stage, "OCSP;URI:http://ocsp.example/", false);
	buffer_init(&request, OCSP_REQUEST_MAX);
	assert_int_equal(ocsp_responder(&stage.certificate, url, &why), RESULT_NOT_FOUND);
	assert_non_null(strstr(why, "lacks the certificate of its issuer"));
	assert_int_equal(ocsp_request_write(&stage.certificate, &request), RESULT_NOT_FOUND);
	size_t len = respond(&stage, (struct wanted){ .from_s = -60, .until_s = HOUR }, &der);
	assert_int_equal(read_back(&stage, der, len, &times, &why), RESULT_MALFORMED);
	assert_non_null(strstr(why, "lacks the certificate of its issuer"));
	OPENSSL_free(der);
	buffer_done(&request);
	stage_done(&stage);
}

static void requests(void **state)
{
	(void)state;
	struct stage stage;
	struct buffer request, small;
	stage_init(&stage, NULL, true);
	buffer_init(&request, OCSP_REQUEST_MAX);
	buffer_init(&small, 8);
	assert_int_equal(ocsp_request_write(&stage.certificate, &request), RESULT_OK);
	assert_int_equal(ocsp_request_write(&stage.certificate, &small), RESULT_LIMIT);
	const unsigned char *at = (const unsigned char *)buffer_span(&request).at;
	OCSP_REQUEST *read = d2i_OCSP_REQUEST(NULL, &at, (long)buffer_len(&request));
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, stage.leaf.certificate, stage.root.certificate);
	assert_non_null(read);
	assert_int_equal(OCSP_request_onereq_count(read), 1);
	assert_int_equal(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(read, 0)), id), 0);
	assert_int_equal(OCSP_REQUEST_get_ext_count(read), 0);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(read);
	buffer_done(&small);
	buffer_done(&request);
	stage_done(&stage);
}

static void answers(void **state)
{
	(void)state;
	struct stage stage;
	struct issued stranger, plain;
	stage_init(&stage, NULL, true);
	issue(&stranger, "Root", NULL, false, 1);
	issue(&plain, "other.example", &stage.root, false, 3);
	const struct { struct wanted wanted; enum result result; const char *why; } cases[] = {
		{ { .from_s = -60, .until_s = HOUR }, RESULT_OK, NULL },
		{ { .from_s = -60, .until_s = HOUR, .digest = EVP_sha256() }, RESULT_OK, NULL },
		{ { .from_s = -60 }, RESULT_OK, NULL },
		{ { .from_s = 200, .until_s = HOUR }, RESULT_OK, NULL },
		{ { .from_s = 400, .until_s = HOUR }, RESULT_MALFORMED, "a time to come" },
		{ { .from_s = -2 * HOUR, .until_s = -1 }, RESULT_MALFORMED, "out of date" },
		{ { .from_s = -HOUR - 1 }, RESULT_MALFORMED, "out of date" },
		{ { .status = V_OCSP_CERTSTATUS_REVOKED, .from_s = -60, .until_s = HOUR }, RESULT_REFUSED, "revoked" },
		{ { .status = V_OCSP_CERTSTATUS_REVOKED, .from_s = -2 * HOUR, .until_s = -HOUR }, RESULT_MALFORMED, "out of date" },
		{ { .status = V_OCSP_CERTSTATUS_UNKNOWN, .from_s = -60, .until_s = HOUR }, RESULT_MALFORMED, "does not know" },
		{ { .from_s = -60, .until_s = HOUR, .signer = &stranger }, RESULT_MALFORMED, "not signed" },
		{ { .from_s = -60, .until_s = HOUR, .signer = &plain }, RESULT_MALFORMED, "not signed" },
		{ { .from_s = -60, .until_s = HOUR, .signer = &stage.leaf }, RESULT_MALFORMED, "not signed" },
		{ { .from_s = -60, .until_s = HOUR, .issuer = &stranger }, RESULT_MALFORMED, "not signed" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ocsp_times times = { 1, 2 };
		const char *why = "not set";
		unsigned char *der;
		size_t len = respond(&stage, cases[i].wanted, &der);
		assert_int_equal(read_back(&stage, der, len, &times, &why), cases[i].result);
		if (cases[i].why)
			assert_non_null(strstr(why, cases[i].why));
		else
			assert_in_range(times.until_ms - times.from_ms, 1000, 2 * HOUR * 1000);
		if (cases[i].result != RESULT_OK)
			assert_true(times.from_ms == 1 && times.until_ms == 2);
		OPENSSL_free(der);
	}
	issued_done(&plain);
	issued_done(&stranger);
	stage_done(&stage);
}

/* Every prefix, every flipped byte, and a byte more: nothing of that holds. */
static void broken_answers(void **state)
{
	(void)state;
	struct stage stage;
	struct ocsp_times times;
	const char *why;
	unsigned char *der, *copy;
	stage_init(&stage, NULL, true);
	size_t len = respond(&stage, (struct wanted){ .from_s = -60, .until_s = HOUR }, &der);
	copy = malloc(len + 1);
	memcpy(copy, der, len);
	copy[len] = 0;
	for (size_t i = 0; i < len; i++) {
		assert_int_not_equal(read_back(&stage, der, i, &times, &why), RESULT_OK);
		assert_non_null(why);
	}
	assert_int_equal(read_back(&stage, copy, len + 1, &times, &why), RESULT_MALFORMED);
	/* The certificates that come along are not signed: a flip there may leave the response whole. All before them must count. */
	for (size_t i = 0; i < 150; i++) {
		copy[i] ^= 0x01;
		assert_int_not_equal(read_back(&stage, copy, len, &times, &why), RESULT_OK);
		copy[i] ^= 0x01;
	}
	assert_int_equal(read_back(&stage, copy, len, &times, &why), RESULT_OK);
	free(copy);
	OPENSSL_free(der);
	stage_done(&stage);
}

static void staples(void **state)
{
	(void)state;
	static const char big[STAPLE_MAX + 1];
	struct staple *staple = staple_new();
	size_t len = 7;
	unsigned char *copy;
	assert_null(staple_copy(staple, 0, &len));
	assert_int_equal(staple_set(staple, SPAN("first"), 100), RESULT_OK);
	assert_int_equal(staple_set(staple, span_make(big, sizeof(big)), 100), RESULT_LIMIT);
	copy = staple_copy(staple, 99, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(copy, "first", 5);
	OPENSSL_free(copy);
	assert_null(staple_copy(staple, 100, &len));
	assert_int_equal(staple_set(staple, SPAN("second"), 200), RESULT_OK);
	staple_drop(staple_hold(staple));
	copy = staple_copy(staple, 100, &len);
	assert_int_equal(len, 6);
	OPENSSL_free(copy);
	assert_int_equal(staple_set(staple, SPAN_NONE, 300), RESULT_OK);
	assert_null(staple_copy(staple, 100, &len));
	staple_drop(staple);
	staple_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responders), cmocka_unit_test(without_an_issuer), cmocka_unit_test(requests),
		cmocka_unit_test(answers), cmocka_unit_test(broken_answers), cmocka_unit_test(staples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
