#include "net/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/encode.h"

#include "base/banned.h"

enum result signature_key_make(EVP_PKEY **out)
{
	*out = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (*out)
		return RESULT_OK;
	ERR_clear_error();
	return RESULT_NO_MEMORY;
}

static int no_passphrase(char *out, int size, int is_writing, void *unused)
{
	(void)out;
	(void)size;
	(void)is_writing;
	(void)unused;
	return -1;
}

enum result signature_key_read(struct span pem, EVP_PKEY **out)
{
	BIO *bio = pem.len && pem.len <= SIGNATURE_PEM_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(key);
		return RESULT_MALFORMED;
	}
	*out = key;
	return RESULT_OK;
}

enum result signature_key_write(const EVP_PKEY *key, struct buffer *out)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	enum result result = RESULT_NO_MEMORY;
	char *at = NULL;
	long len;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 && (len = BIO_get_mem_data(bio, &at)) > 0)
		result = buffer_append(out, span_make(at, (size_t)len));
	BIO_free(bio);
	ERR_clear_error();
	return result;
}

void signature_key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

enum result signature_public(const EVP_PKEY *key, uint8_t out[SIGNATURE_PUBLIC_LEN])
{
	uint8_t bytes[SIGNATURE_PUBLIC_LEN];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_public_key(key, bytes, &len) != 1 || len != sizeof(bytes)) {
		ERR_clear_error();
		return RESULT_MALFORMED;
	}
	memcpy(out, bytes, sizeof(bytes));
	return RESULT_OK;
}

/* COUNT bytes, at most SIGNATURE_LEN. */
static enum result read_bytes(struct span text, uint8_t *out, size_t count)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, SIGNATURE_LEN + 3);
	result = base64_read(text, &bytes);
	if (result == RESULT_OK && buffer_len(&bytes) == count)
		memcpy(out, bytes.bytes + bytes.start, count);
	else
		result = RESULT_MALFORMED;
	buffer_done(&bytes);
	return result;
}

enum result signature_public_read(struct span text, uint8_t out[SIGNATURE_PUBLIC_LEN])
{
	return read_bytes(text, out, SIGNATURE_PUBLIC_LEN);
}

enum result signature_read(struct span text, uint8_t out[SIGNATURE_LEN])
{
	return read_bytes(text, out, SIGNATURE_LEN);
}

enum result signature_make(EVP_PKEY *key, struct span text, uint8_t out[SIGNATURE_LEN])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = SIGNATURE_LEN;
	bool is_good = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
	               EVP_DigestSign(context, out, &len, (const unsigned char *)(text.at ? text.at : ""), text.len) == 1 && len == SIGNATURE_LEN;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return is_good ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result signature_check(const uint8_t public_key[SIGNATURE_PUBLIC_LEN], struct span text, const uint8_t signature[SIGNATURE_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGNATURE_PUBLIC_LEN);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	               EVP_DigestVerify(context, signature, SIGNATURE_LEN, (const unsigned char *)(text.at ? text.at : ""), text.len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return is_good ? RESULT_OK : RESULT_REFUSED;
}
