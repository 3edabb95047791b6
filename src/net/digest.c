#include "net/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/banned.h"

void digest_init(struct digest *digest)
{
	digest->context = EVP_MD_CTX_new();
	digest->is_good = digest->context && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1;
}

void digest_add(struct digest *digest, struct span text)
{
	uint64_t len = text.len;

	digest->is_good = digest->is_good && EVP_DigestUpdate(digest->context, &len, sizeof(len)) == 1 &&
	                  EVP_DigestUpdate(digest->context, text.at ? text.at : "", text.len) == 1;
}

enum result digest_end(struct digest *digest, unsigned char out[DIGEST_LEN])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	bool is_good = digest->is_good && EVP_DigestFinal_ex(digest->context, bytes, NULL) == 1;

	EVP_MD_CTX_free(digest->context);
	*digest = (struct digest){ 0 };
	if (!is_good) {
		ERR_clear_error();
		return RESULT_NO_MEMORY;
	}
	memcpy(out, bytes, DIGEST_LEN);
	return RESULT_OK;
}

enum result digest_plain(struct span text, unsigned char out[DIGEST_LEN])
{
	if (EVP_Digest(text.at ? text.at : "", text.len, out, NULL, EVP_sha256(), NULL) == 1)
		return RESULT_OK;
	ERR_clear_error();
	return RESULT_NO_MEMORY;
}
