/* Any bytes as a partner's token: only what is one has a hash, what has one is drawn in one way only, and finds nobody but him. */
#include <assert.h>

#include "guard/partner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	char token[PARTNER_TOKEN_LEN], hash[PARTNER_HASH_LEN], own[PARTNER_HASH_LEN];
	struct partner_settings list[2] = { { .until_ms = 1 }, { .until_ms = 1 } };
	const struct list_value partners = { list, 2 };

	partner_token_new(token);
	assert(partner_hash(span_make(token, sizeof(token)), own) == RESULT_OK);
	list[0].token = list[1].token = span_make(own, sizeof(own));
	assert(!partner_find(&partners, text, 0));
	if (partner_hash(text, hash) == RESULT_OK) {
		assert(size == PARTNER_TOKEN_LEN && span_starts(text, SPAN(PARTNER_PREFIX)));
		list[1].token = span_make(hash, sizeof(hash));
		assert(partner_find(&partners, text, 0) == &list[1] && !partner_find(&partners, text, 1));
	}
	assert(!partner_name_is_good(text) || (size > 0 && size <= PARTNER_NAME_MAX));
	return 0;
}
