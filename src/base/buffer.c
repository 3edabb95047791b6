#include "base/buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/block.h"

#include "base/banned.h"

#define FIRST_BYTES 512
#define PRINT_BYTES 128

void buffer_init(struct buffer *buffer, size_t max_bytes)
{
	*buffer = (struct buffer){ .max_bytes = max_bytes };
}

void buffer_init_secret(struct buffer *buffer, size_t max_bytes)
{
	*buffer = (struct buffer){ .max_bytes = max_bytes, .is_secret = true };
}

static void give_back(const struct buffer *buffer)
{
	if (!buffer->bytes)
		return;
	if (buffer->is_secret)
		explicit_bzero(buffer->bytes, buffer->size);
	block_give(buffer->bytes, buffer->size);
}

void buffer_done(struct buffer *buffer)
{
	give_back(buffer);
	*buffer = (struct buffer){ .max_bytes = buffer->max_bytes, .is_secret = buffer->is_secret };
}

void buffer_release(struct buffer *buffer)
{
	if (buffer->start == buffer->end && buffer->bytes)
		buffer_done(buffer);
}

static bool grow(struct buffer *buffer, size_t need)
{
	size_t size = buffer->size ? buffer->size : FIRST_BYTES;
	size_t len = buffer_len(buffer);
	char *bytes;

	while (size < need && size < buffer->max_bytes)
		size = size > buffer->max_bytes / 2 ? buffer->max_bytes : size * 2;
	if (size > buffer->max_bytes)
		size = buffer->max_bytes;
	bytes = block_take(size);
	if (!bytes)
		return false;
	if (len)
		memcpy(bytes, buffer->bytes + buffer->start, len);
	give_back(buffer);
	buffer->bytes = bytes;
	buffer->size = size;
	buffer->start = 0;
	buffer->end = len;
	return true;
}

char *buffer_reserve(struct buffer *buffer, size_t count)
{
	size_t len = buffer_len(buffer);

	if (count <= buffer->size - buffer->end && buffer->bytes)
		return buffer->bytes + buffer->end;
	if (count > buffer->max_bytes - len)
		return NULL;
	if (len + count <= buffer->size && buffer->bytes) {
		memmove(buffer->bytes, buffer->bytes + buffer->start, len);
		buffer->start = 0;
		buffer->end = len;
	} else if (!grow(buffer, len + count)) {
		return NULL;
	}
	return buffer->bytes + buffer->end;
}

enum result buffer_append(struct buffer *buffer, struct span span)
{
	char *to;

	if (span.len == 0)
		return RESULT_OK;
	if (span.len > buffer_room(buffer))
		return RESULT_LIMIT;
	to = buffer_reserve(buffer, span.len);
	if (!to)
		return RESULT_NO_MEMORY;
	memcpy(to, span.at, span.len);
	buffer->end += span.len;
	return RESULT_OK;
}

enum result buffer_append_byte(struct buffer *buffer, char byte)
{
	return buffer_append(buffer, span_make(&byte, 1));
}

/* COUNT bytes, which fit the buffer although their NUL may not. */
static __attribute__((format(printf, 3, 0))) enum result print_exactly(struct buffer *buffer, size_t count, const char *format,
                                                                       va_list list)
{
	char *text = malloc(count + 1);
	enum result result;

	if (!text)
		return RESULT_NO_MEMORY;
	vsnprintf(text, count + 1, format, list);
	result = buffer_append(buffer, span_make(text, count));
	if (buffer->is_secret)
		explicit_bzero(text, count);
	free(text);
	return result;
}

/* Formats into what is free, and only when that was too small once more: counting with an empty target first is several
 * times slower than printing. The terminating NUL that vsnprintf insists on needs a byte more than the content. */
enum result buffer_print_list(struct buffer *buffer, const char *format, va_list list)
{
	size_t room = buffer_room(buffer) + 1;
	size_t free_bytes;
	va_list again;
	int count;
	char *to = buffer_reserve(buffer, buffer_room(buffer) < PRINT_BYTES ? buffer_room(buffer) : PRINT_BYTES);

	if (!to)
		return RESULT_NO_MEMORY;
	free_bytes = buffer->size - buffer->end;
	va_copy(again, list);
	count = vsnprintf(to, free_bytes, format, again);
	va_end(again);
	if (count < 0)
		return RESULT_MALFORMED;
	if ((size_t)count < free_bytes) {
		buffer->end += (size_t)count;
		return RESULT_OK;
	}
	if ((size_t)count >= room)
		return RESULT_LIMIT;
	return print_exactly(buffer, (size_t)count, format, list);
}

enum result buffer_print(struct buffer *buffer, const char *format, ...)
{
	enum result result;
	va_list list;

	va_start(list, format);
	result = buffer_print_list(buffer, format, list);
	va_end(list);
	return result;
}

enum result buffer_append_u64(struct buffer *buffer, uint64_t value)
{
	char digits[DECIMAL_MAX];

	return buffer_append(buffer, span_make(digits, decimal_write(value, digits)));
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	assert(count <= buffer_len(buffer));
	buffer->start += count;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}
