#include "net/client_hello.h"

#include "base/banned.h"

#define RECORD_HEADER 5u
#define RECORD_MAX 16384u
#define TYPE_HANDSHAKE 22
#define TYPE_CLIENT_HELLO 1
#define EXTENSION_SNI 0
#define EXTENSION_SIGNATURES 13
#define EXTENSION_ALPN 16
#define EXTENSION_VERSIONS 43

/* Reads big-endian fields and remembers its first failure, so that the grammar below reads as a list. */
struct cursor {
	struct span rest;
	bool is_bad;
};

static struct span cursor_take(struct cursor *cursor, size_t count)
{
	if (cursor->is_bad || count > cursor->rest.len) {
		cursor->is_bad = true;
		return SPAN_NONE;
	}
	struct span taken = span_take(cursor->rest, count);
	cursor->rest = span_skip(cursor->rest, count);
	return taken;
}

static unsigned cursor_number(struct cursor *cursor, size_t bytes)
{
	struct span taken = cursor_take(cursor, bytes);
	unsigned value = 0;
	for (size_t i = 0; i < taken.len; i++)
		value = value << 8 | (unsigned char)taken.at[i];
	return value;
}

/* A vector: its length in LENGTH_BYTES, then that many bytes. */
static struct span cursor_vector(struct cursor *cursor, size_t length_bytes)
{
	return cursor_take(cursor, cursor_number(cursor, length_bytes));
}

static unsigned pair_at(struct span span, size_t i)
{
	return (unsigned)(unsigned char)span.at[i] << 8 | (unsigned char)span.at[i + 1];
}

/* RFC 6066: a list with one name of type host_name; RFC 8446 lets nobody send two. */
static bool sni_read(struct span bytes, struct client_hello *hello)
{
	struct cursor cursor = { bytes, false };
	struct cursor list = { cursor_vector(&cursor, 2), false };
	unsigned type = cursor_number(&list, 1);
	struct span name = cursor_vector(&list, 2);
	if (cursor.is_bad || list.is_bad || cursor.rest.len > 0 || list.rest.len > 0 || type != 0)
		return false;
	if (name.len == 0 || name.len > 255 || memchr(name.at, 0, name.len))
		return false;
	hello->sni = name;
	hello->has_sni = true;
	return true;
}

static bool alpn_read(struct span bytes, struct client_hello *hello)
{
	struct cursor cursor = { bytes, false };
	struct span list = cursor_vector(&cursor, 2);
	if (cursor.is_bad || cursor.rest.len > 0 || list.len == 0)
		return false;
	struct cursor names = { list, false };
	while (names.rest.len > 0 && !names.is_bad)
		if (cursor_vector(&names, 1).len == 0)
			return false;
	hello->alpn = list;
	return !names.is_bad;
}

static bool signatures_read(struct span bytes, struct client_hello *hello)
{
	struct cursor cursor = { bytes, false };
	struct span list = cursor_vector(&cursor, 2);
	if (cursor.is_bad || cursor.rest.len > 0 || list.len % 2 != 0)
		return false;
	hello->signature_algorithms = list;
	return true;
}

static bool versions_read(struct span bytes, struct client_hello *hello)
{
	struct cursor cursor = { bytes, false };
	struct span list = cursor_vector(&cursor, 1);
	if (cursor.is_bad || cursor.rest.len > 0 || list.len % 2 != 0)
		return false;
	unsigned highest = 0;
	for (size_t i = 0; i < list.len; i += 2) {
		unsigned version = pair_at(list, i);
		if (!tls_is_grease(version) && version > highest)
			highest = version;
	}
	if (highest != 0)
		hello->version = (uint16_t)highest;
	return true;
}

/* Twice the same extension is refused (RFC 8446, section 4.2) for those that decide something here: otherwise this
 * reader and the TLS library could choose different ones. */
static bool extensions_read(struct span extensions, struct client_hello *hello)
{
	static bool (*const readers[])(struct span, struct client_hello *) = {
		[EXTENSION_SNI] = sni_read, [EXTENSION_SIGNATURES] = signatures_read,
		[EXTENSION_ALPN] = alpn_read, [EXTENSION_VERSIONS] = versions_read,
	};
	uint64_t seen = 0;
	struct cursor cursor = { extensions, false };
	while (cursor.rest.len > 0 && !cursor.is_bad) {
		unsigned type = cursor_number(&cursor, 2);
		struct span bytes = cursor_vector(&cursor, 2);
		if (cursor.is_bad)
			return false;
		if (type >= sizeof(readers) / sizeof(readers[0]) || !readers[type])
			continue;
		if ((seen >> type & 1) != 0 || !readers[type](bytes, hello))
			return false;
		seen |= 1ull << type;
	}
	return !cursor.is_bad;
}

