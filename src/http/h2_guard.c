#include "http/h2_guard.h"

#include "base/banned.h"

#define PREFACE_BYTES 24
#define FRAME_HEADER_BYTES 9
#define FRAME_LENGTH_MAX 16384u
#define FLAG_END_STREAM 0x1u
#define FLAG_PADDED 0x8u
#define FLAG_PRIORITY 0x20u
#define PRIORITY_BYTES 5

/* Control frames that a new stream may cause (PRIORITY, PRIORITY_UPDATE, two WINDOW_UPDATEs). A DATA frame we send gives 2:
 * a naive peer answers each with a WINDOW_UPDATE for the stream and one for the connection. */
#define CREDIT_OF_STREAM 4

static void bucket_init(struct h2_bucket *bucket, uint32_t burst, uint32_t a_second, uint64_t now_ms)
{
	*bucket = (struct h2_bucket){ .thousandths = burst * 1000ull, .filled_ms = now_ms, .burst = burst, .a_second = a_second };
}

void h2_bucket_give(struct h2_bucket *bucket, uint32_t tokens)
{
	bucket->thousandths += tokens * 1000ull;
	if (bucket->thousandths > bucket->burst * 1000ull)
		bucket->thousandths = bucket->burst * 1000ull;
}

bool h2_bucket_take(struct h2_bucket *bucket, uint64_t now_ms)
{
	if (now_ms > bucket->filled_ms) {
		uint64_t past_ms = now_ms - bucket->filled_ms;

		/* An hour fills any sane bucket; the bound keeps the product far from overflow. */
		bucket->thousandths += (past_ms < 3600000 ? past_ms : 3600000) * bucket->a_second;
		h2_bucket_give(bucket, 0);
		bucket->filled_ms = now_ms;
	}
	if (bucket->thousandths < 1000)
		return false;
	bucket->thousandths -= 1000;
	return true;
}

void h2_guard_init(struct h2_guard *guard, uint32_t resets_burst, uint32_t resets_a_second, uint32_t control_burst,
                   uint32_t control_a_second, uint64_t now_ms)
{
	*guard = (struct h2_guard){ .preface_left = PREFACE_BYTES };
	bucket_init(&guard->client_resets, resets_burst, resets_a_second, now_ms);
	bucket_init(&guard->provoked_resets, resets_burst, resets_a_second, now_ms);
	bucket_init(&guard->control, control_burst, control_a_second, now_ms);
}

/* How much of the payload h2_guard_judge wants to see. */
static uint8_t peek_wanted(const struct h2_frame *frame)
{
	if (frame->type == H2_PRIORITY && frame->length == PRIORITY_BYTES)
		return PRIORITY_BYTES;
	return (frame->type == H2_DATA || frame->type == H2_HEADERS) && (frame->flags & FLAG_PADDED) && frame->length ? 1 : 0;
}

