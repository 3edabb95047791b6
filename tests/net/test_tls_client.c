#include "issue.h"

static struct made origin_certificate, other;
static struct issued authority, ours;
static struct ticket_keys tickets;
static struct tls_server *server;

static int setup(void **state)
{
	(void)state;
	static struct span hosts[] = { SPAN_INIT("origin.example"), SPAN_INIT("127.0.0.1") };
	buffer_init(&origin_certificate.chain, 65536);
	buffer_init(&origin_certificate.key, 65536);
	assert_int_equal(certificate_make_self_signed(hosts, 2, wall_ms(), &origin_certificate.chain, &origin_certificate.key), RESULT_OK);
	origin_certificate.certificate.source = (struct certificate_source){ buffer_span(&origin_certificate.chain), buffer_span(&origin_certificate.key), SPAN("c"), SPAN("k") };
	made_init(&other, "other.example");
	issue(&authority, "Authority", NULL, false, 1);
	issue(&ours, "the shield", &authority, false, 2);
	ticket_keys_rotate(&tickets, (uint64_t)time(NULL));
	struct tls_site site = { .owner = hosts, .hosts = hosts, .host_count = 2, .certificates = &origin_certificate.certificate,
	                         .certificate_count = 1, .client_mode = TLS_CLIENT_REQUEST, .client_ca = buffer_span(&authority.chain) };
	assert_int_equal(tls_server_new(&site, 1, &site, &tickets, NULL, &server), RESULT_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_free(server);
	made_done(&origin_certificate);
	made_done(&other);
	issued_done(&authority);
	issued_done(&ours);
	return 0;
}

struct both {
	struct transport client, server;
	enum result client_result, server_result;
};

static void both_meet(struct both *both, struct tls_client *client)
{
	int fds[2];
	pair_sockets(fds);
	transport_init(&both->client, fds[0]);
	transport_init(&both->server, fds[1]);
	both->client_result = both->server_result = RESULT_MORE;
	assert_int_equal(transport_connect_tls(&both->client, client), RESULT_OK);
	assert_int_equal(transport_accept_tls(&both->server, server, SPAN_NONE, true, NULL), RESULT_OK);
	for (int i = 0; i < 20 && (both->client_result == RESULT_MORE || both->server_result == RESULT_MORE); i++) {
		if (both->client_result == RESULT_MORE)
			both->client_result = transport_handshake(&both->client);
		if (both->server_result == RESULT_MORE)
			both->server_result = transport_handshake(&both->server);
	}
}

static void both_close(struct both *both)
{
	transport_close(&both->client, false);
	transport_close(&both->server, false);
}

static void verifies(void **state)
{
	(void)state;
	struct span own = buffer_span(&origin_certificate.chain), foreign = buffer_span(&other.chain);
	const struct { struct tls_client_settings settings; enum result result; const char *error; } cases[] = {
		{ { .host = SPAN("origin.example"), .ca = own }, RESULT_OK, NULL },
		{ { .host = SPAN("127.0.0.1"), .ca = own }, RESULT_OK, NULL },
		{ { .host = SPAN("10.0.0.1"), .sni = SPAN("origin.example"), .ca = own }, RESULT_OK, NULL },
		{ { .host = SPAN("10.0.0.1"), .ca = own }, RESULT_REFUSED, "IP address mismatch" },
		{ { .host = SPAN("origin.example"), .ca = foreign }, RESULT_REFUSED, "self-signed certificate" },
		{ { .host = SPAN("origin.example") }, RESULT_REFUSED, "self-signed certificate" },
		{ { .host = SPAN("origin.example"), .is_unverified = true }, RESULT_OK, NULL },
		{ { .host = SPAN("elsewhere.example"), .ca = own }, RESULT_REFUSED, NULL },  /* the server knows no such name */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client *client;
		struct both both;
		assert_int_equal(tls_client_new(&cases[i].settings, NULL, &client), RESULT_OK);
		both_meet(&both, client);
		assert_int_equal(both.client_result, cases[i].result);
		if (cases[i].error)
			assert_string_equal(transport_error(&both.client), cases[i].error);
		both_close(&both);
		tls_client_free(client);
	}
	struct tls_client_settings no_ca = { .host = SPAN("a"), .ca = SPAN("none") }, no_name = { 0 };
	struct complaints complaints;
	struct tls_client *client;
	complaints_init(&complaints);
	assert_int_equal(tls_client_new(&no_ca, &complaints, &client), RESULT_REFUSED);
	assert_int_equal(tls_client_new(&no_name, &complaints, &client), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 2);
	complaints_done(&complaints);
}

static void exchange(struct both *both)
{
	char bytes[16];
	size_t count;
	assert_int_equal(transport_write(&both->client, SPAN("ask"), &count), RESULT_OK);
	assert_int_equal(transport_read(&both->server, bytes, sizeof(bytes), &count), RESULT_OK);
	assert_int_equal(transport_write(&both->server, SPAN("answer"), &count), RESULT_OK);
	assert_int_equal(transport_read(&both->client, bytes, sizeof(bytes), &count), RESULT_OK);
	assert_int_equal(count, 6);
}

static void resumes_and_shows_itself(void **state)
{
	(void)state;
	struct certificate_source shown = { buffer_span(&ours.chain), buffer_span(&ours.pem_key), SPAN("c"), SPAN("k") };
	struct tls_client_settings settings = { .host = SPAN("origin.example"), .ca = buffer_span(&origin_certificate.chain),
	                                        .certificate = &shown };
	struct tls_client *client;
	assert_int_equal(tls_client_new(&settings, NULL, &client), RESULT_OK);
	for (int round = 0; round < 3; round++) {
		struct both both;
		both_meet(&both, client);
		assert_int_equal(both.client_result, RESULT_OK);
		assert_int_equal(both.server_result, RESULT_OK);
		assert_int_equal(transport_is_resumed(&both.client), round > 0);
		assert_int_equal(transport_is_resumed(&both.server), round > 0);
		assert_true(transport_client_certificate(&both.server).len > 100);
		assert_int_equal(transport_client_certificate(&both.client).len, 0);
		exchange(&both);
		both_close(&both);
	}
	tls_client_free(client);
}

/* An origin's answer that ends without close_notify may have been cut: never an orderly end. */
static void a_cut_is_no_end(void **state)
{
	(void)state;
	struct tls_client_settings settings = { .host = SPAN("origin.example"), .ca = buffer_span(&origin_certificate.chain) };
	char bytes[16];
	size_t count;
	for (int is_cut = 0; is_cut <= 1; is_cut++) {
		struct tls_client *client;
		struct both both;
		assert_int_equal(tls_client_new(&settings, NULL, &client), RESULT_OK);
		both_meet(&both, client);
		exchange(&both);
		if (!is_cut)
			transport_finish(&both.server);
		transport_close(&both.server, false);
		assert_int_equal(transport_read(&both.client, bytes, sizeof(bytes), &count), is_cut ? RESULT_IO : RESULT_END);
		both_close(&both);
		tls_client_free(client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies),
		cmocka_unit_test(resumes_and_shows_itself),
		cmocka_unit_test(a_cut_is_no_end),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
