/* No bytes that a stranger can make are a response to rely on; what is said about them is said; a URL to ask is one that
 * OpenSSL reads as a host and a path and nothing else. */
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/http.h>

#include "base/clock.h"
#include "net/ocsp.h"
#include "process/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate that is its own issuer, twice: a chain as a site has it. */
static void certificate_of(struct certificate *out)
{
	struct buffer chain, twice, key;
	struct span host = SPAN("a.example");
	buffer_init(&chain, 65536);
	buffer_init(&twice, 65536);
	buffer_init(&key, 65536);
	assert(certificate_make_self_signed(&host, 1, (int64_t)(clock_wall_ns() / 1000000u), &chain, &key) == RESULT_OK);
	assert(buffer_append(&twice, buffer_span(&chain)) == RESULT_OK && buffer_append(&twice, buffer_span(&chain)) == RESULT_OK);
	assert(certificate_read_chain(buffer_span(&twice), SPAN("c"), NULL, out) == RESULT_OK);
	buffer_done(&chain);
	buffer_done(&twice);
	buffer_done(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct certificate certificate;
	struct span input = span_make((const char *)data, size);
	struct ocsp_times times;
	const char *why = NULL;
	char text[FETCH_URL_MAX], *user = NULL, *host = NULL, *query = NULL, *fragment = NULL;
	int is_tls = 1;
	if (!certificate.leaf)
		certificate_of(&certificate);
	assert(ocsp_response_read(&certificate, input, (int64_t)(clock_wall_ns() / 1000000u), &times, &why) == RESULT_MALFORMED && why);
	if (fetch_is_url(input) && span_to_text(input, text, sizeof(text)) == RESULT_OK &&
	    OSSL_HTTP_parse_url(text, &is_tls, &user, &host, NULL, NULL, NULL, &query, &fragment) == 1)
		assert(!is_tls && host && *host && (!user || !*user) && (!query || !*query) && (!fragment || !*fragment));
	OPENSSL_free(user);
	OPENSSL_free(host);
	OPENSSL_free(query);
	OPENSSL_free(fragment);
	return 0;
}
