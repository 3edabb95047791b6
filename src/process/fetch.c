#include "process/fetch.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <stdio.h>

#include "base/banned.h"

struct target {
	char *host, *port, *path;
};

bool fetch_is_url(struct span url)
{
	if (!span_starts(url, SPAN("http://")) || url.len >= FETCH_URL_MAX || url.len == 7 || url.at[7] == '/' || url.at[7] == ':')
		return false;
	for (size_t i = 0; i < url.len; i++) {
		if (url.at[i] <= ' ' || url.at[i] >= 0x7f || strchr("@?#\\\"<>", url.at[i]))
			return false;
	}
	return true;
}

/* The first error is the cause; what is piled on it only says where it came by. */
static void explain(char *why)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code == 0 ? "no answer" : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	snprintf(why, FETCH_WHY_MAX, "%s", reason ? reason : "no answer");
	ERR_clear_error();
}

static void target_done(struct target *target)
{
	OPENSSL_free(target->host);
	OPENSSL_free(target->port);
	OPENSSL_free(target->path);
}

static enum result take(BIO *answer, char *out, size_t *len, char *why)
{
	size_t count = 0;
	int got;

	while (count < FETCH_RESPONSE_MAX && (got = BIO_read(answer, out + count, (int)(FETCH_RESPONSE_MAX - count))) > 0)
		count += (size_t)got;
	if (count == 0 || BIO_pending(answer) > 0) {
		snprintf(why, FETCH_WHY_MAX, "%s", count ? "the answer is too large" : "the answer is empty");
		return RESULT_IO;
	}
	*len = count;
	return RESULT_OK;
}

enum result fetch_ocsp(struct span url, struct span request, char *out, size_t *len, char *why)
{
	struct target target = { 0 };
	BIO *body = NULL, *answer = NULL;
	enum result result = RESULT_IO;
	char text[FETCH_URL_MAX];

	if (!fetch_is_url(url) || span_to_text(url, text, sizeof(text)) != RESULT_OK || request.len == 0 || request.len > FETCH_REQUEST_MAX) {
		snprintf(why, FETCH_WHY_MAX, "not an address to ask");
		return RESULT_REFUSED;
	}
	ERR_clear_error();
	if (OSSL_HTTP_parse_url(text, NULL, NULL, &target.host, &target.port, NULL, &target.path, NULL, NULL) == 1)
		body = BIO_new_mem_buf(request.at, (int)request.len);
	if (body)
		answer = OSSL_HTTP_transfer(NULL, target.host, target.port, target.path, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL,
		                            "application/ocsp-request", body, "application/ocsp-response", 1, FETCH_RESPONSE_MAX, FETCH_WAIT_S, 0);
	if (answer)
		result = take(answer, out, len, why);
	else
		explain(why);
	BIO_free(answer);
	BIO_free(body);
	target_done(&target);
	ERR_clear_error();
	return result;
}
