#include "http/body_reader.h"

#include "http/chunk.h"
#include "http/field_line.h"

#include "base/banned.h"

#define EXTENSIONS_BYTES_MAX (16u << 10)
#define TRAILER_BYTES_MAX (8u << 10)
#define TRAILERS_MAX 32

static enum result malformed(enum http_fault *fault, enum http_fault reason)
{
	*fault = reason;
	return RESULT_MALFORMED;
}

void body_reader_init(struct body_reader *reader, struct body_size size, uint64_t limit_bytes, struct arena *arena)
{
	*reader = (struct body_reader){
		.framing = size.framing,
		.chunk = CHUNK_SIZE_LINE,
		.limit_bytes = limit_bytes,
		.arena = arena,
		.left = size.framing == BODY_LENGTH || size.is_known ? size.bytes : 0,
		.is_known = size.framing == BODY_STREAM && size.is_known,
		.has_ended = size.framing == BODY_NONE || (size.framing == BODY_LENGTH && size.bytes == 0),
	};
	fields_init(&reader->trailers, arena, TRAILERS_MAX);
}

/* COUNT more bytes are announced or have come. */
static enum result check_limit(const struct body_reader *reader, uint64_t count, enum http_fault *fault)
{
	if (count <= reader->limit_bytes - reader->taken_bytes)
		return RESULT_OK;
	*fault = HTTP_FAULT_BODY_LONG;
	return RESULT_LIMIT;
}

/* Hands out what INPUT has from AT on, at most COUNT bytes. */
static enum result hand_out(struct body_reader *reader, struct span input, size_t at, uint64_t count, struct span *data,
                            size_t *used)
{
	struct span rest = span_skip(input, at);

	*data = span_take(rest, count < rest.len ? (size_t)count : rest.len);
	*used = at + data->len;
	reader->taken_bytes += data->len;
	return data->len ? RESULT_OK : RESULT_MORE;
}

static enum result length_next(struct body_reader *reader, struct span input, struct span *data, size_t *used,
                               enum http_fault *fault)
{
	enum result result = check_limit(reader, reader->left, fault);

	if (result != RESULT_OK)
		return result;
	result = hand_out(reader, input, 0, reader->left, data, used);
	reader->left -= data->len;
	reader->has_ended = reader->left == 0;
	return result;
}

/* UNTIL_CLOSE, STREAM, TUNNEL: everything is body. */
static enum result all_next(struct body_reader *reader, struct span input, struct span *data, size_t *used,
                            enum http_fault *fault)
{
	enum result result = check_limit(reader, input.len, fault);

	if (result != RESULT_OK)
		return result;
	if (reader->is_known && input.len > reader->left)
		return malformed(fault, HTTP_FAULT_H2_PROTOCOL);  /* RFC 9113, section 8.1.1 */
	if (reader->is_known)
		reader->left -= input.len;
	return hand_out(reader, input, 0, input.len, data, used);
}

static enum result size_line_next(struct body_reader *reader, const char **at, const char *end, enum http_fault *fault)
{
	uint32_t extension_bytes;
	uint64_t size;
	enum result result = chunk_line_read(at, end, &size, &extension_bytes, fault);

	if (result != RESULT_OK)
		return result;
	reader->extension_bytes += extension_bytes;
	if (reader->extension_bytes > EXTENSIONS_BYTES_MAX)
		return malformed(fault, HTTP_FAULT_CHUNK_EXTENSION);
	reader->left = size;
	reader->chunk = size ? CHUNK_DATA : CHUNK_TRAILERS;
	return check_limit(reader, size, fault);
}

static enum result data_end_next(struct body_reader *reader, const char **at, const char *end, enum http_fault *fault)
{
	const char *p = *at;

	if (p < end && *p != '\r')
		return malformed(fault, HTTP_FAULT_CHUNK_END);
	if (end - p < 2)
		return RESULT_MORE;
	if (p[1] != '\n')
		return malformed(fault, HTTP_FAULT_CHUNK_END);
	*at = p + 2;
	reader->chunk = CHUNK_SIZE_LINE;
	return RESULT_OK;
}

static enum result trailer_add(struct body_reader *reader, const struct field *field, enum http_fault *fault)
{
	struct span name, value;

