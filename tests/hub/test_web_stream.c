#include "web_stage.h"

#include "hub/web/stream.h"

#define HEAD "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"

static unsigned gone_count;

static void owner_gone(void *owner)
{
	(void)owner;
	gone_count++;
}

static bool is_owner(void *context, const void *owner)
{
	return context == owner;
}

static struct web_stream *begin(struct stage *stage, struct web_streams *streams, const char *person, void *owner)
{
	stage_begin(stage, WEB_LOOPBACK, HEAD);
	return web_stream_begin(streams, &stage->exchange->request, &stage->exchange->answer, span_of(person), owner, owner_gone);
}

/* What the stream would send now. */
static struct span taken(struct stage *stage, struct buffer *out)
{
	enum result result;

	buffer_init(out, WEB_STREAM_BYTES + WEB_PIECE_MAX);
	do {
		struct buffer piece;

		buffer_init(&piece, WEB_PIECE_MAX);
		result = stage->exchange->pieces.more(stage->exchange->pieces.context, &piece);
		assert_true(result == RESULT_OK || result == RESULT_MORE);
		assert_int_equal(buffer_append(out, buffer_span(&piece)), RESULT_OK);
		buffer_done(&piece);
	} while (result == RESULT_OK);
	stage->exchange->is_idle = true;
	return buffer_span(out);
}

/* It says nothing more, and that this was all. */
static bool ends(struct stage *stage)
{
	struct buffer piece;
	enum result result;

	buffer_init(&piece, WEB_PIECE_MAX);
	result = stage->exchange->pieces.more(stage->exchange->pieces.context, &piece);
	assert_int_equal(buffer_len(&piece), 0);
	buffer_done(&piece);
	return result == RESULT_END && !stage->exchange->is_idle;
}

static void says_to_each_what_is_for_him(void **state)
{
	struct web_stream *to_one, *to_two;
	struct web_streams *streams;
	struct stage one, two;
	struct loop loop;
	struct buffer out;
	int first, second;

	(void)state;
	gone_count = 0;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	streams = web_streams_new(&loop);
	assert_non_null(streams);
	to_one = begin(&one, streams, "anna", &first);
	to_two = begin(&two, streams, "bert", &second);
	assert_non_null(to_one);
	assert_non_null(to_two);
	assert_int_equal(one.exchange->answer.status, 200);
	assert_text(one.exchange->answer.type, "text/event-stream");
	assert_text(taken(&one, &out), "retry: 2000\n\n");
	buffer_done(&out);

	assert_true(web_stream_send(to_one, SPAN("now"), SPAN("{\"a\":1}")));
	assert_true(web_stream_send(to_two, SPAN("now"), SPAN("{\"a\":1}")));
	assert_true(web_stream_send(to_two, SPAN("incident"), SPAN("{}")));
	assert_false(one.exchange->is_idle);  /* woken */
	assert_text(taken(&one, &out), "event: now\ndata: {\"a\":1}\n\n");
	buffer_done(&out);
	assert_text(taken(&two, &out), "retry: 2000\n\nevent: now\ndata: {\"a\":1}\n\nevent: incident\ndata: {}\n\n");
	buffer_done(&out);

	assert_true(web_stream_send(to_one, SPAN("now"), SPAN("{\"not\":\"taken\"}")));
	assert_int_equal(web_stream_end(streams, is_owner, &first), 1);
	assert_int_equal(web_stream_end(streams, is_owner, &first), 0);
	assert_true(ends(&one));
	assert_false(web_stream_send(to_one, SPAN("now"), SPAN("{}")));
	assert_true(web_stream_send(to_two, SPAN("now"), SPAN("{}")));
	assert_int_equal(gone_count, 0);
	stage_end(&one);
	assert_int_equal(gone_count, 1);
	assert_int_equal(web_stream_count(streams), 1);
	web_streams_free(streams);
	assert_int_equal(gone_count, 2);
	assert_true(ends(&two));
	stage_end(&two);
	assert_int_equal(gone_count, 2);
	loop_done(&loop);
}

