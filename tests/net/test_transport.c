#include "pair.h"

#include <sys/epoll.h>

static struct made here, there;
static struct ticket_keys tickets;
static struct tls_server *server;
static int owner_here, owner_there;

static int setup(void **state)
{
	(void)state;
	static struct span hosts_here[] = { SPAN_INIT("here.example"), SPAN_INIT("*.here.example"), SPAN_INIT("127.0.0.1") };
	static struct span hosts_there[] = { SPAN_INIT("there.example") };
	static struct span hosts_through[] = { SPAN_INIT("through.example") };
	made_init(&here, "here.example");
	made_init(&there, "there.example");
	ticket_keys_rotate(&tickets, (uint64_t)time(NULL));
	struct tls_site sites[3] = {
		{ .owner = &owner_here, .hosts = hosts_here, .host_count = 3, .certificates = &here.certificate, .certificate_count = 1 },
		{ .owner = &owner_there, .hosts = hosts_there, .host_count = 1, .certificates = &there.certificate, .certificate_count = 1 },
		{ .owner = hosts_through, .hosts = hosts_through, .host_count = 1, .is_passthrough = true },
	};
	assert_int_equal(tls_server_new(sites, 3, NULL, &tickets, NULL, &server), RESULT_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_free(server);
	made_done(&here);
	made_done(&there);
	return 0;
}

static void read_all(struct pair *pair, const char *expected)
{
	char got[65536];
	size_t len = 0, part;
	for (int i = 0; i < 50 && len < strlen(expected); i++) {
		enum result result = transport_read(&pair->server, got + len, sizeof(got) - len, &part);
		if (result == RESULT_OK)
			len += part;
		else
			assert_int_equal(result, RESULT_MORE);
	}
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(got, expected, len);
}

static void plain_reads_and_writes(void **state)
{
	(void)state;
	struct pair pair;
	size_t sent, got;
	char bytes[64];
	pair_init(&pair, NULL, NULL, NULL, false);
	assert_int_equal(transport_handshake(&pair.server), RESULT_OK);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_MORE);
	assert_int_equal(write(pair.client_fd, "hello", 5), 5);
	read_all(&pair, "hello");
	struct iovec list[3] = { { NULL, 0 }, { (void *)(uintptr_t) "ab", 2 }, { (void *)(uintptr_t) "cd", 2 } };
	assert_int_equal(transport_write_list(&pair.server, list, 3, &sent), RESULT_OK);
	assert_int_equal(sent, 4);
	assert_int_equal(read(pair.client_fd, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, "abcd", 4);
	transport_finish(&pair.server);
	assert_int_equal(read(pair.client_fd, bytes, sizeof(bytes)), 0);
	close(pair.client_fd);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_END);
	assert_int_equal(transport_write(&pair.server, SPAN("x"), &sent), RESULT_IO);
	assert_string_equal(transport_error(&pair.server), "Broken pipe");
	transport_close(&pair.server, true);
	transport_close(&pair.server, true);
	pair.client_fd = -1;
}

/* After transport_ready, a short read is the last until the next edge; a FIN is still seen. */
static void hints_save_a_read_and_lose_nothing(void **state)
{
	(void)state;
	struct pair pair;
	char bytes[64];
	size_t got;
	pair_init(&pair, NULL, NULL, NULL, false);
	assert_int_equal(write(pair.client_fd, "one", 3), 3);
	transport_ready(&pair.server, EPOLLIN);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_OK);
	assert_int_equal(write(pair.client_fd, "two", 3), 3);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_MORE);
	transport_ready(&pair.server, EPOLLIN);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_OK);
	assert_int_equal(write(pair.client_fd, "three", 5), 5);
	shutdown(pair.client_fd, SHUT_WR);
	transport_ready(&pair.server, EPOLLIN | EPOLLRDHUP);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_OK);
	assert_int_equal(got, 5);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_END);
	pair_done(&pair);
}

static void speak(struct pair *pair)
{
	char got[64];
	size_t sent;
	assert_int_equal(SSL_write(pair->client, "GET", 3), 3);
	read_all(pair, "GET");
	struct iovec list[3] = { { (void *)(uintptr_t) "o", 1 }, { NULL, 0 }, { (void *)(uintptr_t) "k", 1 } };
	assert_int_equal(transport_write_list(&pair->server, list, 3, &sent), RESULT_OK);
	assert_int_equal(sent, 2);
	assert_int_equal(SSL_read(pair->client, got, sizeof(got)), 2);
	assert_memory_equal(got, "ok", 2);
}

