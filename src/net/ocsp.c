#include "net/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "net/staple.h"
#include "process/fetch.h"

#include "base/banned.h"

#define SLACK_MS (300 * (int64_t)1000)  /* a responder's clock may be ahead of ours by this much */

_Static_assert(OCSP_URL_MAX == FETCH_URL_MAX && OCSP_REQUEST_MAX == FETCH_REQUEST_MAX && STAPLE_MAX == FETCH_RESPONSE_MAX,
               "what is asked and answered fits through fetch.h");

static const char no_issuer[] = "its chain lacks the certificate of its issuer: put it behind the site's own";

static X509 *issuer_of(const struct certificate *certificate)
{
	return certificate->chain && sk_X509_num(certificate->chain) > 0 ? sk_X509_value(certificate->chain, 0) : NULL;
}

/* -- asking -- */

enum result ocsp_responder(const struct certificate *certificate, char url[OCSP_URL_MAX], const char **why)
{
	STACK_OF(OPENSSL_STRING) *urls;
	enum result result = RESULT_NOT_FOUND;

	*why = no_issuer;
	if (!issuer_of(certificate))
		return RESULT_NOT_FOUND;
	*why = "it names no OCSP responder that can be asked over http";
	urls = X509_get1_ocsp(certificate->leaf);
	for (int i = 0; urls && i < sk_OPENSSL_STRING_num(urls) && result != RESULT_OK; i++) {
		struct span found = span_of(sk_OPENSSL_STRING_value(urls, i));

		if (fetch_is_url(found))
			result = span_to_text(found, url, OCSP_URL_MAX);
	}
	X509_email_free(urls);
	ERR_clear_error();
	return result == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
}

enum result ocsp_request_write(const struct certificate *certificate, struct buffer *out)
{
	X509 *issuer = issuer_of(certificate);
	OCSP_REQUEST *request = issuer ? OCSP_REQUEST_new() : NULL;
	/* SHA-1 names the certificate here, it protects nothing; responders that answer from a cache know no other. */
	OCSP_CERTID *id = request ? OCSP_cert_to_id(EVP_sha1(), certificate->leaf, issuer) : NULL;
	enum result result = issuer ? RESULT_NO_MEMORY : RESULT_NOT_FOUND;
	unsigned char *der = NULL;
	int len;

	if (id && OCSP_request_add0_id(request, id))
		id = NULL;  /* the request's now */
	else
		goto done;
	len = i2d_OCSP_REQUEST(request, &der);
	if (len > 0)
		result = buffer_append(out, span_make((const char *)der, (size_t)len));
done:
	OPENSSL_free(der);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return result;
}

/* -- the answer -- */

/* The issuer alone is trusted, whoever signed it: it is the chain that the site shows. */
static bool is_signed(OCSP_BASICRESP *basic, const struct certificate *certificate)
{
	X509_STORE *store = X509_STORE_new();
	bool is_good = store && X509_STORE_add_cert(store, issuer_of(certificate)) == 1 &&
	               X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	               OCSP_basic_verify(basic, certificate->chain, store, OCSP_PARTIAL_CHAIN) == 1;

	X509_STORE_free(store);
	return is_good;
}

struct found {
	int status;
	ASN1_GENERALIZEDTIME *from, *until;  /* in the response */
};

static bool find(OCSP_BASICRESP *basic, const struct certificate *certificate, struct found *out)
{
	const EVP_MD *const digests[] = { EVP_sha1(), EVP_sha256() };
	bool is_found = false;

	for (size_t i = 0; i < sizeof(digests) / sizeof(*digests) && !is_found; i++) {
		OCSP_CERTID *id = OCSP_cert_to_id(digests[i], certificate->leaf, issuer_of(certificate));

		is_found = id && OCSP_resp_find_status(basic, id, &out->status, NULL, NULL, &out->from, &out->until) == 1;
		OCSP_CERTID_free(id);
	}
	return is_found;
}

static bool time_read_ms(const ASN1_GENERALIZEDTIME *time, int64_t *out)
{
	struct tm parts;

	if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*out = (int64_t)timegm(&parts) * 1000;
	return true;
}

/* Why BASIC does not hold; NULL: it does, and TIMES and STATUS are set. */
static const char *judge(OCSP_BASICRESP *basic, const struct certificate *certificate, int64_t now_ms, struct ocsp_times *times,
                         int *status)
{
	struct found found = { 0 };

	if (!issuer_of(certificate))
		return no_issuer;
	if (!is_signed(basic, certificate))
		return "the OCSP response is not signed by its issuer, nor by a responder of its issuer";
	if (!find(basic, certificate, &found))
		return "the OCSP response is of another certificate";
	if (!time_read_ms(found.from, &times->from_ms) || (found.until && !time_read_ms(found.until, &times->until_ms)))
		return "the OCSP response has no time that can be read";
	if (!found.until)
		times->until_ms = times->from_ms + OCSP_HOUR_MS;
	if (times->from_ms > now_ms + SLACK_MS)
		return "the OCSP response is of a time to come (is the clock right?)";
	if (times->until_ms <= now_ms)
		return "the OCSP response is out of date";
	*status = found.status;
	return found.status == V_OCSP_CERTSTATUS_UNKNOWN ? "its OCSP responder does not know it" : NULL;
}

/* The whole of DER is one response, and nothing follows it. */
static OCSP_RESPONSE *parse(struct span der)
{
	const unsigned char *at = (const unsigned char *)der.at;
	OCSP_RESPONSE *response = der.len && der.len <= STAPLE_MAX ? d2i_OCSP_RESPONSE(NULL, &at, (long)der.len) : NULL;

	if (response && at != (const unsigned char *)der.at + der.len) {
		OCSP_RESPONSE_free(response);
		return NULL;
	}
	return response;
}

enum result ocsp_response_read(const struct certificate *certificate, struct span der, int64_t now_ms, struct ocsp_times *times,
                               const char **why)
{
	OCSP_RESPONSE *response = parse(der);
	OCSP_BASICRESP *basic = NULL;
	struct ocsp_times read = { 0 };
	enum result result = RESULT_MALFORMED;
	int status = V_OCSP_CERTSTATUS_UNKNOWN;

	if (!response)
		*why = "what came is no OCSP response";
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		*why = OCSP_response_status_str(OCSP_response_status(response));
	else if (!(basic = OCSP_response_get1_basic(response)))
		*why = "the OCSP response is of a kind that nobody here reads";
	else
		*why = judge(basic, certificate, now_ms, &read, &status);
	if (!*why && status == V_OCSP_CERTSTATUS_REVOKED) {
		*why = "its issuer has revoked it";
		result = RESULT_REFUSED;
	} else if (!*why) {
		*times = read;
		result = RESULT_OK;
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return result;
}