	if (!trailer_is_allowed(field))
		return reader->drops_trailers ? RESULT_OK : malformed(fault, HTTP_FAULT_TRAILER);
	if (reader->trailer_count++ == TRAILERS_MAX)
		return malformed(fault, HTTP_FAULT_TRAILER);
	if (!reader->arena)
		return RESULT_OK;
	name = arena_copy(reader->arena, field->name);
	value = arena_copy(reader->arena, field->value);
	if (!name.at || !value.at || fields_add(&reader->trailers, field->id, name, value) != RESULT_OK)
		return malformed(fault, HTTP_FAULT_NO_MEMORY);
	return RESULT_OK;
}

/* The faults of a line's bytes keep their names; what else is wrong in a trailer is TRAILER. */
static enum http_fault trailer_fault(enum http_fault fault)
{
	return fault == HTTP_FAULT_NUL || fault == HTTP_FAULT_BARE_LF || fault == HTTP_FAULT_BARE_CR ? fault : HTTP_FAULT_TRAILER;
}

/* One trailer line, or the empty line that ends the body (RESULT_END). */
static enum result trailer_next(struct body_reader *reader, const char **at, const char *end, enum http_fault *fault)
{
	size_t room = TRAILER_BYTES_MAX - reader->trailer_bytes;
	const char *start = *at, *stop = (size_t)(end - start) > room ? start + room : end;
	enum http_fault line_fault = HTTP_FAULT_NONE;
	struct field field;
	enum result result = field_line_read(at, stop, &field, &line_fault);

	if (result == RESULT_MORE && (size_t)(stop - start) == room)
		return malformed(fault, HTTP_FAULT_TRAILER);
	if (result == RESULT_MALFORMED)
		return malformed(fault, trailer_fault(line_fault));
	if (result == RESULT_END) {
		reader->chunk = CHUNK_DONE;
		reader->has_ended = true;
	}
	if (result != RESULT_OK)
		return result;
	reader->trailer_bytes += (uint32_t)(*at - start);
	return trailer_add(reader, &field, fault);
}

static enum result framing_next(struct body_reader *reader, const char **at, const char *end, enum http_fault *fault)
{
	switch (reader->chunk) {
	case CHUNK_SIZE_LINE:
		return size_line_next(reader, at, end, fault);
	case CHUNK_DATA_END:
		return data_end_next(reader, at, end, fault);
	case CHUNK_TRAILERS:
		return trailer_next(reader, at, end, fault);
	case CHUNK_DATA:
	case CHUNK_DONE:
		break;
	}
	return RESULT_END;
}

static enum result chunked_next(struct body_reader *reader, struct span input, struct span *data, size_t *used,
                                enum http_fault *fault)
{
	const char *at = input.at, *end = input.at + input.len;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && reader->chunk != CHUNK_DATA)
		result = framing_next(reader, &at, end, fault);
	if (result == RESULT_OK) {
		result = hand_out(reader, input, (size_t)(at - input.at), reader->left, data, used);
		reader->left -= data->len;
		if (reader->left == 0)
			reader->chunk = CHUNK_DATA_END;
	} else if (result == RESULT_MORE || result == RESULT_END) {
		*data = SPAN_NONE;
		*used = (size_t)(at - input.at);
	}
	return result;
}

enum result body_reader_next(struct body_reader *reader, struct span input, struct span *data, size_t *used,
                             enum http_fault *fault)
{
	if (reader->has_ended) {
		*data = SPAN_NONE;
		*used = 0;
		return RESULT_END;
	}
	if (input.len == 0) {
		*data = SPAN_NONE;
		*used = 0;
		return RESULT_MORE;
	}
	switch (reader->framing) {
	case BODY_LENGTH:
		return length_next(reader, input, data, used, fault);
	case BODY_CHUNKED:
		return chunked_next(reader, input, data, used, fault);
	case BODY_UNTIL_CLOSE:
	case BODY_STREAM:
	case BODY_TUNNEL:
	case BODY_NONE:
		break;
	}
	return all_next(reader, input, data, used, fault);
}

enum result body_reader_finish(struct body_reader *reader, enum http_fault *fault)
{
	bool is_short = reader->framing == BODY_LENGTH || reader->framing == BODY_CHUNKED || (reader->is_known && reader->left);

	if (reader->has_ended)
		return RESULT_OK;
	if (is_short)
		return malformed(fault, HTTP_FAULT_BODY_SHORT);
	reader->has_ended = true;
	return RESULT_OK;
}