static void handshakes_by_name(void **state)
{
	(void)state;
	static const struct { const char *sni; const void *owner; enum result result; bool h2; int version; } cases[] = {
		{ "here.example", &owner_here, RESULT_OK, true, 0 },
		{ "HERE.example", &owner_here, RESULT_OK, false, 0 },
		{ "a.b.here.example", &owner_here, RESULT_OK, true, TLS1_2_VERSION },
		{ "there.example", &owner_there, RESULT_OK, true, TLS1_2_VERSION },
		{ "elsewhere.example", NULL, RESULT_REFUSED, true, 0 },
		{ "xhere.example", NULL, RESULT_REFUSED, true, 0 },
		{ "*.here.example", NULL, RESULT_REFUSED, true, 0 },
		{ NULL, NULL, RESULT_REFUSED, true, 0 },
		{ "here.example", NULL, RESULT_REFUSED, true, TLS1_1_VERSION },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair pair;
		SSL_CTX *client = client_new();
		SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\x02h2\x08http/1.1", 12);
		if (cases[i].version) {
			SSL_CTX_set_security_level(client, 0);
			SSL_CTX_set_min_proto_version(client, cases[i].version);
			SSL_CTX_set_max_proto_version(client, cases[i].version);
		}
		pair_init(&pair, server, client, cases[i].sni, cases[i].h2);
		assert_int_equal(pair_handshake(&pair), cases[i].result);
		if (cases[i].result == RESULT_OK) {
			assert_ptr_equal(transport_site(&pair.server), cases[i].owner);
			assert_int_equal(transport_protocol(&pair.server), cases[i].h2 ? TRANSPORT_H2 : TRANSPORT_HTTP_1);
			assert_int_equal(transport_ja4(&pair.server).len, 36);
			assert_int_equal(transport_sni(&pair.server).len, strlen(cases[i].sni));
			assert_int_equal(transport_client_certificate(&pair.server).len, 0);
			speak(&pair);
		} else if (cases[i].version == 0) {
			assert_int_equal(client_alert(), SSL_AD_UNRECOGNIZED_NAME);
		} else {
			assert_int_equal(client_alert(), SSL_AD_PROTOCOL_VERSION);
		}
		pair_done(&pair);
		SSL_CTX_free(client);
	}
}

static void sessions_resume(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_CTX *client = client_new();
		SSL_CTX_sess_set_new_cb(client, keep_session);
		SSL_CTX_set_max_proto_version(client, version);
		for (int round = 0; round < 3; round++) {
			struct pair pair;
			pair_init(&pair, server, client, round == 2 ? "there.example" : "here.example", true);
			if (kept_session)
				assert_int_equal(SSL_set_session(pair.client, kept_session), 1);
			assert_int_equal(pair_handshake(&pair), RESULT_OK);
			speak(&pair);
			/* Round 2 shows the session of another site: a full handshake, not a resumption. */
assert_int_equal(SSL_session_reused(pair.client), round == 1);
			assert_int_equal(transport_is_resumed(&pair.server), round == 1);
			assert_non_null(kept_session);
			pair_done(&pair);
		}
		SSL_SESSION_free(kept_session);
		kept_session = NULL;
		SSL_CTX_free(client);
	}
}

static void foreign_bytes_are_refused(void **state)
{
	(void)state;
	static const char *const firsts[] = { "GET / HTTP/1.1\r\n\r\n", "\x80\x2e\x01\x03\x01", "\x16\x03\x01\x00\x00", "\x15\x03\x03\x00\x02\x02\x28" };
	for (size_t i = 0; i < 4; i++) {
		struct pair pair;
		char alert[16];
		pair_init(&pair, server, NULL, NULL, true);
		assert_int_equal(transport_handshake(&pair.server), RESULT_MORE);
		size_t len = i == 2 ? 5 : i == 3 ? 7 : strlen(firsts[i]);
		assert_int_equal(write(pair.client_fd, firsts[i], len), len);
		assert_int_equal(transport_handshake(&pair.server), RESULT_REFUSED);
		assert_int_equal(read(pair.client_fd, alert, sizeof(alert)), 7);
		assert_memory_equal(alert, "\x15\x03\x03\x00\x02\x02\x32", 7);
		assert_int_equal(transport_handshake(&pair.server), RESULT_REFUSED);
		pair_done(&pair);
	}
	struct pair pair;
	pair_init(&pair, server, NULL, NULL, true);
	close(pair.client_fd);
	assert_int_equal(transport_handshake(&pair.server), RESULT_END);
	transport_close(&pair.server, false);
}

