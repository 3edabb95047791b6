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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listens_where_it_may),
		cmocka_unit_test(takes_another_certificate),
		cmocka_unit_test(ends_with_who_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
