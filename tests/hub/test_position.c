#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hub/keep/position.h"
#include "hub/keep/usual.h"

static struct position some(void)
{
	struct position position = { .next_id = 12, .outside = 77, .whole = 0xfffffffe, .followed = { 3, 11 }, .followed_count = 2 };

	for (unsigned i = 0; i < KEEP_MARKS + 3; i++) {
		position.now = (struct position_mark){ .second = 1769860800 + i * 60, .at = { { 100 + i, 0xfedcba98 }, { 200 + i, 7 } } };
		position_mark(&position);
	}
	return position;
}

static void what_is_written_is_read(void **unused)
{
	struct position position = some(), read;
	struct buffer first, second;

	(void)unused;
	assert_int_equal(position.past_count, KEEP_MARKS);
	assert_int_equal(position.past[0].second, 1769860800 + 3 * 60);  /* the oldest went */
	buffer_init(&first, 65536);
	buffer_init(&second, 65536);
	assert_int_equal(position_write(&position, &first), RESULT_OK);
	assert_int_equal(position_read(buffer_span(&first), &read), RESULT_OK);
	assert_int_equal(read.now.at[STREAM_DETAIL].crc, 0xfedcba98);
	assert_int_equal(read.followed[1], 11);
	assert_int_equal(read.next_id, 12);
	assert_int_equal(read.outside, 77);
	assert_int_equal(read.whole, 0xfffffffe);
	assert_int_equal(position_write(&read, &second), RESULT_OK);
	assert_true(span_equal(buffer_span(&first), buffer_span(&second)));
	for (size_t len = 0; len < buffer_len(&first); len++)
		assert_int_not_equal(position_read(span_take(buffer_span(&first), len), &read), RESULT_OK);
	buffer_done(&first);
	buffer_done(&second);
}

static void what_is_not_so_is_refused(void **unused)
{
	static const char *const bads[] = {
		"[]", "{}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[],\"whole\":4294967296}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[1]}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":4294967296,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[]}",
		"{\"second\":-1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[]}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[\"1\"],\"past\":[]}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[],\"x\":1}",
		"{\"second\":1,\"detail\":1,\"detail_crc\":1,\"counts\":1,\"counts_crc\":1,\"next_id\":1,\"outside\":0,\"followed\":[],\"past\":[{}]}",
	};
	struct position position = some(), before = position;

	(void)unused;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		if (position_read(span_of(bads[i]), &position) == RESULT_OK)
			fail_msg("read: %s", bads[i]);
	}
	assert_memory_equal(&position, &before, sizeof(before));
}

static void what_is_usual_is_kept(void **unused)
{
	struct citizens_usual usual = { .mean = { [0] = 12.25f, [167] = 40000 }, .minutes = { [0] = 30, [167] = 480 } }, read;
	struct buffer text;

	(void)unused;
	buffer_init(&text, 65536);
	assert_int_equal(usual_write(&usual, &text), RESULT_OK);
	assert_int_equal(usual_read(buffer_span(&text), &read), RESULT_OK);
	assert_memory_equal(&read, &usual, sizeof(usual));
	assert_int_equal(usual_read(SPAN("{\"mean\":[],\"minutes\":[]}"), &read), RESULT_MALFORMED);
	assert_int_equal(usual_read(SPAN("[]"), &read), RESULT_MALFORMED);
	assert_int_not_equal(usual_read(span_take(buffer_span(&text), buffer_len(&text) - 1), &read), RESULT_OK);
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_not_so_is_refused),
		cmocka_unit_test(what_is_usual_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
