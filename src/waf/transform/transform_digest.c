/* Digests, as bytes: the one place of waf/ where libcrypto is asked for them. */
#include <openssl/evp.h>
#include <pthread.h>

#include "waf/transform/parts.h"

#include "base/banned.h"

/* Looked up once in the process: each look-up costs more than a short digest. */
static struct {
	pthread_once_t once;
	EVP_MD *md5, *sha1;
} kinds = { .once = PTHREAD_ONCE_INIT };

static void kinds_fetch(void)
{
	kinds.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	kinds.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static enum result digest(struct span in, const EVP_MD *type, struct arena *arena, struct span *out)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len;
	struct span copy;

	/* Fails without memory, and where a policy of the machine forbids MD5: the caller fails closed in both. */
	if (!type || EVP_Digest(in.len ? in.at : "", in.len, bytes, &len, type, NULL) != 1)
		return RESULT_NO_MEMORY;
	copy = arena_copy(arena, span_make((const char *)bytes, len));
	if (!copy.at)
		return RESULT_NO_MEMORY;
	*out = copy;
	return RESULT_OK;
}

enum result transform_md5(struct span in, struct arena *arena, struct span *out)
{
	pthread_once(&kinds.once, kinds_fetch);
	return digest(in, kinds.md5, arena, out);
}

enum result transform_sha1(struct span in, struct arena *arena, struct span *out)
{
	pthread_once(&kinds.once, kinds_fetch);
	return digest(in, kinds.sha1, arena, out);
}
