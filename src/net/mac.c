#include "net/mac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/banned.h"

enum result mac_make(const uint8_t key[MAC_KEY_LEN], struct span text, uint8_t out[MAC_LEN])
{
	return mac_make_any(span_make((const char *)key, MAC_KEY_LEN), text, out);
}

enum result mac_make_any(struct span key, struct span text, uint8_t out[MAC_LEN])
{
	if (key.len <= INT_MAX && HMAC(EVP_sha256(), key.at, (int)key.len, (const unsigned char *)text.at, text.len, out, NULL))
		return RESULT_OK;
	ERR_clear_error();
	return RESULT_NO_MEMORY;
}

bool mac_equal(const uint8_t *a, const uint8_t *b, size_t count)
{
	return CRYPTO_memcmp(a, b, count) == 0;
}
