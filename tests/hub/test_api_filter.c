/* The kernel filter, as the shield tells of it from look to look. */
#include "../base/check.h"
#include "hub/api/inner.h"

static struct loop loop;
static struct api api;

/* FILTER: the member, or "". The rate as it is told: -1 for null. */
static long look(const char *filter, uint64_t now_ms)
{
	struct json_writer json;
	struct json *root = NULL;
	struct buffer text;
	char status[512];
	long rate;

	snprintf(status, sizeof(status), "{\"sites\":[]%s%s}", filter[0] ? ",\"filter\":" : "", filter);
	api.birth.loop = &loop;
	loop.now_ms = now_ms;
	assert_int_equal(status_take(&api.status, span_of(status), now_ms), RESULT_OK);
	filter_looked(&api);
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	filter_put_packets(&api, true, &json);
	json_close(&json, '}');
	assert_int_equal(json_read(buffer_span(&text), &root), RESULT_OK);
	rate = json_has_null(json_find(root, "packets")) ? -1 : (long)json_number_of(json_find(json_find(root, "packets"), "dropped_per_s"));
	json_drop(root);
	buffer_done(&text);
	return rate;
}

static void what_is_dropped_a_second_is_told(void **unused)
{
	(void)unused;
	assert_int_equal(api_filter_state(&api), API_FILTER_UNKNOWN);
	assert_int_equal(look("", 1000), -1);
	assert_int_equal(api_filter_state(&api), API_FILTER_NONE);
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":1000}", 2000), -1);  /* of one look nothing is known */
	assert_int_equal(api_filter_state(&api), API_FILTER_ATTACHED);
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":1000}", 4000), 0);
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":6000}", 6000), 2500);
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":10}", 8000), -1);      /* attached anew */
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":30}", 10000), 10);
	assert_int_equal(look("{\"state\":\"away\"}", 12000), -1);
	assert_int_equal(api_filter_state(&api), API_FILTER_AWAY);
	assert_int_equal(look("{\"state\":\"attached\",\"dropped\":40}", 14000), -1);
	status_forget(&api.status);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_dropped_a_second_is_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
