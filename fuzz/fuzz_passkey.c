/* Any bytes as what a browser says of a passkey: what is found lies within, and a challenge comes from exactly one text. */
#include <assert.h>

#include "base/encode.h"
#include "hub/people/passkey/client_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), found;
	uint8_t challenge[CHALLENGE_LEN];
	char encoded[BASE64URL_LEN(CHALLENGE_LEN)];

	if (client_data_read(text, SPAN("webauthn.get"), SPAN("https://hub"), challenge) == RESULT_OK) {
		base64url_write(challenge, sizeof(challenge), encoded);
		assert(size <= CLIENT_DATA_MAX);
	}
	if (attestation_read(text, &found) == RESULT_OK) {
		assert(size <= ATTESTATION_MAX && found.len < size);
		assert(!found.len || (found.at >= text.at && found.at + found.len <= text.at + size));
		assert(attestation_read(span_take(text, size - 1), &found) == RESULT_MALFORMED);
	}
	return 0;
}
