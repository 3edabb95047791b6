#include "net/sealed.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/hash.h"

#include "base/banned.h"

/* EVP's own types: bytes are unsigned, lengths are int. */
static const unsigned char *bytes_of(struct span text)
{
	return (const unsigned char *)(text.at ? text.at : "");
}

static bool turn(EVP_CIPHER_CTX *context, struct span about, struct span text, uint8_t *out)
{
	int made;

	return EVP_CipherUpdate(context, NULL, &made, bytes_of(about), (int)about.len) == 1 &&
	       EVP_CipherUpdate(context, out, &made, bytes_of(text), (int)text.len) == 1;
}

enum result sealed_make(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span plain, uint8_t *out)
{
	EVP_CIPHER_CTX *context;
	uint8_t *to = out + SEALED_NUMBER_LEN;
	bool is_good;
	int made;

	if (plain.len > SEALED_BYTES_MAX || about.len > SEALED_BYTES_MAX)
		return RESULT_LIMIT;
	context = EVP_CIPHER_CTX_new();
	random_fill(out, SEALED_NUMBER_LEN);
	is_good = context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, out) == 1 && turn(context, about, plain, to) &&
	          EVP_EncryptFinal_ex(context, to + plain.len, &made) == 1 &&
	          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, (int)SEALED_PROOF_LEN, to + plain.len) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!is_good)
		ERR_clear_error();
	return is_good ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result sealed_open(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span sealed, uint8_t *out)
{
	EVP_CIPHER_CTX *context;
	uint8_t proof[SEALED_PROOF_LEN];
	struct span text;
	bool is_good;
	int made;

	if (sealed.len < SEALED_MORE || sealed.len > SEALED_BYTES_MAX + SEALED_MORE || about.len > SEALED_BYTES_MAX)
		return RESULT_MALFORMED;
	text = span_make(sealed.at + SEALED_NUMBER_LEN, sealed.len - SEALED_MORE);
	memcpy(proof, text.at + text.len, sizeof(proof));
	context = EVP_CIPHER_CTX_new();
	is_good = context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes_of(sealed)) == 1 && turn(context, about, text, out) &&
	          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, (int)sizeof(proof), proof) == 1 &&
	          EVP_DecryptFinal_ex(context, out + text.len, &made) == 1;
	EVP_CIPHER_CTX_free(context);
	if (is_good)
		return RESULT_OK;
	ERR_clear_error();
	explicit_bzero(out, text.len);
	return RESULT_MALFORMED;
}