static void passes_through_untouched(void **state)
{
	(void)state;
	struct pair pair;
	SSL_CTX *client = client_new();
	char got[4096], peeked[4096];
	size_t len;
	pair_init(&pair, server, client, "through.example", true);
	assert_int_equal(SSL_do_handshake(pair.client), -1);
	ssize_t there_are = recv(pair.server.fd, peeked, sizeof(peeked), MSG_PEEK);
	assert_true(there_are > 100);
	assert_int_equal(transport_handshake(&pair.server), RESULT_OK);
	assert_true(transport_is_passthrough(&pair.server));
	assert_ptr_not_equal(transport_site(&pair.server), NULL);
	assert_true(transport_has_pending(&pair.server));
	assert_int_equal(transport_read(&pair.server, got, sizeof(got), &len), RESULT_OK);
	assert_int_equal(len, there_are);
	assert_memory_equal(got, peeked, len);
	assert_false(transport_has_pending(&pair.server));
	assert_int_equal(transport_read(&pair.server, got, sizeof(got), &len), RESULT_MORE);
	pair_done(&pair);
	SSL_CTX_free(client);
}

/* More than the socket takes: MORE, then the same bytes again from elsewhere, nothing lost or doubled. */
static void a_full_socket_takes_it_later(void **state)
{
	(void)state;
	struct pair pair;
	SSL_CTX *client = client_new();
	enum { TOTAL = 3 * 1024 * 1024 };
	char *body = malloc(TOTAL), *copy = malloc(TOTAL), *got = malloc(TOTAL);
	size_t written = 0, read_bytes = 0, stalls = 0;
	for (size_t i = 0; i < TOTAL; i++)
		body[i] = (char)(i * 2654435761u >> 13);
	pair_init(&pair, server, client, "here.example", true);
	assert_int_equal(pair_handshake(&pair), RESULT_OK);
	while (read_bytes < TOTAL) {
		size_t sent = 0;
		memcpy(copy, body + written, TOTAL - written < 40000 ? TOTAL - written : 40000);
		size_t first = (TOTAL - written) / 2 < 700 ? (TOTAL - written) / 2 : 700;
		struct iovec list[2] = { { copy, first }, { copy + first, TOTAL - written - first < 30000 ? TOTAL - written - first : 30000 } };
		enum result result = written < TOTAL ? transport_write_list(&pair.server, list, 2, &sent) : RESULT_MORE;
		assert_true(result == RESULT_OK || result == RESULT_MORE);
		written += sent;
		if (result == RESULT_OK)
			continue;
		stalls++;
		int count;
		while ((count = SSL_read(pair.client, got + read_bytes, (int)(TOTAL - read_bytes))) > 0)
			read_bytes += (size_t)count;
	}
	assert_true(stalls > 3);
	assert_memory_equal(got, body, TOTAL);
	free(body), free(copy), free(got);
	pair_done(&pair);
	SSL_CTX_free(client);
}

