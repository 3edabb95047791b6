#include "hub/people/account/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/replace_file.h"
#include "net/digest.h"
#include "net/mac.h"

#include "base/banned.h"

#define CODE_LETTERS 26u                 /* of 5 bits each */
#define CODE_GROUP 5u
#define KEY_FILE "people.key"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  /* Crockford's */

void secret_draw(char out[SECRET_BYTES])
{
	uint8_t bytes[32];

	random_fill(bytes, sizeof(bytes));
	base64url_write(bytes, sizeof(bytes), out);
	out[SECRET_BYTES - 1] = 0;
	explicit_bzero(bytes, sizeof(bytes));
}

void secret_code_draw(char out[SECRET_CODE_BYTES])
{
	uint8_t bytes[CODE_LETTERS];
	size_t len = 0;

	random_fill(bytes, sizeof(bytes));
	for (unsigned i = 0; i < CODE_LETTERS; i++) {
		if (i && i % CODE_GROUP == 0 && i != CODE_LETTERS - 1)
			out[len++] = '-';
		out[len++] = alphabet[bytes[i] % 32];
	}
	out[len] = 0;
	explicit_bzero(bytes, sizeof(bytes));
}

/* 0: not one of a code's. */
static char code_letter(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	return (char)(c && strchr(alphabet, c) ? c : 0);
}

enum result secret_code_hash(struct span typed, char out[SECRET_HASH_BYTES])
{
	char code[CODE_LETTERS];
	size_t len = 0;

	for (size_t i = 0; i < typed.len; i++) {
		char letter = code_letter(typed.at[i]);

		if (typed.at[i] == ' ' || typed.at[i] == '-')
			continue;
		if (!letter || len == sizeof(code))
			return RESULT_MALFORMED;
		code[len++] = letter;
	}
	return len == sizeof(code) ? secret_hash(span_make(code, len), out) : RESULT_MALFORMED;
}

enum result secret_hash(struct span text, char out[SECRET_HASH_BYTES])
{
	unsigned char hash[DIGEST_LEN];
	enum result result = digest_plain(text, hash);

	if (result == RESULT_OK) {
		hex_write(hash, sizeof(hash), out);
		out[SECRET_HASH_BYTES - 1] = 0;
	}
	return result;
}

bool secret_equal(const char a[SECRET_HASH_BYTES], const char b[SECRET_HASH_BYTES])
{
	return a[0] && b[0] && mac_equal((const uint8_t *)a, (const uint8_t *)b, SECRET_HASH_BYTES - 1);
}

/* -- the key -- */

static enum result make_key(int folder, uint8_t out[SEALED_KEY_LEN])
{
	const struct stat mode = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };

	random_fill(out, SEALED_KEY_LEN);
	return replace_file(folder, KEY_FILE, span_make((const char *)out, SEALED_KEY_LEN), &mode);
}

static enum result read_key(int fd, uint8_t out[SEALED_KEY_LEN])
{
	struct stat stat;

	if (fstat(fd, &stat) != 0)
		return RESULT_IO;
	if (!S_ISREG(stat.st_mode) || stat.st_mode & 077 || stat.st_size != SEALED_KEY_LEN)
		return RESULT_REFUSED;
	return read(fd, out, SEALED_KEY_LEN) == SEALED_KEY_LEN ? RESULT_OK : RESULT_IO;
}

static enum result find_key(int folder, uint8_t out[SEALED_KEY_LEN])
{
	int fd = openat(folder, KEY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum result result;

	if (fd < 0)
		return errno == ENOENT ? make_key(folder, out) : RESULT_IO;
	result = read_key(fd, out);
	close(fd);
	return result;
}

enum result secret_key_open(struct span folder, struct complaints *complaints, uint8_t out[SEALED_KEY_LEN])
{
	char path[4096];
	enum result result = span_to_text(folder, path, sizeof(path));
	int fd = result == RESULT_OK ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (result == RESULT_OK)
		result = fd < 0 ? RESULT_IO : find_key(fd, out);
	if (result != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, (struct place){ .file = folder }, SPAN_NONE, KEY_FILE " %s",
		         result == RESULT_REFUSED ? "is not a file of 32 bytes that its owner alone may read" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return result;
}

enum result secret_seal(const uint8_t key[SEALED_KEY_LEN], struct span about, const uint8_t *bytes, size_t count, char *out)
{
	uint8_t sealed[SECRET_SEALED_MAX + SEALED_MORE];
	enum result result;

	if (count > SECRET_SEALED_MAX)
		return RESULT_LIMIT;
	result = sealed_make(key, about, span_make((const char *)bytes, count), sealed);
	if (result == RESULT_OK) {
		hex_write(sealed, count + SEALED_MORE, out);
		out[SECRET_TEXT_LEN(count)] = 0;
	}
	return result;
}

enum result secret_open(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span text, uint8_t *bytes, size_t count)
{
	uint8_t sealed[SECRET_SEALED_MAX + SEALED_MORE];

	if (count > SECRET_SEALED_MAX || hex_read(text, sealed, count + SEALED_MORE) != RESULT_OK)
		return RESULT_MALFORMED;
	return sealed_open(key, about, span_make((const char *)sealed, count + SEALED_MORE), bytes);
}
