#include "hub/keep/position.h"

#include "event/json.h"

#include "base/banned.h"

#define CRC_MAX UINT32_MAX

void position_mark(struct position *position)
{
	if (position->past_count == KEEP_MARKS) {
		memmove(position->past, position->past + 1, (KEEP_MARKS - 1) * sizeof(position->past[0]));
		position->past_count--;
	}
	position->past[position->past_count++] = position->now;
}

static void write_mark(struct json_writer *json, const struct position_mark *mark)
{
	json_put_number(json, SPAN("second"), mark->second);
	json_put_number(json, SPAN("detail"), mark->at[STREAM_DETAIL].sequence);
	json_put_number(json, SPAN("detail_crc"), mark->at[STREAM_DETAIL].crc);
	json_put_number(json, SPAN("counts"), mark->at[STREAM_COUNTS].sequence);
	json_put_number(json, SPAN("counts_crc"), mark->at[STREAM_COUNTS].crc);
}

enum result position_write(const struct position *position, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	write_mark(&json, &position->now);
	json_put_number(&json, SPAN("next_id"), position->next_id);
	json_put_number(&json, SPAN("outside"), position->outside);
	json_open(&json, SPAN("followed"), '[');
	for (unsigned i = 0; i < position->followed_count; i++)
		json_put_number(&json, SPAN_NONE, position->followed[i]);
	json_close(&json, ']');
	json_open(&json, SPAN("past"), '[');
	for (unsigned i = 0; i < position->past_count; i++) {
		json_open(&json, SPAN_NONE, '{');
		write_mark(&json, &position->past[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_put_number(&json, SPAN("whole"), position->whole);
	json_close(&json, '}');
	return json.result;
}

static enum result read_number(const struct json *from, uint64_t max, uint64_t *out)
{
	if (!json_has_number(from) || json_number_of(from) > max)
		return RESULT_MALFORMED;
	*out = json_number_of(from);
	return RESULT_OK;
}

static enum result read_line(const struct json *from, const char *sequence, const char *crc, struct follow_mark *out)
{
	uint64_t number = 0;
	enum result result = read_number(json_find(from, sequence), INT64_MAX, &out->sequence);

	if (result == RESULT_OK)
		result = read_number(json_find(from, crc), CRC_MAX, &number);
	out->crc = (uint32_t)number;
	return result;
}

static enum result read_mark(const struct json *from, struct position_mark *out)
{
	enum result result = read_number(json_find(from, "second"), INT64_MAX, &out->second);

	if (result == RESULT_OK)
		result = read_line(from, "detail", "detail_crc", &out->at[STREAM_DETAIL]);
	return result == RESULT_OK ? read_line(from, "counts", "counts_crc", &out->at[STREAM_COUNTS]) : result;
}

static enum result read_followed(const struct json *list, struct position *out)
{
	enum result result = json_has_list(list) ? RESULT_OK : RESULT_MALFORMED;

	if (json_length(list) > GROUP_INCIDENTS_MAX)
		return RESULT_LIMIT;
	for (size_t i = 0; i < json_length(list) && result == RESULT_OK; i++)
		result = read_number(json_item(list, i), INT64_MAX, &out->followed[out->followed_count++]);
	return result;
}

static enum result read_past(const struct json *list, struct position *out)
{
	enum result result = json_has_list(list) ? RESULT_OK : RESULT_MALFORMED;

	if (json_length(list) > KEEP_MARKS)
		return RESULT_LIMIT;
	for (size_t i = 0; i < json_length(list) && result == RESULT_OK; i++) {
		result = json_length(json_item(list, i)) == 5 ? read_mark(json_item(list, i), &out->past[i]) : RESULT_MALFORMED;
		out->past_count++;
	}
	return result;
}

static enum result read_whole(const struct json *root, struct position *out)
{
	uint64_t whole = 0;
	enum result result = json_find(root, "whole") ? read_number(json_find(root, "whole"), UINT32_MAX, &whole) : RESULT_OK;

	out->whole = (uint32_t)whole;
	return result;
}

enum result position_read(struct span text, struct position *out)
{
	struct position position = { .past_count = 0 };
	struct json *root;
	enum result result = json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	result = json_has_object(root) && json_length(root) == 9u + (json_find(root, "whole") != NULL) ? read_mark(root, &position.now) : RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = read_number(json_find(root, "next_id"), INT64_MAX, &position.next_id);
	if (result == RESULT_OK)
		result = read_number(json_find(root, "outside"), INT64_MAX, &position.outside);
	if (result == RESULT_OK)
		result = read_followed(json_find(root, "followed"), &position);
	if (result == RESULT_OK)
		result = read_past(json_find(root, "past"), &position);
	if (result == RESULT_OK)
		result = read_whole(root, &position);
	json_drop(root);
	if (result == RESULT_OK)
		*out = position;
	return result;
}
