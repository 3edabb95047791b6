#include "edge/client/feed.h"

#include "base/banned.h"

void feed_init(struct feed *feed, struct body_size size, uint64_t limit_bytes, struct arena *arena)
{
	*feed = (struct feed){ 0 };
	body_reader_init(&feed->reader, size, limit_bytes, arena);
}

enum result feed_peek(struct feed *feed, struct buffer *buffer, struct span *piece, enum http_fault *fault)
{
	while (!feed->piece_bytes) {
		struct span input = buffer_span(buffer);
		struct span data = SPAN_NONE;
		size_t used = 0, before = 0;
		enum result result = body_reader_next(&feed->reader, input, &data, &used, fault);

		if (result != RESULT_OK) {
			if (result == RESULT_MORE || result == RESULT_END)
				buffer_consume(buffer, used);
			return result;
		}
		if (data.len)
			before = (size_t)(data.at - input.at);
		feed->piece_bytes = data.len;
		feed->behind_bytes = data.len ? used - before - data.len : 0;
		buffer_consume(buffer, data.len ? before : used);
	}
	*piece = span_take(buffer_span(buffer), feed->piece_bytes);
	return RESULT_OK;
}

void feed_take(struct feed *feed, struct buffer *buffer, size_t count)
{
	feed->piece_bytes -= count;
	buffer_consume(buffer, count);
	if (!feed->piece_bytes) {
		buffer_consume(buffer, feed->behind_bytes);
		feed->behind_bytes = 0;
	}
}
