#include "net/cipher.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/hash.h"

#include "base/banned.h"

#define UNIT_BYTES_MAX (16u << 20)  /* of XTS: 2^20 blocks */

enum result cipher_init(struct cipher *cipher)
{
	cipher->context = EVP_CIPHER_CTX_new();
	random_fill(cipher->key, sizeof(cipher->key));
	return cipher->context ? RESULT_OK : RESULT_NO_MEMORY;
}

void cipher_done(struct cipher *cipher)
{
	EVP_CIPHER_CTX_free(cipher->context);
	OPENSSL_cleanse(cipher, sizeof(*cipher));
}

static enum result turn(struct cipher *cipher, uint64_t unit, char *bytes, size_t count, int is_sealing)
{
	uint64_t tweak[2] = { htole64(unit), 0 };
	unsigned char *at = (unsigned char *)bytes;
	int made;

	if (count < CIPHER_UNIT_BYTES_MIN || count > UNIT_BYTES_MAX)
		return RESULT_LIMIT;
	if (EVP_CipherInit_ex(cipher->context, EVP_aes_128_xts(), NULL, cipher->key, (const unsigned char *)tweak, is_sealing) != 1 ||
	    EVP_CipherUpdate(cipher->context, at, &made, at, (int)count) != 1)
		return RESULT_NO_MEMORY;
	return RESULT_OK;
}

enum result cipher_seal(struct cipher *cipher, uint64_t unit, char *bytes, size_t count)
{
	return turn(cipher, unit, bytes, count, 1);
}

enum result cipher_open(struct cipher *cipher, uint64_t unit, char *bytes, size_t count)
{
	return turn(cipher, unit, bytes, count, 0);
}