static enum result message_read(struct span body, struct client_hello *out)
{
	struct client_hello hello = { 0 };
	struct cursor cursor = { body, false };
	hello.legacy_version = hello.version = (uint16_t)cursor_number(&cursor, 2);
	(void)cursor_take(&cursor, 32);
	struct span session_id = cursor_vector(&cursor, 1);
	hello.ciphers = cursor_vector(&cursor, 2);
	struct span compressions = cursor_vector(&cursor, 1);
	if (!cursor.is_bad && cursor.rest.len > 0)
		hello.extensions = cursor_vector(&cursor, 2);
	if (cursor.is_bad || cursor.rest.len > 0 || session_id.len > 32 || compressions.len == 0)
		return RESULT_MALFORMED;
	if (hello.ciphers.len < 2 || hello.ciphers.len % 2 != 0)
		return RESULT_MALFORMED;
	if (!extensions_read(hello.extensions, &hello))
		return RESULT_MALFORMED;
	*out = hello;
	return RESULT_OK;
}

/* The next record at the front of REST: checked as far as its bytes are there, so that what is no TLS is refused at its
 * first bytes. RESULT_OK when at least the header is there; FRAGMENT is what has come of its content. */
static enum result record_read(struct span rest, struct span *fragment, bool *is_whole)
{
	if (rest.len > 0 && rest.at[0] != TYPE_HANDSHAKE)
		return RESULT_MALFORMED;
	if (rest.len > 1 && rest.at[1] != 3)
		return RESULT_MALFORMED;
	if (rest.len < RECORD_HEADER)
		return RESULT_MORE;
	size_t length = pair_at(rest, 3);
	if (length == 0 || length > RECORD_MAX)
		return RESULT_MALFORMED;
	*fragment = span_take(span_skip(rest, RECORD_HEADER), length);
	*is_whole = fragment->len == length;
	return RESULT_OK;
}

/* Length of the whole message with its header, from its first bytes. */
static enum result message_length(struct span start, size_t *length)
{
	if (start.len > 0 && start.at[0] != TYPE_CLIENT_HELLO)
		return RESULT_MALFORMED;
	if (start.len < 4)
		return RESULT_MORE;
	size_t body = (size_t)(unsigned char)start.at[1] << 16 | pair_at(start, 2);
	if (body > CLIENT_HELLO_MAX)
		return RESULT_LIMIT;
	*length = body + 4;
	return RESULT_OK;
}

/* Nothing may follow the ClientHello in its record (RFC 8446, section 5.1: messages do not span key changes). */
static enum result whole_read(struct span message, size_t length, struct client_hello *hello)
{
	if (message.len > length)
		return RESULT_MALFORMED;
	return message_read(span_skip(message, 4), hello);
}

static enum result spread_read(struct span input, struct buffer *scratch, struct client_hello *hello)
{
	buffer_reset(scratch);
	for (unsigned count = 0; count < CLIENT_HELLO_RECORDS_MAX; count++) {
		struct span fragment;
		bool is_whole;
		size_t length = 0;
		enum result result = record_read(input, &fragment, &is_whole);
		if (result != RESULT_OK)
			return result;
		result = buffer_append(scratch, fragment);
		if (result != RESULT_OK)
			return result;
		result = message_length(buffer_span(scratch), &length);
		if (result != RESULT_OK && result != RESULT_MORE)
			return result;
		if (!is_whole)
			return RESULT_MORE;
		if (result == RESULT_OK && buffer_len(scratch) >= length)
			return whole_read(buffer_span(scratch), length, hello);
		input = span_skip(input, RECORD_HEADER + fragment.len);
	}
	return RESULT_LIMIT;
}

enum result client_hello_read(struct span input, struct buffer *scratch, struct client_hello *hello)
{
	struct span fragment;
	bool is_whole;
	size_t length;
	enum result result = record_read(input, &fragment, &is_whole);
	if (result != RESULT_OK)
		return result;
	result = message_length(fragment, &length);
	if (result == RESULT_OK && is_whole && fragment.len >= length)
		return whole_read(fragment, length, hello);
	if (result != RESULT_OK && result != RESULT_MORE)
		return result;
	if (!is_whole)
		return RESULT_MORE;
	return spread_read(input, scratch, hello);
}
