/* Memory ends at the n-th allocation of a connection, for each n: what was sent is whole answers or an end, nothing is left of it, and the next is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/failing.h"

#include "base/arena.c"
#include "base/block.c"
#include "hub/web/connection.c"
#include "hub/web/exchange.c"

#define TEXT "POST /a/x%20y?q=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n" \
	"3\r\np=1\r\n0\r\n\r\nGET /pieces HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"

static unsigned gone_count;

static bool admit_all(void *context, struct web_request *request, uint32_t permit, struct web_answer *said)
{
	return !context && request->path.len && !permit && !said->status;
}

static void form(void *context, struct web_request *request, struct web_answer *said)
{
	struct span value;

	(void)context;
	said->status = 200;
	if (web_query(request, SPAN("p"), &value) != RESULT_OK || buffer_append(&said->body, value) != RESULT_OK)
		web_refuse(said, 503, "no-memory", "no memory");
	web_field(request, said, SPAN("X-Part"), request->parts[0]);
}

static enum result two(void *context, struct buffer *out)
{
	unsigned *left = context;

	return buffer_append(out, SPAN("piece")) != RESULT_OK ? RESULT_NO_MEMORY : --*left ? RESULT_OK : RESULT_END;
}

static void two_gone(void *context)
{
	(void)context;
	gone_count++;
}

static void two_pieces(void *context, struct web_request *request, struct web_answer *said)
{
	static unsigned left;

	(void)context;
	left = 2;
	said->status = 200;
	web_pieces(request, (struct web_pieces){ two, two_gone, &left });
}

static const struct web_route list[] = { { "/a/{b}", METHOD_POST, 0, form }, { "/pieces", METHOD_GET, 0, two_pieces } };
static const struct web_routes routes = { .tables = { { list, 2, NULL } }, .table_count = 1, .admit = admit_all };

/* All that came back, and whether it was all that can. */
static bool converse(struct loop *loop, struct web_server *server, size_t nth)
{
	static char came[1 << 16];
	struct web_place place = { .door = WEB_LOCAL_SOCKET };
	unsigned gone_before = gone_count;
	bool has_begun;
	ssize_t count;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_true(write(ends[1], TEXT, sizeof(TEXT) - 1) > 0);
	failing_from(nth);
	has_begun = connection_new(server, &place, ends[0], &(struct address){ 0 }, 0) == RESULT_OK;
	for (int i = 0; i < 12; i++)
		loop_turn(loop, 0);
	failing_from(0);
	count = read(ends[1], came, sizeof(came));
	close(ends[1]);
	for (int i = 0; i < 4; i++)
		loop_turn(loop, 0);
	assert_int_equal(web_server_counts(server).connections, 0);
	assert_int_equal(web_server_counts(server).body_bytes + web_server_counts(server).answer_bytes, 0);
	assert_true(count <= 0 || span_starts(span_make(came, (size_t)count), SPAN("HTTP/1.1 ")));
	if (count <= 0 || !has_begun)
		return false;
	return gone_count == gone_before + 1 && span_contains(span_make(came, (size_t)count), SPAN("X-Part: x y\r\n")) &&
	       span_contains(span_make(came, (size_t)count), SPAN("5\r\npiece\r\n5\r\npiece\r\n0\r\n\r\n")) && span_contains(span_make(came, (size_t)count), SPAN("404 Not Found"));
}

static void memory_may_end_anywhere(void **state)
{
	struct web_birth birth = { .routes = &routes };
	struct web_server *server = NULL;
	struct loop loop;
	size_t nth = 1, failed = 0;

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	assert_int_equal(web_server_new(&loop, &birth, NULL, &server), RESULT_OK);
	for (; nth < 300; nth++) {
		block_thread_done();  /* what was kept from before is no memory that can end */
		if (converse(&loop, server, nth))
			break;
		failed++;
		assert_true(converse(&loop, server, 0));
	}
	assert_in_range(failed, 10, 298);  /* it did end, in many places, and at last it did not */
	web_server_free(server);
	loop_done(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