static void sends_no_text_that_reads_as_another_event(void **state)
{
	static const struct { const char *event, *json; } cases[] = { { "now", "{}\n\nevent: x" }, { "now", "a\rb" }, { "no\nw", "{}" }, { "", "{}" } };
	struct web_streams *streams;
	struct web_stream *stream;
	struct stage stage;
	struct loop loop;

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	streams = web_streams_new(&loop);
	assert_non_null(streams);
	stream = begin(&stage, streams, "anna", NULL);
	assert_non_null(stream);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(web_stream_send(stream, span_of(cases[i].event), span_of(cases[i].json)));
	}
	stage_end(&stage);
	web_streams_free(streams);
	loop_done(&loop);
}

static void holds_so_many_and_no_more(void **state)
{
	static struct stage stages[WEB_STREAMS_MAX];
	struct web_streams *streams;
	struct stage extra;
	struct loop loop;

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	streams = web_streams_new(&loop);
	assert_non_null(streams);
	for (unsigned i = 0; i < WEB_STREAMS_MAX; i++) {
		char person[32];

		snprintf(person, sizeof(person), "person%u", i / WEB_STREAMS_OF_PERSON);
		if (i == WEB_STREAMS_OF_PERSON) {
			assert_null(begin(&extra, streams, "person0", NULL));
			assert_int_equal(extra.exchange->answer.status, 429);
			assert_text(stage_field(&extra, "Retry-After"), "30");
			assert_null(extra.exchange->pieces.more);
			stage_end(&extra);
		}
		assert_non_null(begin(&stages[i], streams, person, NULL));
	}
	assert_null(begin(&extra, streams, "another", NULL));
	stage_end(&extra);
	stage_end(&stages[0]);
	assert_non_null(begin(&extra, streams, "another", NULL));
	stage_end(&extra);
	for (unsigned i = 1; i < WEB_STREAMS_MAX; i++)
		stage_end(&stages[i]);
	assert_int_equal(web_stream_count(streams), 0);
	web_streams_free(streams);
	loop_done(&loop);
}

static void drops_who_does_not_read(void **state)
{
	static char text[100000];
	struct web_stream *stream;
	struct web_streams *streams;
	struct stage slow;
	struct loop loop;
	unsigned sent = 0;

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	streams = web_streams_new(&loop);
	assert_non_null(streams);
	stream = begin(&slow, streams, "anna", NULL);
	assert_non_null(stream);
	memset(text, 'x', sizeof(text));
	while (sent < 100 && web_stream_send(stream, SPAN("now"), span_make(text, sizeof(text))))
		sent++;
	assert_int_equal(sent, WEB_STREAM_BYTES / sizeof(text));
	assert_true(slow.exchange->is_broken);
	stage_end(&slow);
	web_streams_free(streams);
	loop_done(&loop);
}

static void says_something_every_fifteen_seconds(void **state)
{
	struct web_streams *streams;
	struct stage stage;
	struct loop loop;
	struct buffer out;
	uint64_t began;

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	began = loop.now_ms;
	streams = web_streams_new(&loop);
	assert_non_null(streams);
	assert_non_null(begin(&stage, streams, "anna", NULL));
	(void)taken(&stage, &out);
	buffer_done(&out);
	for (unsigned round = 1; round <= 2; round++) {
		loop.now_ms = began + round * (WEB_STREAM_COMMENT_MS + 2 * TIMER_STEP_MS);
		timers_advance(&loop.timers, loop.now_ms);
		assert_text(taken(&stage, &out), ":\n\n");
		buffer_done(&out);
	}
	stage_end(&stage);
	web_streams_free(streams);
	loop_done(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_to_each_what_is_for_him),
		cmocka_unit_test(sends_no_text_that_reads_as_another_event),
		cmocka_unit_test(holds_so_many_and_no_more),
		cmocka_unit_test(drops_who_does_not_read),
		cmocka_unit_test(says_something_every_fifteen_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
