#include "hub/people/passkey/fido.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "net/digest.h"

#include "base/banned.h"

#define FLAGS_AT 32u                     /* behind the hash of the rp id; WebAuthn 6.1 */
#define COUNTER_AT 33u
#define DATA_MIN 37u
#define USER_PRESENT 0x01u
#define USER_VERIFIED 0x04u

static const unsigned char *bytes_of(struct span text)
{
	return (const unsigned char *)(text.at ? text.at : "");
}

static uint32_t counter_of(struct span data)
{
	const unsigned char *at = bytes_of(data) + COUNTER_AT;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* For this site, by a person who was there and whom the authenticator knows. */
static enum result check_front(const char *site, struct span data)
{
	unsigned char hash[DIGEST_LEN];
	enum result result;

	if (data.len < DATA_MIN)
		return RESULT_MALFORMED;
	result = digest_plain(span_of(site), hash);
	if (result != RESULT_OK)
		return result;
	if (memcmp(hash, data.at, sizeof(hash)) != 0 || (bytes_of(data)[FLAGS_AT] & (USER_PRESENT | USER_VERIFIED)) != (USER_PRESENT | USER_VERIFIED))
		return RESULT_REFUSED;
	return RESULT_OK;
}

static bool copy(const unsigned char *from, size_t len, uint8_t *to, size_t max, size_t *out)
{
	if (!from || !len || len > max)
		return false;
	memcpy(to, from, len);
	*out = len;
	return true;
}

/* libfido2 takes data only as of the algorithm that it was told. */
static bool read_as(int algorithm, struct span data, struct fido_key *out)
{
	fido_cred_t *credential = fido_cred_new();
	bool is_good;

	if (!credential)
		return false;
	is_good = fido_cred_set_type(credential, algorithm) == FIDO_OK && fido_cred_set_authdata_raw(credential, bytes_of(data), data.len) == FIDO_OK &&
	          copy(fido_cred_id_ptr(credential), fido_cred_id_len(credential), out->id, FIDO_ID_MAX, &out->id_len) &&
	          copy(fido_cred_pubkey_ptr(credential), fido_cred_pubkey_len(credential), out->key, FIDO_KEY_MAX, &out->key_len);
	out->algorithm = algorithm;
	fido_cred_free(&credential);
	return is_good;
}

enum result fido_read(const char *site, struct span authenticator_data, struct fido_key *out)
{
	static const int algorithms[] = { COSE_ES256, COSE_EDDSA, COSE_RS256 };
	enum result result = check_front(site, authenticator_data);
	struct fido_key key = { 0 };

	if (result != RESULT_OK)
		return result;
	for (unsigned i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (!read_as(algorithms[i], authenticator_data, &key))
			continue;
		key.counter = counter_of(authenticator_data);
		*out = key;
		return RESULT_OK;
	}
	return RESULT_MALFORMED;
}

static bool verify_with(fido_assert_t *assertion, const struct fido_key *key)
{
	es256_pk_t *es256 = key->algorithm == COSE_ES256 ? es256_pk_new() : NULL;
	eddsa_pk_t *eddsa = key->algorithm == COSE_EDDSA ? eddsa_pk_new() : NULL;
	rs256_pk_t *rs256 = key->algorithm == COSE_RS256 ? rs256_pk_new() : NULL;
	bool is_good = false;

	if (es256)
		is_good = es256_pk_from_ptr(es256, key->key, key->key_len) == FIDO_OK && fido_assert_verify(assertion, 0, COSE_ES256, es256) == FIDO_OK;
	else if (eddsa)
		is_good = eddsa_pk_from_ptr(eddsa, key->key, key->key_len) == FIDO_OK && fido_assert_verify(assertion, 0, COSE_EDDSA, eddsa) == FIDO_OK;
	else if (rs256)
		is_good = rs256_pk_from_ptr(rs256, key->key, key->key_len) == FIDO_OK && fido_assert_verify(assertion, 0, COSE_RS256, rs256) == FIDO_OK;
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	rs256_pk_free(&rs256);
	return is_good;
}

enum result fido_check(const char *site, const struct fido_key *key, struct span client_data, struct span authenticator_data, struct span signature, uint32_t *counter)
{
	unsigned char hash[DIGEST_LEN];
	fido_assert_t *assertion;
	enum result result = check_front(site, authenticator_data);
	bool is_good;

	if (result == RESULT_OK)
		result = digest_plain(client_data, hash);
	if (result != RESULT_OK)
		return result;
	assertion = fido_assert_new();
	if (!assertion)
		return RESULT_NO_MEMORY;
	is_good = fido_assert_set_clientdata_hash(assertion, hash, sizeof(hash)) == FIDO_OK && fido_assert_set_rp(assertion, site) == FIDO_OK &&
	          fido_assert_set_count(assertion, 1) == FIDO_OK && fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
	          fido_assert_set_uv(assertion, FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_authdata_raw(assertion, 0, bytes_of(authenticator_data), authenticator_data.len) == FIDO_OK &&
	          fido_assert_set_sig(assertion, 0, bytes_of(signature), signature.len) == FIDO_OK && verify_with(assertion, key);
	fido_assert_free(&assertion);
	if (!is_good)
		return RESULT_REFUSED;
	*counter = counter_of(authenticator_data);
	return RESULT_OK;
}