/* Records of one write leave together; wherever the socket cuts them, what was not told as taken comes again, longer or moved. */
static void records_of_one_write_go_together(void **state)
{
	(void)state;
	struct pair pair;
	SSL_CTX *client = client_new();
	enum { TOTAL = 4 * 1024 * 1024, PIECE = 300 * 1000 };
	char *body = malloc(TOTAL), *copy = malloc(PIECE), *got = malloc(TOTAL);
	size_t written = 0, read_bytes = 0, most = 0, stalls = 0;
	for (size_t i = 0; i < TOTAL; i++)
		body[i] = (char)(i * 2654435761u >> 13);
	pair_init(&pair, server, client, "here.example", true);
	assert_int_equal(pair_handshake(&pair), RESULT_OK);
	while (read_bytes < TOTAL) {
		size_t sent = 0, piece = (stalls * 37123) % PIECE + 20000;
		piece = piece > TOTAL - written ? TOTAL - written : piece > PIECE ? PIECE : piece;
		memcpy(copy, body + written, piece);
		enum result result = piece ? transport_write(&pair.server, span_make(copy, piece), &sent) : RESULT_MORE;
		assert_true(result == RESULT_OK || (result == RESULT_MORE && sent == 0));
		memset(copy, 'x', piece);
		written += sent;
		most = sent > most ? sent : most;
		if (result == RESULT_OK)
			continue;
		stalls++;
		int count = SSL_read(pair.client, got + read_bytes, (int)(TOTAL - read_bytes < 7001 ? TOTAL - read_bytes : 7001));
		while (count > 0 && (read_bytes += (size_t)count) < TOTAL && read_bytes % 3)
			count = SSL_read(pair.client, got + read_bytes, (int)(TOTAL - read_bytes));
	}
	assert_true(stalls > 3 && most > 2 * 16384);
	assert_memory_equal(got, body, TOTAL);
	free(body), free(copy), free(got);
	pair_done(&pair);
	SSL_CTX_free(client);
}

/* The kernel takes the first records and stops within one; what comes with the rest of it is the last of all, and a record more. Nobody
 * writes again afterwards: what was told as taken has to be on its way. */
static void the_last_records_are_not_kept(void **state)
{
	(void)state;
	SSL_CTX *client = client_new();
	static char body[1 << 20], got[1 << 20];
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 2654435761u >> 13);
	for (size_t total = 200 * 1024; total < sizeof(body); total += 5003) {
		struct pair pair;
		size_t written = 0, read_bytes = 0, sent = 0;
		pair_init(&pair, server, client, "here.example", true);
		assert_int_equal(pair_handshake(&pair), RESULT_OK);
		for (int count = 0; read_bytes < total; read_bytes += (size_t)count) {
			while (written < total && transport_write(&pair.server, span_make(body + written, total - written), &sent) == RESULT_OK)
				written += sent;
			count = SSL_read(pair.client, got + read_bytes, (int)(total - read_bytes));
			assert_true(count > 0);
		}
		assert_memory_equal(got, body, total);
		pair_done(&pair);
	}
	SSL_CTX_free(client);
}

static void ends_in_order(void **state)
{
	(void)state;
	struct pair pair;
	SSL_CTX *client = client_new();
	char bytes[16];
	size_t got;
	pair_init(&pair, server, client, "here.example", true);
	assert_int_equal(pair_handshake(&pair), RESULT_OK);
	transport_finish(&pair.server);
	assert_int_equal(SSL_read(pair.client, bytes, sizeof(bytes)), 0);
	assert_int_equal(SSL_get_error(pair.client, 0), SSL_ERROR_ZERO_RETURN);
	assert_int_equal(SSL_write(pair.client, "late", 4), 4);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_OK);
	SSL_shutdown(pair.client);
	assert_int_equal(transport_read(&pair.server, bytes, sizeof(bytes), &got), RESULT_END);
	pair_done(&pair);
	SSL_CTX_free(client);
}

static void renegotiation_is_refused(void **state)
{
	(void)state;
	struct pair pair;
	SSL_CTX *client = client_new();
	char bytes[16];
	size_t got;
	SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
	pair_init(&pair, server, client, "here.example", true);
	assert_int_equal(pair_handshake(&pair), RESULT_OK);
	assert_int_equal(SSL_renegotiate(pair.client), 1);
	(void)SSL_do_handshake(pair.client);
	enum result result = transport_read(&pair.server, bytes, sizeof(bytes), &got);
	assert_true(result == RESULT_MORE || result == RESULT_IO);
	ERR_clear_error();
	assert_int_not_equal(SSL_do_handshake(pair.client), 1);
	pair_done(&pair);
	SSL_CTX_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_reads_and_writes),
		cmocka_unit_test(hints_save_a_read_and_lose_nothing),
		cmocka_unit_test(handshakes_by_name),
		cmocka_unit_test(sessions_resume),
		cmocka_unit_test(foreign_bytes_are_refused),
		cmocka_unit_test(passes_through_untouched),
		cmocka_unit_test(a_full_socket_takes_it_later),
		cmocka_unit_test(records_of_one_write_go_together),
		cmocka_unit_test(the_last_records_are_not_kept),
		cmocka_unit_test(ends_in_order),
		cmocka_unit_test(renegotiation_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