static void frame_header_read(struct h2_guard *guard)
{
	const uint8_t *raw = guard->raw;
	struct h2_frame *frame = &guard->frame;

	frame->length = (uint32_t)raw[0] << 16 | (uint32_t)raw[1] << 8 | raw[2];
	frame->type = raw[3];
	frame->flags = raw[4];
	frame->stream = ((uint32_t)raw[5] << 24 | (uint32_t)raw[6] << 16 | (uint32_t)raw[7] << 8 | raw[8]) & 0x7fffffffu;
	guard->is_lost = frame->length > FRAME_LENGTH_MAX;
	guard->peek_want = peek_wanted(frame);
	guard->peek_len = 0;
	guard->skip = frame->length - guard->peek_want;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The preface or the rest of the last frame's payload. */
static size_t pass_over(struct h2_guard *guard, struct span input)
{
	size_t preface = smaller(guard->preface_left, input.len);
	size_t payload = smaller(guard->skip, input.len - preface);

	guard->preface_left = (uint8_t)(guard->preface_left - preface);
	guard->skip -= (uint32_t)payload;
	return preface + payload;
}

/* Moves bytes of INPUT behind *AT into KEPT until it holds WANT of them. */
static bool gather(struct span input, size_t *at, uint8_t *kept, uint8_t *len, uint8_t want)
{
	size_t count = smaller((size_t)(want - *len), input.len - *at);

	if (count)
		memcpy(kept + *len, input.at + *at, count);
	*len = (uint8_t)(*len + count);
	*at += count;
	return *len == want;
}

enum result h2_guard_next(struct h2_guard *guard, struct span input, size_t *used)
{
	size_t at = 0;

	if (guard->is_lost)
		return RESULT_MORE;
	if (guard->raw_len < FRAME_HEADER_BYTES) {
		at = pass_over(guard, input);
		if (guard->preface_left || guard->skip || !gather(input, &at, guard->raw, &guard->raw_len, FRAME_HEADER_BYTES))
			return RESULT_MORE;
		frame_header_read(guard);
	}
	if (!gather(input, &at, guard->frame.peek, &guard->peek_len, guard->peek_want))
		return RESULT_MORE;
	guard->raw_len = 0;
	*used = at;
	return RESULT_OK;
}

static bool data_is_empty(const struct h2_frame *frame)
{
	size_t padding = frame->flags & FLAG_PADDED ? 1u + frame->peek[0] : 0;

	return frame->length <= padding && !(frame->flags & FLAG_END_STREAM);
}

static bool headers_are_empty(const struct h2_frame *frame)
{
	size_t around = (frame->flags & FLAG_PADDED ? 1u + frame->peek[0] : 0) + (frame->flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0);

	return frame->length <= around;
}

static enum http_fault spend_control(struct h2_guard *guard, uint64_t now_ms, enum http_fault fault)
{
	return h2_bucket_take(&guard->control, now_ms) ? HTTP_FAULT_NONE : fault;
}

/* libnghttp2 does not look into PRIORITY when RFC 7540 priorities are off; RFC 7540, 5.3.1 and 6.3, calls both errors. */
static bool priority_is_wrong(const struct h2_frame *frame)
{
	const uint8_t *on = frame->peek;
	uint32_t dependency = ((uint32_t)on[0] << 24 | (uint32_t)on[1] << 16 | (uint32_t)on[2] << 8 | on[3]) & 0x7fffffffu;

	return frame->length == PRIORITY_BYTES && (frame->stream == 0 || frame->stream == dependency);
}

static bool is_passed_over(const struct h2_guard *guard, uint32_t stream)
{
	for (unsigned i = 0; i < H2_GAPS_KEPT; i++)
		if (stream && stream >= guard->gaps[i].from && stream <= guard->gaps[i].to)
			return true;
	return false;
}

static void stream_note(struct h2_guard *guard, uint32_t stream)
{
	if (stream > guard->last_stream + 2 || (guard->last_stream == 0 && stream > 1)) {
		guard->gaps[guard->gap_at] = (struct h2_gap){ guard->last_stream + 1, stream - 1 };
		guard->gap_at = (uint8_t)((guard->gap_at + 1) % H2_GAPS_KEPT);
	}
	guard->last_stream = stream;
	h2_bucket_give(&guard->control, CREDIT_OF_STREAM);
}

static enum http_fault judge_headers(struct h2_guard *guard, uint64_t now_ms)
{
	const struct h2_frame *frame = &guard->frame;

	guard->continuations = 0;
	if (headers_are_empty(frame) && !h2_bucket_take(&guard->control, now_ms))
		return HTTP_FAULT_H2_EMPTY_FRAMES;
	if (frame->stream > guard->last_stream)
		stream_note(guard, frame->stream);
	else if (is_passed_over(guard, frame->stream))
		return HTTP_FAULT_H2_PROTOCOL;
	return HTTP_FAULT_NONE;
}

static enum http_fault judge_continuation(struct h2_guard *guard, uint64_t now_ms)
{
	if (++guard->continuations > H2_CONTINUATIONS_MAX)
		return HTTP_FAULT_H2_CONTINUATION;
	return guard->frame.length ? HTTP_FAULT_NONE : spend_control(guard, now_ms, HTTP_FAULT_H2_EMPTY_FRAMES);
}

enum http_fault h2_guard_judge(struct h2_guard *guard, uint64_t now_ms)
{
	const struct h2_frame *frame = &guard->frame;

	switch (frame->type) {
	case H2_DATA:
		return data_is_empty(frame) ? spend_control(guard, now_ms, HTTP_FAULT_H2_EMPTY_FRAMES) : HTTP_FAULT_NONE;
	case H2_HEADERS:
		return judge_headers(guard, now_ms);
	case H2_CONTINUATION:
		return judge_continuation(guard, now_ms);
	case H2_RST_STREAM:
		return h2_bucket_take(&guard->client_resets, now_ms) ? HTTP_FAULT_NONE : HTTP_FAULT_H2_RAPID_RESET;
	case H2_PRIORITY:
		if (priority_is_wrong(frame))
			return HTTP_FAULT_H2_PROTOCOL;
		return spend_control(guard, now_ms, HTTP_FAULT_H2_CONTROL_FLOOD);
	default:
		return spend_control(guard, now_ms, HTTP_FAULT_H2_CONTROL_FLOOD);
	}
}
