/* Digests, as bytes: the one place of waf/ where libcrypto is asked for them. */
#include <openssl/evp.h>

#include "waf/transform/parts.h"

#include "base/banned.h"

static enum result digest(struct span in, const EVP_MD *type, struct arena *arena, struct span *out)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len;
	struct span copy;

	/* Fails without memory, and where a policy of the machine forbids MD5: the caller fails closed in both. */
	if (EVP_Digest(in.len ? in.at : "", in.len, bytes, &len, type, NULL) != 1)
		return RESULT_NO_MEMORY;
	copy = arena_copy(arena, span_make((const char *)bytes, len));
	if (!copy.at)
		return RESULT_NO_MEMORY;
	*out = copy;
	return RESULT_OK;
}

enum result transform_md5(struct span in, struct arena *arena, struct span *out)
{
	return digest(in, EVP_md5(), arena, out);
}

enum result transform_sha1(struct span in, struct arena *arena, struct span *out)
{
	return digest(in, EVP_sha1(), arena, out);
}
