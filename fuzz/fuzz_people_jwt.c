/* Any bytes as an ID token, and as the keys that are to have signed it: what is read lies within its limits, and nothing is ever signed by keys that came with it. */
#include <assert.h>

#include "hub/people/oidc/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct token_due due = { SPAN("https://a"), SPAN("hub"), SPAN("n"), SPAN_NONE, TOKEN_SUB, 1796025600 };
	struct span rest = span_make((const char *)data, size), token = span_cut(&rest, '\n'), subject = SPAN_NONE;
	struct json *keys = NULL;
	const char *why;
	struct jwt jwt;

	if (jwt_read(token, &jwt) != RESULT_OK)
		return 0;
	assert(token.len <= JWT_MAX && jwt.signature_len && jwt.signature_len <= sizeof(jwt.signature));
	assert(jwt.signed_text.at == token.at && jwt.signed_text.len < token.len && json_has_object(jwt.claims));
	if (json_read(rest, &keys) == RESULT_OK)
		assert(jwt_check_signature(&jwt, keys) != RESULT_MALFORMED);
	if (token_check(jwt.claims, &due, &subject, &why) == RESULT_OK)
		assert(subject.len && subject.len <= TOKEN_SUBJECT_MAX && !why);
	else
		assert(why);
	json_drop(keys);
	jwt_done(&jwt);
	return 0;
}
