#include "cache/continuity/copy.h"

#include <stddef.h>

#include "guard/signed.h"

#include "base/banned.h"

#define MAGIC "BCLRCOPY"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define FIXED_LEN 88u
#define DIGEST_AT 56u
#define TEXTS 6u

/* The texts in their order: where the length of each stands, and where it is in a struct copy. */
static const struct {
	unsigned length_at;
	size_t offset;
} texts[TEXTS] = {
	{ 32, offsetof(struct copy, site) }, { 36, offsetof(struct copy, key) }, { 38, offsetof(struct copy, vary) },
	{ 40, offsetof(struct copy, variant) }, { 42, offsetof(struct copy, tags) }, { 34, offsetof(struct copy, life) },
};

static struct span text_of(const struct copy *copy, unsigned i)
{
	struct span text;

	memcpy(&text, (const char *)copy + texts[i].offset, sizeof(text));
	return text;
}

/* -- writing -- */

static size_t fields_bytes(const struct copy *copy)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < copy->field_count; i++)
		bytes += 4 + copy->fields[i].name.len + copy->fields[i].value.len;
	return bytes;
}

static void write_fixed(const struct copy *copy, uint8_t fixed[FIXED_LEN])
{
	memset(fixed, 0, FIXED_LEN);
	memcpy(fixed, MAGIC, MAGIC_LEN);
	(void)bytes_put(fixed + 8, COPY_VERSION, 2);
	(void)bytes_put(fixed + 10, copy->kind, 2);
	(void)bytes_put(fixed + 12, copy->flags, 2);
	(void)bytes_put(fixed + 14, copy->field_count, 2);
	(void)bytes_put(fixed + 16, copy->made_s, 8);
	(void)bytes_put(fixed + 24, copy->kept_s, 8);
	for (unsigned i = 0; i < TEXTS; i++)
		(void)bytes_put(fixed + texts[i].length_at, text_of(copy, i).len, 2);
	(void)bytes_put(fixed + 44, fields_bytes(copy), 4);
	(void)bytes_put(fixed + 48, copy->body_bytes, 8);
	memcpy(fixed + DIGEST_AT, copy->body_digest, DIGEST_LEN);
}

static enum result write_field(const struct field *field, struct buffer *out)
{
	uint8_t lengths[4];
	enum result result;

	(void)bytes_put(bytes_put(lengths, field->name.len, 2), field->value.len, 2);
	result = buffer_append(out, span_make((const char *)lengths, sizeof(lengths)));
	if (result == RESULT_OK)
		result = buffer_append(out, field->name);
	return result == RESULT_OK ? buffer_append(out, field->value) : result;
}

static enum result write_texts(const struct copy *copy, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < TEXTS && result == RESULT_OK; i++)
		result = buffer_append(out, text_of(copy, i));
	for (unsigned i = 0; i < copy->field_count && result == RESULT_OK; i++)
		result = write_field(&copy->fields[i], out);
	return result;
}

/* So no length is more than its two bytes can say. */
static bool fits(const struct copy *copy)
{
	size_t bytes = FIXED_LEN + MAC_LEN;

	if (copy->field_count > COPY_FIELDS_MAX)
		return false;
	for (unsigned i = 0; i < TEXTS; i++)
		bytes += text_of(copy, i).len;
	return bytes + fields_bytes(copy) <= COPY_HEAD_MAX;
}

enum result copy_write_head(const struct copy *copy, const uint8_t mac_key[MAC_KEY_LEN], struct buffer *out)
{
	uint8_t fixed[FIXED_LEN], mac[MAC_LEN];
	size_t before = buffer_len(out);
	enum result result;

	if (!fits(copy))
		return RESULT_LIMIT;
	write_fixed(copy, fixed);
	result = buffer_append(out, span_make((const char *)fixed, sizeof(fixed)));
	if (result == RESULT_OK)
		result = write_texts(copy, out);
	if (result == RESULT_OK)
		result = mac_make(mac_key, span_skip(buffer_span(out), before), mac);
	return result == RESULT_OK ? buffer_append(out, span_make((const char *)mac, sizeof(mac))) : result;
}

/* -- the life of what the cache keeps -- */

#define LIFE_VALIDATED_ALWAYS 1u
#define LIFE_HAS_VALIDATOR 2u
#define LIFE_FOR_COOKIES 4u

static uint64_t seconds_of(int64_t seconds)
{
	return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint64_t)seconds;
}

void copy_write_life(unsigned status, const struct cache_life *life, char out[COPY_LIFE_LEN])
{
	unsigned flags = (life->is_validated_always ? LIFE_VALIDATED_ALWAYS : 0u) | (life->has_validator ? LIFE_HAS_VALIDATOR : 0u) |
	                 (life->is_for_cookies ? LIFE_FOR_COOKIES : 0u);
	uint8_t *at = bytes_put(bytes_put((uint8_t *)out, status, 2), flags, 2);

	at = bytes_put(at, seconds_of(life->fresh_s), 4);
	at = bytes_put(at, seconds_of(life->while_s), 4);
	(void)bytes_put(at, seconds_of(life->error_s), 4);
}

/* -- reading -- */

static uint64_t number_at(struct span text, size_t at, unsigned count)
{
	uint64_t value;

	(void)bytes_get((const uint8_t *)text.at + at, &value, count);
	return value;
}

