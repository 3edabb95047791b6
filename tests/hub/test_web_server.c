#include "web_stage.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static const struct web_routes routes = { .table_count = 0 };

static int listen_at(uint32_t address, bool listens)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_true(!listens || listen(fd, 8) == 0);
	return fd;
}

static enum result born(struct loop *loop, int fd, enum web_door door, const struct web_tls *tls, struct complaints *complaints, struct web_server **server)
{
	struct web_birth birth = { .listeners = { { fd, door } }, .listener_count = 1, .tls = tls, .name = SPAN("hub.commune.example"), .routes = &routes };

	return web_server_new(loop, &birth, complaints, server);
}

static void listens_where_it_may(void **state)
{
	static const struct { uint32_t address; bool listens; enum web_door door; enum result result; } cases[] = {
		{ INADDR_LOOPBACK, true, WEB_LOOPBACK, RESULT_OK },
		{ INADDR_LOOPBACK, false, WEB_LOOPBACK, RESULT_IO },
		{ INADDR_ANY, true, WEB_LOOPBACK, RESULT_REFUSED },      /* passwords in plain text on a network */
		{ INADDR_LOOPBACK, true, WEB_TLS, RESULT_REFUSED },      /* without a certificate */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_server *server = NULL;
		struct loop loop;
		int fd = listen_at(cases[i].address, cases[i].listens);

		assert_int_equal(loop_init(&loop), RESULT_OK);
		assert_int_equal(born(&loop, fd, cases[i].door, NULL, NULL, &server), cases[i].result);
		web_server_free(server);
		assert_int_equal(close(fd), -1);  /* it was the server's */
		loop_done(&loop);
	}
}

static struct span made(struct buffer *chain, const char *host)
{
	struct span name = span_of(host);
	struct buffer key;

	buffer_init(chain, 65536);
	buffer_init(&key, 65536);
	assert_int_equal(certificate_make_self_signed(&name, 1, (int64_t)(clock_wall_ns() / 1000000), chain, &key), RESULT_OK);
	assert_int_equal(buffer_append(chain, buffer_span(&key)), RESULT_OK);
	buffer_done(&key);
	return buffer_span(chain);
}

static void takes_another_certificate(void **state)
{
	struct web_server *server = NULL;
	struct complaints complaints;
	struct buffer first, second;
	struct web_tls tls = { .chain = made(&first, "hub.commune.example") }, other = { .chain = made(&second, "hub.commune.example") };
	struct web_tls broken = { .chain = SPAN("no certificate"), .path = SPAN("broken.pem") };
	struct web_tls no_ca = { .chain = tls.chain, .client_ca = SPAN("nothing") };
	struct web_keys *keys;
	struct loop loop;

	(void)state;
	complaints_init(&complaints);
	assert_int_equal(loop_init(&loop), RESULT_OK);
	assert_int_not_equal(born(&loop, listen_at(INADDR_LOOPBACK, true), WEB_TLS, &broken, &complaints, &server), RESULT_OK);
	assert_true(complaints.errors > 0 && span_equal(complaints.list[0].file, SPAN("broken.pem")));
	assert_int_equal(born(&loop, listen_at(INADDR_LOOPBACK, true), WEB_TLS, &tls, NULL, &server), RESULT_OK);
	keys = server->keys;
	assert_int_not_equal(web_server_renew(server, &broken, NULL), RESULT_OK);
	assert_int_not_equal(web_server_renew(server, &no_ca, NULL), RESULT_OK);
	assert_ptr_equal(server->keys, keys);
	keys->holders++;  /* as a connection would */
	assert_int_equal(web_server_renew(server, &other, NULL), RESULT_OK);
	assert_ptr_not_equal(server->keys, keys);
	assert_int_equal(keys->holders, 1);
	web_keys_drop(keys);
	web_server_free(server);
	loop_done(&loop);
	complaints_done(&complaints);
	buffer_done(&first);
	buffer_done(&second);
}

