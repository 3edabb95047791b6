#include "net/passphrase.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/banned.h"

#define BLOCK 8u

enum result passphrase_key(struct span words, const uint8_t salt[PASSPHRASE_SALT_LEN], unsigned cost, uint8_t *out, size_t count)
{
	uint64_t n = (uint64_t)1 << (cost < 64 ? cost : 0);
	/* What scrypt itself takes, and a little: OpenSSL refuses more than it is told. */
	uint64_t most = 128 * n * BLOCK + ((uint64_t)4 << 20);

	if (cost < PASSPHRASE_COST_MIN || cost > PASSPHRASE_COST_MAX || words.len < PASSPHRASE_MIN || words.len > PASSPHRASE_MAX)
		return RESULT_LIMIT;
	if (EVP_PBE_scrypt(words.at, words.len, salt, PASSPHRASE_SALT_LEN, n, BLOCK, 1, most, out, count) == 1)
		return RESULT_OK;
	ERR_clear_error();
	return RESULT_NO_MEMORY;
}

void passphrase_forget(void *bytes, size_t count)
{
	OPENSSL_cleanse(bytes, count);
}
