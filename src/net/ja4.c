/* JA4 of a ClientHello, from its published description: three parts joined by "_".
 *   a  "t" (TCP), version, "d"/"i" (SNI or not), count of ciphers, count of extensions, first and last character of the
 *      first ALPN name
 *   b  first 12 digits of SHA-256 over the sorted ciphers
 *   c  the same over the sorted extensions (without SNI and ALPN), "_", the signature algorithms as sent
 * GREASE is left out everywhere. None of the other JA4+ methods, which are licensed otherwise, is here. */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/encode.h"
#include "net/client_hello.h"

#include "base/banned.h"

#define CODES_MAX 1024u
#define TEXT_MAX (CODES_MAX * 5 * 2)

struct codes {
	size_t count;
	uint16_t list[CODES_MAX];
};

static const EVP_MD *sha256;

static void sha256_fetch(void)
{
	/* Once: an implicit fetch at every hash costs more than the hash. */
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		sha256 = EVP_sha256();
}

static bool codes_add(struct codes *codes, unsigned value)
{
	if (tls_is_grease(value))
		return true;
	if (codes->count == CODES_MAX)
		return false;
	codes->list[codes->count++] = (uint16_t)value;
	return true;
}

static unsigned pair_at(struct span span, size_t i)
{
	return (unsigned)(unsigned char)span.at[i] << 8 | (unsigned char)span.at[i + 1];
}

static bool codes_read(struct span pairs, struct codes *codes)
{
	for (size_t i = 0; i + 1 < pairs.len; i += 2)
		if (!codes_add(codes, pair_at(pairs, i)))
			return false;
	return true;
}

static bool codes_of_extensions(struct span extensions, struct codes *codes)
{
	for (size_t at = 0; at + 4 <= extensions.len; at += 4 + pair_at(extensions, at + 2))
		if (!codes_add(codes, pair_at(extensions, at)))
			return false;
	return true;
}

static int code_compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Clients send few; an insertion sort beats a call to qsort there, and qsort keeps the bound for the rest. */
static void codes_sort(struct codes *codes)
{
	if (codes->count > 64) {
		qsort(codes->list, codes->count, sizeof(codes->list[0]), code_compare);
		return;
	}
	for (size_t i = 1; i < codes->count; i++) {
		uint16_t value = codes->list[i];
		size_t at = i;
		for (; at > 0 && codes->list[at - 1] > value; at--)
			codes->list[at] = codes->list[at - 1];
		codes->list[at] = value;
	}
}

/* "0005,000a" at OUT; the length written. */
static size_t codes_write(const struct codes *codes, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < codes->count; i++) {
		if (i > 0)
			out[len++] = ',';
		unsigned char bytes[2] = { (unsigned char)(codes->list[i] >> 8), (unsigned char)codes->list[i] };
		hex_write(bytes, 2, out + len);
		len += 4;
	}
	return len;
}

static bool short_hash(const char *text, size_t len, char out[12])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (len == 0) {
		memset(out, '0', 12);
		return true;
	}
	(void)pthread_once(&once, sha256_fetch);
	if (EVP_Digest(text, len, digest, NULL, sha256, NULL) != 1)
		return false;
	hex_write(digest, 6, out);
	return true;
}

static const char *version_text(unsigned version)
{
	switch (version) {
	case 0x0304: return "13";
	case 0x0303: return "12";
	case 0x0302: return "11";
	case 0x0301: return "10";
	case 0x0300: return "s3";
	default: return "00";
	}
}

static bool is_alphanumeric(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* When either end is not alphanumeric, the ends of the name's hexadecimal form stand in. */
static void alpn_ends(struct span alpn, char out[2])
{
	static const char digits[] = "0123456789abcdef";
	out[0] = out[1] = '0';
	if (alpn.len < 2)
		return;
	struct span name = span_take(span_skip(alpn, 1), (unsigned char)alpn.at[0]);
	char first = name.at[0], last = name.at[name.len - 1];
	bool is_text = is_alphanumeric(first) && is_alphanumeric(last);
	out[0] = is_text ? first : digits[(unsigned char)first >> 4];
	out[1] = is_text ? last : digits[(unsigned char)last & 15];
}

static void count_write(size_t count, char out[2])
{
	if (count > 99)
		count = 99;
	out[0] = (char)('0' + count / 10);
	out[1] = (char)('0' + count % 10);
}

static void without_names(struct codes *codes)
{
	size_t kept = 0;
	for (size_t i = 0; i < codes->count; i++)
		if (codes->list[i] != 0x0000 && codes->list[i] != 0x0010)
			codes->list[kept++] = codes->list[i];
	codes->count = kept;
}

enum result ja4_write(const struct client_hello *hello, char out[JA4_LEN])
{
	/* The house zeroes what is on the stack; 14 KiB of it at each handshake would cost as much as the hashes. */
	__attribute__((uninitialized)) struct codes ciphers, extensions, signatures;
	__attribute__((uninitialized)) char text[TEXT_MAX];
	ciphers.count = extensions.count = signatures.count = 0;
	if (!codes_read(hello->ciphers, &ciphers) || !codes_of_extensions(hello->extensions, &extensions))
		return RESULT_LIMIT;
	if (!codes_read(hello->signature_algorithms, &signatures))
		return RESULT_LIMIT;

	out[0] = 't';
	memcpy(out + 1, version_text(hello->version), 2);
	out[3] = hello->has_sni ? 'd' : 'i';
	count_write(ciphers.count, out + 4);
	count_write(extensions.count, out + 6);
	alpn_ends(hello->alpn, out + 8);
	out[10] = out[23] = '_';

	codes_sort(&ciphers);
	if (!short_hash(text, codes_write(&ciphers, text), out + 11))
		return RESULT_NO_MEMORY;
	without_names(&extensions);
	codes_sort(&extensions);
	size_t len = codes_write(&extensions, text);
	if (len > 0 && signatures.count > 0) {
		text[len++] = '_';
		len += codes_write(&signatures, text + len);
	}
	return short_hash(text, len, out + 24) ? RESULT_OK : RESULT_NO_MEMORY;
}
