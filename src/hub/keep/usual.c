#include "hub/keep/usual.h"

#include "event/json.h"

#include "base/banned.h"

#define MEAN_MAX ((uint64_t)1 << 40)  /* thousandths */

enum result usual_write(const struct citizens_usual *usual, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("mean"), '[');
	for (unsigned i = 0; i < CITIZENS_HOURS; i++) {
		double mean = (double)usual->mean[i] * 1000 + 0.5;

		json_put_number(&json, SPAN_NONE, mean >= (double)MEAN_MAX ? MEAN_MAX : mean > 0 ? (uint64_t)mean : 0);
	}
	json_close(&json, ']');
	json_open(&json, SPAN("minutes"), '[');
	for (unsigned i = 0; i < CITIZENS_HOURS; i++)
		json_put_number(&json, SPAN_NONE, usual->minutes[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

static bool read_numbers(const struct json *list, uint64_t max, uint64_t out[CITIZENS_HOURS])
{
	if (!json_has_list(list) || json_length(list) != CITIZENS_HOURS)
		return false;
	for (unsigned i = 0; i < CITIZENS_HOURS; i++) {
		if (!json_has_number(json_item(list, i)) || json_number_of(json_item(list, i)) > max)
			return false;
		out[i] = json_number_of(json_item(list, i));
	}
	return true;
}

enum result usual_read(struct span text, struct citizens_usual *out)
{
	uint64_t means[CITIZENS_HOURS], minutes[CITIZENS_HOURS];
	struct json *root;
	enum result result = json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	if (json_length(root) != 2 || !read_numbers(json_find(root, "mean"), MEAN_MAX, means) ||
	    !read_numbers(json_find(root, "minutes"), UINT16_MAX, minutes))
		result = RESULT_MALFORMED;
	for (unsigned i = 0; i < CITIZENS_HOURS && result == RESULT_OK; i++) {
		out->mean[i] = (float)((double)means[i] / 1000);
		out->minutes[i] = (uint16_t)minutes[i];
	}
	json_drop(root);
	return result;
}