static void ends_with_who_is_there(void **state)
{
	struct web_server *server = NULL;
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	struct loop loop;
	int fd = listen_at(INADDR_LOOPBACK, true), visitor = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(loop_init(&loop), RESULT_OK);
	assert_int_equal(born(&loop, fd, WEB_LOOPBACK, NULL, NULL, &server), RESULT_OK);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(visitor, (struct sockaddr *)&at, len), 0);
	assert_int_equal(write(visitor, "GET / HT", 8), 8);
	for (int i = 0; i < 100 && web_server_counts(server).connections == 0; i++)
		loop_turn(&loop, 50);
	assert_int_equal(web_server_counts(server).connections, 1);
	web_server_free(server);
	close(visitor);
	loop_done(&loop);
}

/* -- who may -- */

static unsigned asked, answered;

static void answer(void *context, struct web_request *request, struct web_answer *said)
{
	(void)context, (void)request;
	answered++;
	said->status = 204;
}

static bool admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *said)
{
	(void)context, (void)said;
	asked++;
	/* The body is whole, and the parts are told, before anybody is asked. */
	return permit == 7 && span_equal(request->body, SPAN("abc")) && span_equal(request->parts[0], SPAN("x"));
}

/* What the server says to TEXT. */
static size_t said_to(const struct web_routes *tables, const char *text, char *out, size_t size)
{
	struct web_birth birth = { .routes = tables };
	struct web_place place = { .door = WEB_LOCAL_SOCKET };
	struct web_server *server = NULL;
	struct loop loop;
	ssize_t count;
	int ends[2];

	assert_int_equal(loop_init(&loop), RESULT_OK);
	assert_int_equal(web_server_new(&loop, &birth, NULL, &server), RESULT_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(connection_new(server, &place, ends[0], &(struct address){ 0 }, 0), RESULT_OK);
	assert_true(write(ends[1], text, strlen(text)) > 0);
	for (int i = 0; i < 4; i++)
		loop_turn(&loop, 0);
	count = read(ends[1], out, size);
	close(ends[1]);
	web_server_free(server);
	loop_done(&loop);
	return count > 0 ? (size_t)count : 0;
}

static void nobody_is_answered_who_was_not_admitted(void **state)
{
	static const struct web_route list[] = { { "/a/{b}", METHOD_POST, 7, answer }, { "/open/{b}", METHOD_POST, 0, answer } };
	static const struct { bool has_admit; const char *path, *body, *status; unsigned asked, answered; } cases[] = {
		{ true, "/a/x", "abc", "HTTP/1.1 204 ", 1, 1 },
		{ true, "/a/x", "abd", "HTTP/1.1 500 ", 1, 0 },     /* it refused, and did not say how: our bug, not an answer */
		{ true, "/a/y", "abc", "HTTP/1.1 500 ", 1, 0 },
		{ true, "/open/x", "abc", "HTTP/1.1 500 ", 1, 0 },  /* permit 0 is asked too */
		{ false, "/a/x", "abc", "HTTP/1.1 403 ", 0, 0 },
		{ false, "/open/x", "abc", "HTTP/1.1 403 ", 0, 0 },
		{ true, "/b", "abc", "HTTP/1.1 404 ", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_routes tables = { .tables = { { list, 2, NULL } }, .table_count = 1, .admit = cases[i].has_admit ? admit : NULL };
		char text[256], out[4096];
		size_t count;

		asked = answered = 0;
		snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n%s", cases[i].path, cases[i].body);
		count = said_to(&tables, text, out, sizeof(out));
		assert_true(span_starts(span_make(out, count), span_of(cases[i].status)));
		assert_int_equal(asked, cases[i].asked);
		assert_int_equal(answered, cases[i].answered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listens_where_it_may),
		cmocka_unit_test(takes_another_certificate),
		cmocka_unit_test(ends_with_who_is_there),
		cmocka_unit_test(nobody_is_answered_who_was_not_admitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