/* Of the head; 0: FRONT is not the front of a copy of FILE_BYTES. */
static size_t head_bytes_of(struct span front, uint64_t file_bytes)
{
	size_t bytes = FIXED_LEN + MAC_LEN;

	if (front.len < bytes || file_bytes < front.len || !span_starts(front, SPAN(MAGIC)))
		return 0;
	for (unsigned i = 0; i < TEXTS; i++)
		bytes += (size_t)number_at(front, texts[i].length_at, 2);
	bytes += (size_t)number_at(front, 44, 4);
	return bytes <= COPY_HEAD_MAX && bytes <= front.len && number_at(front, 48, 8) == file_bytes - bytes ? bytes : 0;
}

static bool is_plain(struct span text, bool is_name)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '\r' || c == '\n' || !c || (is_name && (c <= ' ' || c == ':' || c >= 0x7f)))
			return false;
	}
	return !is_name || text.len;
}

/* Signed by us, and yet not given to anybody with a line break or a cookie in it. */
static bool read_field(struct span *rest, struct field *field)
{
	size_t name, value;

	if (rest->len < 4)
		return false;
	name = (size_t)number_at(*rest, 0, 2);
	value = (size_t)number_at(*rest, 2, 2);
	*rest = span_skip(*rest, 4);
	if (rest->len < name + value)
		return false;
	field->name = span_take(*rest, name);
	field->value = span_take(span_skip(*rest, name), value);
	field->id = field_id_of(field->name);
	*rest = span_skip(*rest, name + value);
	return is_plain(field->name, true) && is_plain(field->value, false) && field->id != FIELD_SET_COOKIE;
}

enum result copy_read_life(struct span text, unsigned *status, struct cache_life *life)
{
	uint64_t flags, number;

	if (text.len != COPY_LIFE_LEN)
		return RESULT_MALFORMED;
	number = number_at(text, 0, 2);
	flags = number_at(text, 2, 2);
	if (number < 200 || number > 599 || flags > (LIFE_VALIDATED_ALWAYS | LIFE_HAS_VALIDATOR | LIFE_FOR_COOKIES))
		return RESULT_MALFORMED;
	*status = (unsigned)number;
	life->is_validated_always = flags & LIFE_VALIDATED_ALWAYS;
	life->has_validator = flags & LIFE_HAS_VALIDATOR;
	life->is_for_cookies = flags & LIFE_FOR_COOKIES;
	life->fresh_s = (int64_t)number_at(text, 4, 4);
	life->while_s = (int64_t)number_at(text, 8, 4);
	life->error_s = (int64_t)number_at(text, 12, 4);
	return RESULT_OK;
}

static bool has_life_of_kind(const struct copy *copy)
{
	struct cache_life life;
	unsigned status;

	return copy->kind == COPY_STORED ? copy_read_life(copy->life, &status, &life) == RESULT_OK : !copy->life.len;
}

static enum result read_body_of_head(struct span head, struct copy *copy)
{
	struct span rest = span_skip(span_take(head, head.len - MAC_LEN), FIXED_LEN);

	for (unsigned i = 0; i < TEXTS; i++) {
		struct span text = span_take(rest, (size_t)number_at(head, texts[i].length_at, 2));

		memcpy((char *)copy + texts[i].offset, &text, sizeof(text));
		rest = span_skip(rest, text.len);
	}
	if (copy->field_count > COPY_FIELDS_MAX)
		return RESULT_MALFORMED;
	for (unsigned i = 0; i < copy->field_count; i++) {
		if (!read_field(&rest, &copy->fields[i]))
			return RESULT_MALFORMED;
	}
	return rest.len || !copy->site.len || !copy->key.len || !has_life_of_kind(copy) ? RESULT_MALFORMED : RESULT_OK;
}

static bool is_ours(struct span head, const uint8_t mac_key[MAC_KEY_LEN], enum result *result)
{
	uint8_t mac[MAC_LEN];

	*result = mac_make(mac_key, span_take(head, head.len - MAC_LEN), mac);
	return *result == RESULT_OK && mac_equal(mac, (const uint8_t *)head.at + head.len - MAC_LEN, MAC_LEN);
}

enum result copy_read_head(struct span front, uint64_t file_bytes, const uint8_t mac_key[MAC_KEY_LEN], struct copy *copy, size_t *head_bytes)
{
	size_t bytes = head_bytes_of(front, file_bytes);
	struct span head = span_take(front, bytes);
	enum result result;
	struct copy found;

	if (!bytes)
		return RESULT_MALFORMED;
	if (number_at(head, 8, 2) != COPY_VERSION)
		return RESULT_REFUSED;
	if (!is_ours(head, mac_key, &result))
		return result == RESULT_OK ? RESULT_REFUSED : result;
	found = (struct copy){
		.kind = (enum copy_kind)number_at(head, 10, 2), .flags = (unsigned)number_at(head, 12, 2), .field_count = (unsigned)number_at(head, 14, 2),
		.made_s = number_at(head, 16, 8), .kept_s = number_at(head, 24, 8), .body_bytes = number_at(head, 48, 8),
	};
	memcpy(found.body_digest, head.at + DIGEST_AT, DIGEST_LEN);
	if (found.kind != COPY_ANSWER && found.kind != COPY_PIN && found.kind != COPY_STORED)
		return RESULT_MALFORMED;
	result = read_body_of_head(head, &found);
	if (result != RESULT_OK)
		return result;
	*copy = found;
	*head_bytes = bytes;
	return RESULT_OK;
}

bool copy_has_body(const struct copy *copy, struct span body)
{
	uint8_t digest[DIGEST_LEN];

	return body.len == copy->body_bytes && digest_plain(body, digest) == RESULT_OK && mac_equal(digest, copy->body_digest, DIGEST_LEN);
}
