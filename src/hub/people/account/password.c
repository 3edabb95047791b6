#include "hub/people/account/password.h"

#include <argon2.h>

#include "base/hash.h"

#include "base/banned.h"

#define SALT_LEN 16u
#define HASH_LEN 32u
#define DIFFERENT_MIN 5u                 /* different bytes in a password */
#define PART_MIN 4u                      /* a shorter name is in too many words */

/* The hash of a password that nobody has: its bytes were not made by argon2. The numbers in it must be those of password.h. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$Ym91Y2xpZXItbm9ib2R5IQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

static unsigned different_bytes(struct span text)
{
	bool seen[256] = { 0 };
	unsigned count = 0;

	for (size_t i = 0; i < text.len; i++) {
		count += !seen[(unsigned char)text.at[i]];
		seen[(unsigned char)text.at[i]] = true;
	}
	return count;
}

const char *password_complaint(struct span password, struct span name, struct span site)
{
	if (password.len < PASSWORD_LEN_MIN)
		return "has to have 12 characters or more";
	if (password.len > PASSWORD_LEN_MAX)
		return "may have 1024 characters at most";
	if (different_bytes(password) < DIFFERENT_MIN)
		return "has to have more than four different characters";
	if (name.len >= PART_MIN && span_contains_nocase(password, name))
		return "may not contain the name of the account";
	if (site.len >= PART_MIN && span_contains_nocase(password, site))
		return "may not contain the name of the hub";
	return NULL;
}

static enum result result_of(int code)
{
	if (code == ARGON2_OK)
		return RESULT_OK;
	return code == ARGON2_MEMORY_ALLOCATION_ERROR ? RESULT_NO_MEMORY : RESULT_REFUSED;
}

enum result password_hash(struct span password, char out[PASSWORD_HASH_BYTES])
{
	uint8_t salt[SALT_LEN];

	random_fill(salt, sizeof(salt));
	return result_of(argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_KIB, 1, password.at, password.len, salt, sizeof(salt), HASH_LEN, out, PASSWORD_HASH_BYTES));
}

enum result password_verify(struct span password, const char *encoded)
{
	bool is_somebody = encoded && encoded[0];
	enum result result = result_of(argon2id_verify(is_somebody ? encoded : nobody, password.at, password.len));

	return result == RESULT_OK && !is_somebody ? RESULT_REFUSED : result;
}
