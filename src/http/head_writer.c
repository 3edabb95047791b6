#include "http/head_writer.h"

#include "message/scan.h"

#include "base/banned.h"

/* A line is looked at where it comes from (16 bytes just written in smaller stores would stall the load that reads them),
 * then takes one reservation. */

static inline char *put(char *to, struct span span)
{
	if (span.len)
		memcpy(to, span.at, span.len);
	return to + span.len;
}

static inline void put_line_end(char *to)
{
	to[0] = '\r';
	to[1] = '\n';
}

/* Room for COUNT bytes at the end of OUT. */
static enum result reserve(struct buffer *out, size_t count, char **at)
{
	if (count > buffer_room(out))
		return RESULT_LIMIT;
	*at = buffer_reserve(out, count);
	return *at ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result field_write(struct span name, struct span value, struct buffer *out)
{
	size_t count;
	char *line;
	enum result result;

	if (!span_is_token(name) || !span_is_text(value))
		return RESULT_MALFORMED;
	if (__builtin_add_overflow(name.len + 4, value.len, &count))
		return RESULT_LIMIT;
	result = reserve(out, count, &line);
	if (result != RESULT_OK)
		return result;
	put_line_end(put(put(put(line, name), SPAN(": ")), value));
	buffer_commit(out, count);
	return RESULT_OK;
}

static bool is_path(struct span path)
{
	if (path.len == 0 || !span_is_target(path) || span_find(path, '?') < path.len)
		return false;
	return path.at[0] == '/' || span_equal(path, SPAN("*"));
}

enum result request_line_write(struct span method, struct span path, bool has_query, struct span query, struct buffer *out)
{
	size_t count = method.len + path.len + (has_query ? 1 + query.len : 0) + sizeof("  HTTP/1.1\r\n") - 1;
	char *line;
	enum result result;

	if (!span_is_token(method) || !is_path(path) || (has_query && !span_is_target(query)))
		return RESULT_MALFORMED;
	result = reserve(out, count, &line);
	if (result != RESULT_OK)
		return result;
	line = put(put(put(line, method), SPAN(" ")), path);
	if (has_query)
		line = put(put(line, SPAN("?")), query);
	put(line, SPAN(" HTTP/1.1\r\n"));
	buffer_commit(out, count);
	return RESULT_OK;
}

enum result status_line_write(unsigned status, struct span reason, struct buffer *out)
{
	size_t count = sizeof("HTTP/1.1 200 \r\n") - 1 + reason.len;
	char *line;
	enum result result;

	if (status < 100 || status > 599 || !span_is_text(reason))
		return RESULT_MALFORMED;
	result = reserve(out, count, &line);
	if (result != RESULT_OK)
		return result;
	line = put(line, SPAN("HTTP/1.1 "));
	*line++ = (char)('0' + status / 100);
	*line++ = (char)('0' + status / 10 % 10);
	*line++ = (char)('0' + status % 10);
	*line++ = ' ';
	put_line_end(put(line, reason));
	buffer_commit(out, count);
	return RESULT_OK;
}

enum result head_end_write(struct buffer *out)
{
	return buffer_append(out, SPAN("\r\n"));
}

size_t chunk_head_write(uint64_t count, char out[CHUNK_HEAD_MAX])
{
	unsigned digits = count ? (67u - (unsigned)__builtin_clzll(count)) / 4 : 1;

	for (unsigned i = digits; i-- > 0; count >>= 4)
		out[i] = "0123456789abcdef"[count & 15];
	put_line_end(out + digits);
	return digits + 2;
}

/* Whole or not at all: half a chunk in OUT would be a body that ends where nobody meant it to. */
enum result chunk_write(struct span data, struct buffer *out)
{
	size_t before = buffer_len(out);
	char head[CHUNK_HEAD_MAX];
	enum result result;

	if (!data.len)
		return RESULT_OK;  /* an empty chunk is the end of the body */
	result = buffer_append(out, span_make(head, chunk_head_write(data.len, head)));
	if (result == RESULT_OK)
		result = buffer_append(out, data);
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN("\r\n"));
	if (result != RESULT_OK)
		out->end = out->start + before;
	return result;
}

enum result chunk_end_write(const struct fields *trailers, struct buffer *out)
{
	size_t before = buffer_len(out);
	enum result result = buffer_append(out, SPAN("0\r\n"));

	for (unsigned i = 0; result == RESULT_OK && trailers && i < trailers->count; i++)
		result = field_write(trailers->list[i].name, trailers->list[i].value, out);
	if (result == RESULT_OK)
		result = head_end_write(out);
	if (result != RESULT_OK)
		out->end = out->start + before;
	return result;
}

static bool is_named_by_connection(const struct fields *fields, struct span name)
{
	for (unsigned i = 0; i < fields->count; i++) {
		const struct field *field = &fields->list[i];

		if (field->id == FIELD_CONNECTION && list_has_token(field->value, name))
			return true;
	}
	return false;
}

/* Connection may not name away what says whose message this is and where it ends: a client would take Host or
 * Content-Length from the request that the origin reads. Such a name is ignored (RFC 9110, section 7.6.1 forbids sending
 * it). */
bool field_is_hop_by_hop(const struct fields *fields, const struct field *field)
{
	switch ((int)field->id) {
	case FIELD_CONNECTION:
	case FIELD_KEEP_ALIVE:
	case FIELD_PROXY_CONNECTION:
	case FIELD_TE:
	case FIELD_TRANSFER_ENCODING:
	case FIELD_UPGRADE:
	case FIELD_HTTP2_SETTINGS:
	case FIELD_PROXY_AUTHENTICATE:
	case FIELD_PROXY_AUTHORIZATION:
		return true;
	case FIELD_HOST:
	case FIELD_CONTENT_LENGTH:
		return false;
	default:
		return is_named_by_connection(fields, field->name);
	}
}
