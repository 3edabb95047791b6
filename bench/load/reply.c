#define _GNU_SOURCE
#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATUS_AT 9 /* after "HTTP/1.1 " */

void reply_reset(struct reply *reply)
{
	reply->part = REPLY_HEAD;
	reply->status = 0;
	reply->closes = false;
	reply->left = 0;
	reply->line = 0;
	reply->head_bytes = 0;
	reply->kept_len = 0;
}

static const char *reply_field_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len))
		return NULL;
	return line + len + strspn(line + len, " \t");
}

static void reply_field_read(struct reply *reply, const char *line)
{
	const char *value;

	if ((value = reply_field_value(line, "content-length:"))) {
		reply->part = REPLY_BODY_COUNTED;
		reply->left = strtoull(value, NULL, 10);
	} else if ((value = reply_field_value(line, "transfer-encoding:"))) {
		if (!strncasecmp(value, "chunked", 7))
			reply->part = REPLY_CHUNK_SIZE;
	} else if ((value = reply_field_value(line, "connection:"))) {
		reply->closes = !strncasecmp(value, "close", 5);
	}
}

/* HEAD is NUL-terminated in place of its empty line. */
static enum reply_result reply_head_read(struct reply *reply)
{
	if (strncmp(reply->head, "HTTP/1.", 7))
		return REPLY_MALFORMED;
	reply->status = (int)strtol(reply->head + STATUS_AT, NULL, 10);
	if (reply->status < 200 || reply->status > 599)
		return REPLY_MALFORMED;
	reply->part = REPLY_BODY_TO_END;
	for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		reply_field_read(reply, line);
	}
	if (reply->status == 204 || reply->status == 304) {
		reply->part = REPLY_BODY_COUNTED;
		reply->left = 0;
	}
	if (reply->part == REPLY_BODY_COUNTED && !reply->left)
		return REPLY_DONE;
	return REPLY_MORE;
}

static void reply_chunk_digit(struct reply *reply, char c)
{
	if (c >= '0' && c <= '9')
		reply->left = reply->left * 16 + (uint64_t)(c - '0');
	else if ((c | 32) >= 'a' && (c | 32) <= 'f')
		reply->left = reply->left * 16 + (uint64_t)((c | 32) - 'a' + 10);
}

/* One byte of chunk framing: a size line, or the trailer that ends at an empty line. */
static enum reply_result reply_framing_read(struct reply *reply, char c)
{
	if (c != '\n') {
		if (c != '\r')
			reply->line++;
		if (reply->part == REPLY_CHUNK_SIZE)
			reply_chunk_digit(reply, c);
		return REPLY_MORE;
	}
	if (reply->part == REPLY_TRAILER && !reply->line)
		return REPLY_DONE;
	reply->line = 0;
	if (reply->part == REPLY_CHUNK_SIZE) {
		reply->part = reply->left ? REPLY_CHUNK_DATA : REPLY_TRAILER;
		reply->left += 2; /* the CRLF after the data */
	}
	return REPLY_MORE;
}

static void reply_keep(struct reply *reply, const char *bytes, size_t len)
{
	size_t room = reply->kept ? reply->kept_size - 1 - reply->kept_len : 0;

	if (!room)
		return;
	if (len > room)
		len = room;
	memcpy(reply->kept + reply->kept_len, bytes, len);
	reply->kept_len += len;
	reply->kept[reply->kept_len] = 0;
}

/* Of LEN bytes of a chunk, those that are not the CRLF behind it. */
static size_t reply_chunk_data(const struct reply *reply, size_t len)
{
	uint64_t data = reply->left > 2 ? reply->left - 2 : 0;

	return len < data ? len : (size_t)data;
}

static enum reply_result reply_body_read(struct reply *reply, const char *bytes, size_t len)
{
	enum reply_result result = REPLY_MORE;

	while (len && result == REPLY_MORE) {
		size_t taken = 1;

		if (reply->part == REPLY_BODY_TO_END) {
			reply_keep(reply, bytes, len);
			return REPLY_MORE;
		}
		if (reply->part == REPLY_BODY_COUNTED || reply->part == REPLY_CHUNK_DATA) {
			taken = len < reply->left ? len : (size_t)reply->left;
			reply_keep(reply, bytes, reply->part == REPLY_CHUNK_DATA ? reply_chunk_data(reply, taken) : taken);
			reply->left -= taken;
			if (!reply->left && reply->part == REPLY_BODY_COUNTED)
				result = REPLY_DONE;
			else if (!reply->left)
				reply->part = REPLY_CHUNK_SIZE;
		} else {
			result = reply_framing_read(reply, *bytes);
		}
		bytes += taken;
		len -= taken;
	}
	return result;
}

enum reply_result reply_read(struct reply *reply, const char *bytes, size_t len)
{
	enum reply_result result;
	size_t room, taken, before = reply->head_bytes;
	char *end;

	if (reply->part != REPLY_HEAD)
		return reply_body_read(reply, bytes, len);
	room = sizeof reply->head - 1 - before;
	taken = len < room ? len : room;
	memcpy(reply->head + before, bytes, taken);
	reply->head_bytes += taken;
	reply->head[reply->head_bytes] = 0;
	end = memmem(reply->head, reply->head_bytes, "\r\n\r\n", 4);
	if (!end)
		return reply->head_bytes == sizeof reply->head - 1 ? REPLY_MALFORMED : REPLY_MORE;
	*end = 0;
	result = reply_head_read(reply);
	if (result != REPLY_MORE)
		return result;
	taken = (size_t)(end + 4 - reply->head) - before;
	return reply_body_read(reply, bytes + taken, len - taken);
}

enum reply_result reply_end(const struct reply *reply)
{
	return reply->part == REPLY_BODY_TO_END ? REPLY_DONE : REPLY_MALFORMED;
}
