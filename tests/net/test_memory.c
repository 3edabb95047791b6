/* The n-th allocation of OpenSSL on our side fails, for each n of a whole connection: it ends with a refusal or goes on,
 * never with a crash, a hang or a leak (the sanitizers look). */
#include "pair.h"

#include <openssl/crypto.h>

static unsigned long countdown;   /* 0: none fails */
static bool is_counting;

static bool may_allocate(void)
{
	return !is_counting || countdown == 0 || --countdown > 0;
}

static void *take(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return may_allocate() ? malloc(size) : NULL;
}

static void *retake(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return may_allocate() ? realloc(old, size) : NULL;
}

static void give(void *old, const char *file, int line)
{
	(void)file, (void)line;
	free(old);
}

/* One connection; the server's allocations count. True when all of it went well. */
static bool connect_once(const struct tls_server *server, SSL_CTX *client)
{
	struct pair pair;
	enum result result = RESULT_MORE;
	char bytes[32];
	size_t count;
	int fds[2];
	pair_sockets(fds);
	transport_init(&pair.server, fds[0]);
	pair.client_fd = fds[1];
	pair.client = SSL_new(client);
	SSL_set_fd(pair.client, fds[1]);
	SSL_set_connect_state(pair.client);
	SSL_set_tlsext_host_name(pair.client, "here.example");
	assert_int_equal(transport_accept_tls(&pair.server, server, SPAN_NONE, true, NULL), RESULT_OK);
	for (int i = 0; i < 10 && result == RESULT_MORE; i++) {
		(void)SSL_do_handshake(pair.client);
		is_counting = true;
		result = transport_handshake(&pair.server);
		is_counting = false;
	}
	assert_int_not_equal(result, RESULT_MORE);
	(void)SSL_do_handshake(pair.client);
	if (result == RESULT_OK && SSL_write(pair.client, "GET", 3) == 3) {
		is_counting = true;
		result = transport_read(&pair.server, bytes, sizeof(bytes), &count);
		if (result == RESULT_OK)
			result = transport_write(&pair.server, SPAN("hello"), &count);
		is_counting = false;
	}
	bool is_good = result == RESULT_OK && SSL_read(pair.client, bytes, sizeof(bytes)) == 5;
	pair_done(&pair);
	return is_good;
}

static void each_allocation_fails_once(void **state)
{
	(void)state;
	struct made made;
	struct ticket_keys tickets = { 0 };
	struct span host = SPAN("here.example");
	struct tls_server *server;
	unsigned long n = 1, failures = 0;
	made_init(&made, "here.example");
	ticket_keys_rotate(&tickets, (uint64_t)time(NULL));
	struct tls_site site = { .owner = &site, .hosts = &host, .host_count = 1, .certificates = &made.certificate, .certificate_count = 1 };
	assert_int_equal(tls_server_new(&site, 1, NULL, &tickets, NULL, &server), RESULT_OK);
	SSL_CTX *client = client_new();
	assert_true(connect_once(server, client));
	for (;; n++) {
		countdown = n;
		bool is_good = connect_once(server, client);
		bool is_over = countdown > 0;
		countdown = 0;
		failures += !is_good;
		if (is_over) {
			assert_true(is_good);
			break;
		}
		/* Nothing stays broken for the next one. */
		if (n % 16 == 0)
			assert_true(connect_once(server, client));
	}
	assert_true(n > 100);
	assert_true(failures > 50);
	SSL_CTX_free(client);
	tls_server_free(server);
	made_done(&made);
}

int main(void)
{
	/* Before OpenSSL allocates for the first time, or not at all. */
	if (CRYPTO_set_mem_functions(take, retake, give) != 1)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_fails_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
