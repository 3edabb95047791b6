#include "guard/signed.h"

#include <assert.h>

#include "base/hash.h"
#include "net/mac.h"
#include "source/entry.h"

#include "base/banned.h"

static enum result prove(const struct ticket_key *key, enum signed_purpose purpose, const uint8_t *bytes, size_t count, uint8_t out[MAC_LEN])
{
	uint8_t text[1 + SIGNED_BYTES_MAX];

	text[0] = (uint8_t)purpose;
	memcpy(text + 1, bytes, count);
	return mac_make(key->hmac, span_make((const char *)text, count + 1), out);
}

enum result signed_write(const struct asker *asker, enum signed_purpose purpose, uint32_t made_s, uint8_t *bytes, size_t count, char *out)
{
	struct ticket_key key;
	uint8_t proof[MAC_LEN];
	enum result result;

	assert(count <= SIGNED_BYTES_MAX && count > SIGNED_FRONT_LEN + SIGNED_PROOF_LEN);
	if (!ticket_keys_at(asker->keys, asker->now_ms / 1000, made_s, &key))
		return RESULT_NOT_FOUND;
	(void)bytes_put(bytes, made_s, SIGNED_FRONT_LEN);
	result = prove(&key, purpose, bytes, count - SIGNED_PROOF_LEN, proof);
	explicit_bzero(&key, sizeof(key));
	if (result != RESULT_OK)
		return result;
	memcpy(bytes + count - SIGNED_PROOF_LEN, proof, SIGNED_PROOF_LEN);
	base64url_write(bytes, count, out);
	return RESULT_OK;
}

enum result signed_read(const struct asker *asker, enum signed_purpose purpose, struct span text, uint8_t *bytes, size_t count, uint32_t *made_s)
{
	struct ticket_key key;
	uint8_t proof[MAC_LEN];
	uint64_t made;
	bool is_ours;

	assert(count <= SIGNED_BYTES_MAX && count > SIGNED_FRONT_LEN + SIGNED_PROOF_LEN);
	if (base64url_read(text, bytes, count) != RESULT_OK)
		return RESULT_MALFORMED;
	(void)bytes_get(bytes, &made, SIGNED_FRONT_LEN);
	if (!ticket_keys_at(asker->keys, asker->now_ms / 1000, made, &key))
		return RESULT_MALFORMED;
	is_ours = prove(&key, purpose, bytes, count - SIGNED_PROOF_LEN, proof) == RESULT_OK &&
	          mac_equal(proof, bytes + count - SIGNED_PROOF_LEN, SIGNED_PROOF_LEN);
	explicit_bzero(&key, sizeof(key));
	if (!is_ours)
		return RESULT_MALFORMED;
	*made_s = (uint32_t)made;
	return RESULT_OK;
}

/* The key's name is told to nobody here: it seeds the hash. */
uint32_t signed_network(const struct asker *asker, uint32_t made_s)
{
	struct source_key source = source_key_of(&asker->source);
	uint64_t text[3] = { asker->site, source.bits, (uint64_t)source.kind };
	struct hash_seed seed;
	struct ticket_key key;

	if (!ticket_keys_at(asker->keys, asker->now_ms / 1000, made_s, &key))
		return 0;
	memcpy(&seed, key.name, sizeof(seed));
	explicit_bzero(&key, sizeof(key));
	return (uint32_t)(hash_span(seed, span_make((const char *)text, sizeof(text))) | 1);
}
