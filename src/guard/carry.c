#include "guard/carry.h"

#include <stdlib.h>

#include "base/hash.h"
#include "source/entry.h"

#include "base/banned.h"

#define ABOUT_MAX (64u + CARRY_URL_MAX)

/* What it belongs to, in one text. RESULT_LIMIT. */
static enum result write_about(const struct asker *asker, uint64_t made_s, struct span url, uint8_t out[ABOUT_MAX], size_t *len)
{
	struct source_key source = source_key_of(&asker->source);
	uint8_t *at = out;

	if (url.len > CARRY_URL_MAX)
		return RESULT_LIMIT;
	at = bytes_put(at, made_s, 4);
	at = bytes_put(at, asker->site, 8);
	at = bytes_put(at, source.bits, 8);
	at = bytes_put(at, (uint64_t)source.kind, 1);
	if (url.len)
		memcpy(at, url.at, url.len);
	*len = (size_t)(at - out) + url.len;
	return RESULT_OK;
}

enum result carry_seal(const struct asker *asker, struct span url, struct span body, char *out)
{
	uint64_t made_s = asker->now_ms / 1000;
	uint8_t about[ABOUT_MAX];
	size_t about_len, size = body.len + CARRY_MORE;
	struct ticket_key key;
	char *plain;
	uint8_t *bytes;
	enum result result;

	if (body.len > CARRY_BODY_MAX || write_about(asker, made_s, url, about, &about_len) != RESULT_OK)
		return RESULT_LIMIT;
	if (!ticket_keys_at(asker->keys, made_s, made_s, &key))
		return RESULT_NOT_FOUND;
	plain = malloc(CARRY_NUMBER_LEN + body.len);
	bytes = malloc(size);
	result = plain && bytes ? RESULT_OK : RESULT_NO_MEMORY;
	if (result == RESULT_OK) {
		random_fill(plain, CARRY_NUMBER_LEN);
		if (body.len)
			memcpy(plain + CARRY_NUMBER_LEN, body.at, body.len);
		result = sealed_make(key.aes, span_make((const char *)about, about_len), span_make(plain, CARRY_NUMBER_LEN + body.len),
		                     bytes_put(bytes, made_s, SIGNED_FRONT_LEN));
	}
	explicit_bzero(&key, sizeof(key));
	if (result == RESULT_OK)
		base64url_write(bytes, size, out);
	free(plain);
	free(bytes);
	return result;
}

static enum result open_bytes(const struct asker *asker, struct span url, struct span bytes, char *out, struct span *body, uint64_t *number)
{
	uint64_t made_s, now_s = asker->now_ms / 1000;
	struct span sealed = span_skip(bytes, SIGNED_FRONT_LEN);
	uint8_t about[ABOUT_MAX];
	size_t about_len;
	struct ticket_key key;
	enum result result;

	(void)bytes_get((const uint8_t *)bytes.at, &made_s, SIGNED_FRONT_LEN);
	if (!ticket_keys_at(asker->keys, now_s, made_s, &key) || write_about(asker, made_s, url, about, &about_len) != RESULT_OK)
		return RESULT_MALFORMED;
	result = sealed_open(key.aes, span_make((const char *)about, about_len), sealed, (uint8_t *)out);
	explicit_bzero(&key, sizeof(key));
	if (result != RESULT_OK)
		return result;
	if (now_s >= made_s + CARRY_LIFETIME_S)
		return RESULT_TIMEOUT;
	(void)bytes_get((const uint8_t *)out, number, CARRY_NUMBER_LEN);
	*body = span_make(out + CARRY_NUMBER_LEN, bytes.len - CARRY_MORE);
	return RESULT_OK;
}

enum result carry_open(const struct asker *asker, struct span url, struct span text, char *out, struct span *body, uint64_t *number)
{
	size_t size = base64url_bytes(text.len);
	char *bytes;
	enum result result;

	if (size < CARRY_MORE)
		return RESULT_MALFORMED;
	if (size > CARRY_BODY_MAX + CARRY_MORE)
		return RESULT_LIMIT;
	bytes = malloc(size);
	if (!bytes)
		return RESULT_NO_MEMORY;
	result = base64url_read(text, bytes, size);
	if (result == RESULT_OK)
		result = open_bytes(asker, url, span_make(bytes, size), out, body, number);
	free(bytes);
	return result;
}
