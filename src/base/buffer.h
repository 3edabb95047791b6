/* A growing byte queue, born with its maximum: bytes are added at the end and consumed from the front.
 *
 * Limits   never holds more than MAX_BYTES; adding beyond is RESULT_LIMIT and adds nothing
 * Owns     its memory, which is given back by buffer_release when empty, and by buffer_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_BASE_BUFFER_H
#define BOUCLIER_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "base/span.h"

struct buffer {
	char *bytes;
	size_t start, end;   /* the content is bytes[start..end) */
	size_t size, max_bytes;
	bool is_secret;
};

void buffer_init(struct buffer *buffer, size_t max_bytes);
/* One through which passwords go: whatever memory it gives back is wiped before, when it grows, is released, and is done. */
void buffer_init_secret(struct buffer *buffer, size_t max_bytes);
void buffer_done(struct buffer *buffer);
/* Gives the memory back if the buffer is empty; otherwise does nothing. */
void buffer_release(struct buffer *buffer);

static inline size_t buffer_len(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

static inline struct span buffer_span(const struct buffer *buffer)
{
	return span_make(buffer->bytes ? buffer->bytes + buffer->start : NULL, buffer->end - buffer->start);
}

/* How many more bytes may be added. */
static inline size_t buffer_room(const struct buffer *buffer)
{
	return buffer->max_bytes - buffer_len(buffer);
}

/* Makes COUNT bytes free at the end (moving or growing the content) and returns where to write them; NULL past the
 * maximum or out of memory. What was written becomes content by buffer_commit. Spans into the content become stale. */
char *buffer_reserve(struct buffer *buffer, size_t count) must_check;
static inline void buffer_commit(struct buffer *buffer, size_t count)
{
	buffer->end += count;
}

enum result buffer_append(struct buffer *buffer, struct span span) must_check;
enum result buffer_append_byte(struct buffer *buffer, char byte) must_check;
enum result buffer_print(struct buffer *buffer, const char *format, ...) must_check __attribute__((format(printf, 2, 3)));
enum result buffer_print_list(struct buffer *buffer, const char *format, va_list list) must_check __attribute__((format(printf, 2, 0)));
/* Decimal digits. */
enum result buffer_append_u64(struct buffer *buffer, uint64_t value) must_check;

/* Drops COUNT bytes from the front; COUNT is at most buffer_len. */
void buffer_consume(struct buffer *buffer, size_t count);
/* Drops COUNT bytes from the end; COUNT is at most buffer_len. */
static inline void buffer_drop_end(struct buffer *buffer, size_t count)
{
	buffer->end -= count;
}
static inline void buffer_reset(struct buffer *buffer)
{
	buffer->start = buffer->end = 0;
}

#endif
